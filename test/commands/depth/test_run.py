# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ways to end a run."""

from argparse import Namespace
import os
import signal
from threading import Event, Thread
import time

import numpy as np
import pytest

from crestereo_ros.commands.depth.job import DepthJob
from crestereo_ros.commands.depth.outputs import show_output
from crestereo_ros.commands.depth.run import run_job
from crestereo_ros.matching import Match
from crestereo_ros.pipeline import DepthPipeline
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import StereoFrame, StereoSource

TIMEOUT = 60  # s; only ever reached by a failure


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

    takes_start = False

    def __init__(self, quick):
        self.quick, self.busy, self.cancelled = quick, Event(), Event()

    def resolved(self, shape, iterations, resolution):
        return iterations, shape[:2]

    def match(self, left, right, iterations, resolution, start, offset):
        if self.quick == 0:
            self.busy.set()
            assert self.cancelled.wait(TIMEOUT)
        self.quick -= 1
        disparity = np.ones(left.shape[:2], np.float32)
        return Match(disparity, 0 * disparity, None, 4, left.shape[:2], 0.0, 'cpu')

    def cancel(self):
        self.cancelled.set()


def job(length, quick):
    return DepthJob(Stills(length), FramePreparation(), DepthPipeline(Matcher(quick)))


@pytest.fixture
def window(screen, monkeypatch):
    """Return a function that gives the window for a job, as an output."""
    monkeypatch.setattr(show_output, 'require_window', lambda: None)

    def window_for(job):
        output = show_output.ShowOutput(Namespace())
        output.check(job.source)
        return output

    return window_for


def end(screen, how):
    if how == 'close':
        screen.visible = 0.0
    else:
        screen.key = how


@pytest.mark.parametrize('how', [ord('q'), 27, 'close'])
def test_a_video_ends_while_a_frame_is_computed(screen, window, capsys, how):
    video = job(length=9, quick=2)

    def user():
        assert video.pipeline.matcher.busy.wait(TIMEOUT)
        while len(screen.shown) < 3:  # the empty window and both pictures
            time.sleep(0.01)
        screen.visible = 1.0
        screen.key = ord('x')
        time.sleep(0.5)
        end(screen, how)

    thread = Thread(target=user)
    thread.start()
    run_job(video, [window(video)])
    thread.join(TIMEOUT)
    assert video.pipeline.matcher.cancelled.is_set()
    assert 'ended early: 2 of 9 frames' in capsys.readouterr().out
    assert screen.closed
    assert np.median(np.diff(screen.polls)) < 0.05


@pytest.mark.parametrize('how', [ord('q'), 27, 'close'])
def test_a_still_is_shown_until_it_is_ended(screen, window, how):
    still = job(length=1, quick=1)

    def user():
        while len(screen.shown) < 2:
            time.sleep(0.01)
        screen.visible = 1.0
        time.sleep(0.2)
        assert not screen.closed
        end(screen, how)

    thread = Thread(target=user)
    thread.start()
    run_job(still, [window(still)])
    thread.join(TIMEOUT)
    assert screen.closed
    assert screen.shown[-1].shape[:2] == (48, 64 * 2 + screen.shown[-1].shape[1] - 128)


def test_a_still_ends_while_it_is_computed(screen, window, capsys):
    still = job(length=1, quick=0)

    def user():
        assert still.pipeline.matcher.busy.wait(TIMEOUT)
        screen.key = 27

    thread = Thread(target=user)
    thread.start()
    run_job(still, [window(still)])
    thread.join(TIMEOUT)
    still.pipeline.matcher.cancel()
    assert screen.closed and len(screen.shown) == 1
    assert capsys.readouterr().out == ''


def test_ctrl_c_is_answered_while_a_still_is_computed():
    # Python ignores SIGINT from the start if a shell runs the tests in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    still = job(length=1, quick=0)

    def user():
        assert still.pipeline.matcher.busy.wait(TIMEOUT)
        os.kill(os.getpid(), signal.SIGINT)

    thread = Thread(target=user)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_job(still, [])
    thread.join(TIMEOUT)
    still.pipeline.matcher.cancel()


def test_the_end_of_a_video_ends_the_window(screen, window, capsys):
    screen.visible = 1.0
    video = job(length=5, quick=5)
    run_job(video, [window(video)])
    assert screen.closed and len(screen.shown) == 1 + 5
    assert capsys.readouterr().out.startswith('5 frames, ')
