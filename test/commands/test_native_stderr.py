# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Silence for libraries in C."""

import os

import pytest

from crestereo_ros.commands.native_stderr import native_stderr_silenced


def test_file_descriptor_is_silent_only_inside(capfd):
    os.write(2, b'before ')
    with pytest.raises(ValueError), native_stderr_silenced():
        os.write(2, b'inside ')
        raise ValueError
    os.write(2, b'after')
    assert capfd.readouterr().err == 'before after'


def test_no_file_descriptor_is_left_open():
    def opened():
        return len(os.listdir('/proc/self/fd'))

    before = opened()
    with native_stderr_silenced():
        pass
    assert opened() == before
