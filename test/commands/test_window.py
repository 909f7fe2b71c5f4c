# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
What ends a window, and what is said where there is none.

OpenCV's own windows take the place of a display that tests do not have.
"""

import os
import signal
from threading import Event, Thread
import time
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from crestereo_ros.commands import window as module
from crestereo_ros.commands.depth_job import DepthJob
from crestereo_ros.commands.depth_of_still import depth_of_still
from crestereo_ros.commands.depth_of_video import depth_of_video
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.window import require_window
from crestereo_ros.matching import Match
from crestereo_ros.sources import StereoFrame, StereoSource

TIMEOUT = 60  # s; only ever reached by a failure
HEADLESS = 'GUI:                           NONE' in cv2.getBuildInformation()


@pytest.fixture
def screen(monkeypatch):
    """Put what a test sets in the place of OpenCV's windows."""
    screen = SimpleNamespace(key=-1, visible=0.0, polls=[], shown=[], closed=False)

    def wait_key(_):
        screen.polls.append(time.monotonic())
        key, screen.key = screen.key, -1
        return key

    monkeypatch.setattr(cv2, 'namedWindow', lambda *_: None)
    monkeypatch.setattr(cv2, 'resizeWindow', lambda *_: None)
    monkeypatch.setattr(cv2, 'imshow', lambda _, picture: screen.shown.append(picture))
    monkeypatch.setattr(cv2, 'waitKey', wait_key)
    monkeypatch.setattr(cv2, 'getWindowProperty', lambda *_: screen.visible)
    monkeypatch.setattr(cv2, 'destroyAllWindows', lambda: setattr(screen, 'closed', True))
    return screen


class Stills(StereoSource):
    name, rate = 'stills', 1000.0

    def __init__(self, length):
        self.length = length

    def _frames(self, start=0.0):
        views = np.zeros((2, 48, 64, 3), np.uint8)
        for index in range(self.length):
            yield StereoFrame(*views, index / self.rate)


class Matcher:
    """Matches so many pairs at once; the next one takes until it is cancelled."""

    provider = 'cpu'

    def __init__(self, quick):
        self.quick, self.busy, self.cancelled = quick, Event(), Event()

    def match(self, left, right, iterations, resolution):
        if self.quick == 0:
            self.busy.set()
            assert self.cancelled.wait(TIMEOUT)
        self.quick -= 1
        ones = np.ones(left.shape[:2], np.float32)
        return Match(ones, ones, None, 4, ones.shape, 0.0)

    def cancel(self):
        self.cancelled.set()


def job(length, quick, **outputs):
    outputs = {'disparity': None, 'color': None, 'show': True, **outputs}
    return DepthJob(Stills(length), Matcher(quick), None, 0, None, **outputs)


def end(screen, how):
    if how == 'close':
        screen.visible = 0.0
    else:
        screen.key = how


@pytest.mark.parametrize('how', [ord('q'), 27, 'close'])
def test_a_video_ends_while_a_frame_is_computed(screen, capsys, how):
    video = job(length=9, quick=2)

    def user():
        assert video.matcher.busy.wait(TIMEOUT)
        while len(screen.shown) < 3:  # the empty window and both pictures
            time.sleep(0.01)
        screen.visible = 1.0
        screen.key = ord('x')
        time.sleep(0.5)
        end(screen, how)

    thread = Thread(target=user)
    thread.start()
    depth_of_video(video)
    thread.join(TIMEOUT)
    assert video.matcher.cancelled.is_set()
    assert 'ended early: 2 of 9 frames' in capsys.readouterr().out
    assert screen.closed
    assert np.median(np.diff(screen.polls)) < 0.05


@pytest.mark.parametrize('how', [ord('q'), 27, 'close'])
def test_a_still_is_shown_until_it_is_ended(screen, how):
    def user():
        while len(screen.shown) < 2:
            time.sleep(0.01)
        screen.visible = 1.0
        time.sleep(0.2)
        assert not screen.closed
        end(screen, how)

    thread = Thread(target=user)
    thread.start()
    depth_of_still(job(length=1, quick=1))
    thread.join(TIMEOUT)
    assert screen.closed
    assert screen.shown[-1].shape[:2] == (48, 64 * 2 + screen.shown[-1].shape[1] - 128)


def test_a_still_ends_while_it_is_computed(screen, capsys):
    still = job(length=1, quick=0)

    def user():
        assert still.matcher.busy.wait(TIMEOUT)
        screen.key = 27

    thread = Thread(target=user)
    thread.start()
    depth_of_still(still)
    thread.join(TIMEOUT)
    still.matcher.cancel()
    assert screen.closed and len(screen.shown) == 1
    assert capsys.readouterr().out == ''


def test_ctrl_c_is_answered_while_a_still_is_computed():
    # Where a shell starts the tests in the background, Python ignores it from the start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    still = job(length=1, quick=0, show=False)

    def user():
        assert still.matcher.busy.wait(TIMEOUT)
        os.kill(os.getpid(), signal.SIGINT)

    thread = Thread(target=user)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        depth_of_still(still)
    thread.join(TIMEOUT)
    still.matcher.cancel()


def test_a_video_that_is_over_ends_the_window(screen, capsys):
    screen.visible = 1.0
    depth_of_video(job(length=5, quick=5))
    assert screen.closed and len(screen.shown) == 1 + 5
    assert capsys.readouterr().out.startswith('5 frames, ')


def test_a_window_that_qt_has_forgotten_is_closed(screen, monkeypatch):
    """With its last window Qt forgets all of them, and OpenCV raises where it is asked."""
    with module.Window('title') as window:
        assert not window.ended(), 'it may take its time to open'

        def forgotten(*_):
            raise cv2.error('NULL guiReceiver')

        monkeypatch.setattr(cv2, 'getWindowProperty', forgotten)
        assert window.ended()


@pytest.mark.skipif(not HEADLESS, reason='this OpenCV has windows')
def test_opencv_without_windows_is_told_with_the_fix():
    with pytest.raises(CommandError, match='pip install opencv-python; or .* --color'):
        require_window()


def test_a_missing_display_is_told_with_the_fix(monkeypatch, screen):
    """Qt aborts the process that finds no display; here a trial that ends as it does."""
    trial = 'import sys; sys.exit("qt.qpa.xcb: could not connect to display :7")'
    monkeypatch.setattr(module, 'TRIAL', trial)
    with pytest.raises(CommandError, match=r'\(qt.qpa.xcb: could not .* :7\): run it on'):
        require_window()
    monkeypatch.setattr(module, 'TRIAL', 'pass')
    require_window()
