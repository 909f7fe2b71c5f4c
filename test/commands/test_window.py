# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
The ways to end a window, and the errors without a display.

Tests have no display, so the functions of OpenCV that open windows are replaced.
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
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import StereoFrame, StereoSource

TIMEOUT = 60  # s; only ever reached by a failure
HEADLESS = 'GUI:                           NONE' in cv2.getBuildInformation()


@pytest.fixture
def screen(monkeypatch):
    """Replace OpenCV's windows by values that a test sets."""
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
    """Match some pairs at once; the next match lasts until it is cancelled."""

    provider = 'cpu'

    def __init__(self, quick):
        self.quick, self.busy, self.cancelled = quick, Event(), Event()

    def match(self, left, right, iterations, resolution):
        if self.quick == 0:
            self.busy.set()
            assert self.cancelled.wait(TIMEOUT)
        self.quick -= 1
        disparity = np.ones(left.shape[:2], np.float32)
        return Match(disparity, 0 * disparity, None, 4, left.shape[:2], 0.0)

    def cancel(self):
        self.cancelled.set()


def job(length, quick, **outputs):
    outputs = {'disparity': None, 'color': None, 'show': True, **outputs}
    return DepthJob(Stills(length), FramePreparation(), Matcher(quick), 0, 'image', **outputs)


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
    # Python ignores SIGINT from the start if a shell runs the tests in the background.
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


def test_the_end_of_a_video_ends_the_window(screen, capsys):
    screen.visible = 1.0
    depth_of_video(job(length=5, quick=5))
    assert screen.closed and len(screen.shown) == 1 + 5
    assert capsys.readouterr().out.startswith('5 frames, ')


def test_a_window_that_qt_has_closed_counts_as_ended(screen, monkeypatch):
    """After Qt has closed its last window, OpenCV's functions raise an error."""
    with module.Window('title') as window:
        assert not window.ended(), 'it may need time to open'

        def closed(*_):
            raise cv2.error('NULL guiReceiver')

        monkeypatch.setattr(cv2, 'getWindowProperty', closed)
        assert window.ended()


@pytest.mark.skipif(not HEADLESS, reason='this OpenCV has windows')
def test_the_error_without_windows_in_opencv_names_the_fix():
    with pytest.raises(CommandError, match='pip install opencv-python; or .* --color'):
        require_window()


def test_the_error_without_a_display_names_the_fix(monkeypatch, screen):
    """Qt aborts a process that finds no display; the replaced trial fails in the same way."""
    trial = 'import sys; sys.exit("qt.qpa.xcb: could not connect to display :7")'
    monkeypatch.setattr(module, 'TRIAL', trial)
    with pytest.raises(CommandError, match=r'\(qt.qpa.xcb: could not .* :7\): use a desktop'):
        require_window()
    monkeypatch.setattr(module, 'TRIAL', 'pass')
    require_window()
