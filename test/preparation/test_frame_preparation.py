# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of a frame before it is published, on the rendered pair of the demo."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from crestereo_ros.preparation.frame_preparation import FramePreparation
from crestereo_ros.preparation.image_size import ImageSize
from crestereo_ros.sources import StereoFrame

DEMO = Path(__file__).parents[2] / 'demo/data'


@pytest.fixture(scope='module')
def frame():
    return StereoFrame(*(cv2.imread(str(DEMO / f'{side}.png')) for side in ('left', 'right')), 0.0)


@pytest.fixture
def preparation():
    preparation = FramePreparation()
    yield preparation
    preparation.close()


def test_nothing_is_done_unless_told(frame, preparation):
    left, right = preparation.prepare(frame)
    assert left is frame.left and right is frame.right
    assert preparation.report == 'off'


def test_scaled_and_exchanged(frame, preparation):
    preparation.configure(align=False, swap='yes', resize=ImageSize.of('0.5'))
    left, right = preparation.prepare(frame)
    assert np.array_equal(left, ImageSize.of('0.5').apply(frame.right))
    assert np.array_equal(right, ImageSize.of('0.5').apply(frame.left))
    preparation.configure(align=False, swap='auto', resize=ImageSize())
    assert preparation.prepare(frame)[0] is frame.left


def test_aligned_anew_whenever_that_changes(frame):
    looks = []
    preparation = FramePreparation(on_estimated=lambda: looks.append(preparation.report))
    move = np.float32([[1, 0, 0], [0, 1, 6]])
    height, width = frame.left.shape[:2]
    moved = StereoFrame(cv2.warpAffine(frame.right, move, (width, height)), frame.left, 0.0)

    preparation.configure(align=True, swap='auto', resize=ImageSize())
    left, right = preparation.prepare(moved)
    assert 'exchanged' in looks[-1] and 'before, 0.' in looks[-1]
    inner = np.s_[60:-60, 60:-60]
    # What was the right view is back in the rows where it was, and in its place.
    error = cv2.absdiff(right[inner], frame.right[inner]).mean()
    assert error < cv2.absdiff(moved.left[inner], frame.right[inner]).mean() / 2
    preparation.prepare(moved)
    assert len(looks) == 1

    preparation.configure(align=True, swap='no', resize=ImageSize())
    preparation.prepare(moved)
    assert len(looks) == 2 and 'exchanged' not in looks[-1]
    preparation.configure(align=False, swap='no', resize=ImageSize())
    assert preparation.prepare(moved)[0] is moved.left
    assert preparation.report == 'off'
    preparation.close()
