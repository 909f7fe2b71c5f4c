# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The progress bar with and without a real terminal."""

import io
import os
import re

import pytest

from crestereo_ros.commands.progress import FRAMES, progress_bar


@pytest.fixture
def terminal():
    """Open a terminal to write to."""
    reader, writer = os.openpty()
    os.set_blocking(reader, False)
    with open(writer, 'w') as terminal:
        terminal.shown = lambda: os.read(reader, 10_000).decode()
        yield terminal
    os.close(reader)


def test_draws_how_much_is_done(terminal):
    with progress_bar('model', terminal) as report:
        report(5_000_000, 5_000_000)
        text = terminal.shown()
    bar = '#' * 30
    assert re.fullmatch(rf'\r\x1b\[Kmodel \[{bar}\] 100 %, 5.0 MB of 5.0 MB, \d+\.\d MB/s', text)
    assert terminal.shown() == '\r\x1b[K'


def test_draws_the_number_alone_if_the_total_is_unknown(terminal, monkeypatch):
    monkeypatch.setattr('crestereo_ros.commands.progress.INTERVAL', 0)
    with progress_bar('model', terminal) as report:
        report(1_500_000, None)
        assert re.fullmatch(r'\r\x1b\[Kmodel 1.5 MB, \d+\.\d MB/s', terminal.shown())


def test_counts_frames(terminal):
    with progress_bar('depth', terminal, FRAMES) as report:
        report(62, 62)
        text = terminal.shown()
    assert f'depth [{"#" * 30}] 100 %, 62 frames of 62 frames, ' in text


def test_does_not_draw_too_often(terminal):
    with progress_bar('model', terminal) as report:
        for done in range(1000):
            report(done, 1_000_000)
    assert terminal.shown().count('model') < 100


def test_draws_nothing_without_a_terminal():
    stream = io.StringIO()
    with progress_bar('model', stream) as report:
        report(1, 1)
    assert stream.getvalue() == ''
