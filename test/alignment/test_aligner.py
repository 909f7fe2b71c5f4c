# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The aligner with frames of a source: the first, later ones, its log and its end."""

from dataclasses import replace
import logging
from pathlib import Path
import subprocess
import sys
import threading
from threading import Event
import time

import numpy as np
import pytest

from crestereo_ros.alignment import Aligner, AlignmentEstimator
from crestereo_ros.alignment import aligner as module
from crestereo_ros.alignment.aligner import PERIOD

ROOT = Path(__file__).parents[2]
TIMEOUT = 60  # s; only reached by a failure


@pytest.fixture(autouse=True)
def logged(caplog, monkeypatch):
    """Remove the pause between examinations, and return a function for the log."""
    monkeypatch.setattr(module, 'SHORTEST_PAUSE', 0)
    monkeypatch.setattr(module, 'PAUSE', 0)
    caplog.set_level(logging.INFO, 'crestereo_ros')
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def examined(monkeypatch):
    """Collect the frames that the estimator gets."""
    frames = []
    add = AlignmentEstimator.add

    def counted(estimator, left, right):
        add(estimator, left, right)
        frames.append(left)

    monkeypatch.setattr(AlignmentEstimator, 'add', counted)
    return frames


def copies(scene):
    """Yield frames with equal pixels as different objects."""
    while True:
        yield scene.left.copy(), scene.right.copy()


def play(aligner, scene, until):
    deadline = time.monotonic() + TIMEOUT
    for frame in copies(scene):
        aligned = aligner.align(*frame)
        if until():
            return aligned
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_first_frame_is_aligned(scene, logged):
    disturbed = scene.disturbed(rotation=2, move=(0, 8))
    with Aligner('no') as aligner:
        assert aligner.alignment.identity
        left, right = aligner.align(disturbed.left, disturbed.right)
        assert np.abs(disturbed.row_errors(aligner.alignment.rectification)).max() < 0.5
    expected = aligner.alignment.apply(disturbed.left, disturbed.right)
    np.testing.assert_array_equal(left, expected[0])
    np.testing.assert_array_equal(right, expected[1])
    assert logged() == [aligner.alignment.report]


def test_calibrated_frames_are_returned_unchanged(scene, examined):
    with Aligner() as aligner:
        for frame, _ in zip(copies(scene), range(1000), strict=False):
            aligned = aligner.align(*frame)
            assert aligned[0] is frame[0] and aligned[1] is frame[1]
            if len(examined) > 2:
                break
            time.sleep(0.01)
    assert len(examined) > 2


def test_views_are_exchanged_as_requested(scene):
    with Aligner('yes') as aligner:
        assert aligner.alignment.swapped
        assert aligner.align(scene.left, scene.right)[0] is scene.right
    with pytest.raises(ValueError, match="swap is 'true'"):
        Aligner('true')


def test_frames_do_not_wait_for_later_examinations(scene, monkeypatch):
    go_on, examining = Event(), Event()
    with Aligner('no') as aligner:
        aligner.align(scene.left, scene.right)
        found = aligner.alignment
        add = AlignmentEstimator.add

        def slow(estimator, left, right):
            examining.set()
            assert go_on.wait(TIMEOUT)
            add(estimator, left, right)

        monkeypatch.setattr(AlignmentEstimator, 'add', slow)
        frames = copies(scene)
        for _ in range(20):  # if a frame waited, this would fail after TIMEOUT
            aligner.align(*next(frames))
        assert examining.wait(TIMEOUT)
        assert not go_on.is_set() and aligner.alignment is found
        go_on.set()


def test_follows_cameras_that_move_and_logs_each_alignment_once(scene, logged):
    still, moved = scene.disturbed(move=(0, 5)), scene.disturbed(move=(0, 15))

    def error(of):
        return np.median(np.abs(of.row_errors(aligner.alignment.rectification)))

    with Aligner('no') as aligner:
        aligner.align(still.left, still.right)
        assert error(still) < 0.5
        play(aligner, moved, lambda: error(moved) < 0.5)
    assert len(logged()) == len(set(logged())) >= 2
    assert logged()[-1] == aligner.alignment.report


def test_a_lack_of_evidence_is_logged_once_until_there_is_more(scene, logged, examined):
    rng = np.random.default_rng(0)
    disturbed = scene.disturbed(move=(0, 5))
    with Aligner('no') as aligner:
        deadline = time.monotonic() + TIMEOUT
        while len(examined) < 4:
            left, right = rng.integers(0, 256, (2, *scene.left.shape), np.uint8)
            assert aligner.align(left, right)[1] is right
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert len(logged()) == 1 and 'features' in logged()[0]
        play(aligner, disturbed, lambda: not aligner.alignment.identity)
    assert 'median vertical error' in logged()[1]


