# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Preparation of frames with the rendered pair of the demo."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from crestereo_ros.preparation import FramePreparation, ImageSize
from crestereo_ros.sources import StereoFrame

DEMO = Path(__file__).parents[2] / 'demo/data'


@pytest.fixture(scope='module')
def frame():
    return StereoFrame(*(cv2.imread(str(DEMO / f'{side}.png')) for side in ('left', 'right')), 2.5)


@pytest.fixture(scope='module')
def disturbed(frame):
    """Exchange the views, and move the right one down by six rows."""
    height, width = frame.left.shape[:2]
    low = cv2.warpAffine(frame.right, np.float32([[1, 0, 0], [0, 1, 6]]), (width, height))
    return StereoFrame(low, frame.left, 0.0)


def test_by_default_a_frame_is_not_changed(frame):
    preparation = FramePreparation()
    prepared = preparation.prepare(frame)
    assert prepared.left is frame.left and prepared.right is frame.right
    assert prepared.time == 2.5
    assert preparation.alignment is None


def test_resized_and_swapped(frame):
    half = ImageSize(scale=0.5)
    preparation = FramePreparation(swap='yes', resize=half)
    prepared = preparation.prepare(frame)
    assert np.array_equal(prepared.left, half.apply(frame.right))
    assert np.array_equal(prepared.right, half.apply(frame.left))
    preparation.configure(align=False, swap='auto', resize=ImageSize())
    assert preparation.prepare(frame).left is frame.left


def test_alignment_is_estimated_again_when_its_settings_change(frame, disturbed):
    estimates = []
    preparation = FramePreparation(
        align=True,
        swap='auto',
        on_estimated=lambda: estimates.append(preparation.alignment.report),
    )
    prepared = preparation.prepare(disturbed)
    assert 'exchanged' in estimates[-1] and 'before, 0.' in estimates[-1]
    inner = np.s_[60:-60, 60:-60]
    # The right view and its rows are back in place.
    error = cv2.absdiff(prepared.right[inner], frame.right[inner]).mean()
    assert error < cv2.absdiff(disturbed.left[inner], frame.right[inner]).mean() / 2
    preparation.prepare(disturbed)
    assert len(estimates) == 1

    preparation.configure(align=True, swap='no', resize=ImageSize())
    preparation.prepare(disturbed)
    assert len(estimates) == 2 and 'exchanged' not in estimates[-1]
    preparation.configure(align=False, swap='no', resize=ImageSize())
    assert preparation.prepare(disturbed).left is disturbed.left
    assert preparation.alignment is None


def test_the_size_of_frames_may_change(frame):
    preparation = FramePreparation(align=True)
    half = ImageSize(scale=0.5)
    small = StereoFrame(half.apply(frame.left), half.apply(frame.right), 0.0)
    assert preparation.prepare(frame).left.shape == frame.left.shape
    assert preparation.prepare(small).left.shape == small.left.shape
    preparation.close()
