# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Modules that run in a process of their own."""

import pytest

from crestereo_ros.processes import failure_of, start_module


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that makes a module of some lines, for this process alone."""
    monkeypatch.syspath_prepend(tmp_path)

    def module(lines):
        (tmp_path / 'some_module.py').write_text('import json, sys\n' + lines)
        return 'some_module'

    return module


def test_a_module_gets_its_argument(module):
    name = module('if json.loads(sys.argv[1]) != [[1, "a"], None]: sys.exit("another argument")')

    assert failure_of(start_module(name, ((1, 'a'), None))) == ''
    assert failure_of(start_module(name, 3)) == 'another argument'


@pytest.mark.parametrize(
    ('lines', 'failure'),
    [
        ('raise RuntimeError("no room")', 'RuntimeError: no room'),
        ('sys.exit(7)', 'it ended with 7'),
        ('import os, signal; os.kill(os.getpid(), signal.SIGKILL)', 'it ended with -9'),
    ],
)
def test_a_failure_is_told_in_a_line(module, lines, failure):
    assert failure_of(start_module(module(lines), None)) == failure
