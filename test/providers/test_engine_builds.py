# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Announcements while an engine is built."""

import logging
from threading import Event
import time

import pytest

from crestereo_ros.providers import engine_builds
from crestereo_ros.providers.engine_builds import announced_build, builds_in_progress


def warnings(caplog):
    return [x.getMessage() for x in caplog.records if x.levelno == logging.WARNING]


def test_a_build_is_announced_at_once_and_again(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(engine_builds, 'WARNING_INTERVAL', 0.05)
    with announced_build(tmp_path, '240x320'):
        while len(warnings(caplog)) < 3:
            time.sleep(0.01)
        status = builds_in_progress()

    assert status.startswith('TensorRT builds an engine for 240x320 (usually 1 to 10 minutes, ')
    assert str(tmp_path) in status and status.endswith(' s so far')
    assert all('for 240x320 (usually 1 to 10 minutes' in x for x in warnings(caplog))
    assert builds_in_progress() == ''
    number = len(warnings(caplog))
    time.sleep(0.2)
    assert len(warnings(caplog)) == number


def test_an_engine_that_was_built_before_is_not_announced(tmp_path, caplog):
    for shapes in ('240x320', '240x320', '480x640'):
        with announced_build(tmp_path, shapes):
            (tmp_path / 'one.engine').touch()

    assert [x.split(' (')[0].split()[-1] for x in warnings(caplog)] == ['240x320', '480x640']


def test_a_deleted_engine_is_announced_with_its_previous_time(tmp_path, caplog):
    for _ in range(2):
        with announced_build(tmp_path, '240x320'):
            pass

    first, second = warnings(caplog)
    assert 'usually' in first and '(0 s last time' in second


def test_a_failed_build_does_not_count_as_built(tmp_path, caplog):
    for _ in range(2):
        with pytest.raises(RuntimeError), announced_build(tmp_path, '240x320'):
            (tmp_path / 'part.engine').touch()
            raise RuntimeError('out of memory')

    assert len(warnings(caplog)) == 2
    assert builds_in_progress() == ''


@pytest.mark.parametrize('content', ['', '[]', '{"240x320": "long"}', '{"240x'])
def test_times_that_cannot_be_read_are_ignored(tmp_path, caplog, content):
    (tmp_path / 'one.engine').touch()
    (tmp_path / 'builds.json').write_text(content)
    with announced_build(tmp_path, '240x320'):
        pass

    assert len(warnings(caplog)) == 1
    with announced_build(tmp_path, '240x320'):
        pass
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize('folder', [None, 'nosuch'])
def test_a_build_is_announced_without_a_folder_too(tmp_path, caplog, folder):
    done = Event()
    with announced_build(folder and tmp_path / folder, '240x320'):
        done.set()

    assert done.is_set() and len(warnings(caplog)) == 1
