# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stereo geometry of the calibrated room."""

import cv2
import numpy as np
import pytest

from training.scenes.still_life import BASELINE, FOCAL_LENGTH, render_still_life


@pytest.fixture(scope='module')
def room():
    """Return a small room."""
    return render_still_life(0, height=96, width=128)


def test_back_wall_is_five_metres_away(room):
    """The wall is farthest: its disparity is focal length times baseline over depth."""
    focal_length = FOCAL_LENGTH * 128
    assert room.disparity.min() == pytest.approx(focal_length * BASELINE / 5, rel=1e-4)


def test_disparity_leads_to_the_same_point_in_the_right_view(room):
    """The disparity leads to the same colours, except where something hides the point."""
    y, x = np.mgrid[:96, :128].astype(np.float32)
    fetched = cv2.remap(room.right, x - room.disparity, y, cv2.INTER_LINEAR)
    assert np.median(np.abs(fetched.astype(int) - room.left)) <= 3
    wrong = cv2.remap(room.right, x - room.disparity - 3, y, cv2.INTER_LINEAR)
    assert np.median(np.abs(wrong.astype(int) - room.left)) > 3