def test_a_still_image_is_examined_once(scene, examined):
    with Aligner() as aligner:
        for _ in range(50):
            aligner.align(scene.left, scene.right)
            time.sleep(0.001)
    assert len(examined) == 1


def test_pauses_between_examinations(scene, examined, monkeypatch):
    monkeypatch.setattr(module, 'SHORTEST_PAUSE', 3600)
    with Aligner() as aligner:
        for frame, _ in zip(copies(scene), range(50), strict=False):
            aligner.align(*frame)
            time.sleep(0.001)
    assert len(examined) == 1


def test_an_error_in_a_later_examination_keeps_the_alignment(scene, logged, examined):
    """With unequal sizes, the examination fails in its thread, and `apply` fails too."""
    with Aligner('no') as aligner:
        aligner.align(scene.left, scene.right)
        found = aligner.alignment
        with pytest.raises(ValueError, match='left is'):
            aligner.align(scene.left[:100], scene.right)
        deadline = time.monotonic() + TIMEOUT
        while len(logged()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert 'The alignment was not updated: left is' in logged()[1]
        assert aligner.alignment is found
        play(aligner, scene, lambda: len(examined) > 1)


def test_after_close_nothing_is_examined_or_logged(scene, logged, examined):
    aligner = Aligner('no')
    disturbed = scene.disturbed(move=(0, 5))
    play(aligner, scene, lambda: len(examined) > 1)
    aligner.close()
    for thread in threading.enumerate():
        if thread.name == 'aligner':
            thread.join(TIMEOUT)
            assert not thread.is_alive()
    number, found, lines = len(examined), aligner.alignment, logged()
    for frame, _ in zip(copies(disturbed), range(20), strict=False):
        aligner.align(*frame)
    assert (len(examined), aligner.alignment, logged()) == (number, found, lines)
    aligner.close()


def test_another_aligner_starts_from_scratch(scene):
    disturbed = scene.disturbed(move=(0, 8))
    with Aligner('no') as aligner:
        aligner.align(disturbed.left, disturbed.right)
    with Aligner('no') as another:
        assert another.alignment.identity
        aligned = another.align(scene.left, scene.right)
        assert aligned[1] is scene.right
    assert not aligner.alignment.identity


def test_a_process_ends_cleanly_during_an_examination():
    """OpenCV runs in the other thread when the process ends."""
    code = (
        'import numpy as np\n'
        'from crestereo_ros.alignment import Aligner, aligner\n'
        'aligner.SHORTEST_PAUSE = aligner.PAUSE = 0\n'
        'frames = np.random.default_rng(0).integers(0, 256, (2, 2, 480, 640, 3), np.uint8)\n'
        'a = Aligner()\n'
        'a.align(*frames[0])\n'
        'a.align(*frames[1])\n'
        'print("done")\n'
    )
    ended = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, 'done\n', '')


def test_frame_numbers_decide_with_by_frames(scene, monkeypatch):
    """Slow estimates apply to the same frames as fast ones."""
    estimate = AlignmentEstimator.estimate

    def run(seconds):
        def slow(self):
            time.sleep(seconds)
            return estimate(self)

        monkeypatch.setattr(AlignmentEstimator, 'estimate', slow)
        used = []
        with Aligner(by_frames=True) as aligner:
            for number in range(2 * PERIOD + 2):
                moved = scene.disturbed(move=(0, 12 if number > 2 else 5))
                aligner.align(moved.left.copy(), moved.right.copy())
                used.append(aligner.alignment.report)
        return used

    quick, slow = run(0), run(0.3)
    assert quick == slow
    changes = [n for n in range(1, len(quick)) if quick[n] != quick[n - 1]]
    assert changes == [2 * PERIOD]


def test_ignores_an_estimate_that_fits_worse(scene, monkeypatch):
    estimator = AlignmentEstimator()
    estimator.add(scene.left, scene.right)
    good = estimator.estimate()
    bad = replace(good, horizontal_shift=good.horizontal_shift - 250.0)
    estimates = iter((good, bad, bad))
    with Aligner(by_frames=True) as aligner:
        monkeypatch.setattr(AlignmentEstimator, 'estimate', lambda self: next(estimates))
        for _ in range(2 * PERIOD + 1):
            aligner.align(scene.left.copy(), scene.right.copy())
        assert aligner.alignment is good
