# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Baselines between frames that are turned and moved against each other."""

import math

import numpy as np
import pytest

from crestereo_ros.calibration import CalibrationError
from crestereo_ros.calibration.frame_tree import FrameTree

STRAIGHT = 0, 0, 0, 1
# From the body (x forward, y left) to an optical frame (x right, z forward).
OPTICAL = -0.5, 0.5, -0.5, 0.5


@pytest.fixture
def tree():
    """Return the frames of a camera that is turned and moved against its robot."""
    tree = FrameTree()
    angle = 0.7
    tree.add('camera', 'robot', (3, -2, 1), (0, 0, math.sin(angle), math.cos(angle)))
    tree.add('left', 'camera', (0.1, 0.03, 0), STRAIGHT)
    tree.add('right', 'camera', (0.1, -0.02, 0), STRAIGHT)
    for side in 'left', 'right':
        tree.add(f'{side}_optical', side, (0, 0, 0), OPTICAL)
    return tree


def test_the_distance_along_x_of_the_left_camera(tree):
    assert tree.baseline('left_optical', 'right_optical') == pytest.approx(0.05)
    # A quaternion counts by its direction, and the latest place of a frame.
    tree.add('right', 'camera', (0.1, -0.05, 0), (0, 0, 0, 3))
    assert tree.baseline('left_optical', 'right_optical') == pytest.approx(0.08)


def test_a_chain_through_the_left_camera_itself(tree):
    tree.add('other', 'left_optical', (0.12, 0, 0), STRAIGHT)
    assert tree.baseline('left_optical', 'other') == pytest.approx(0.12)
    with pytest.raises(CalibrationError, match='so left and right are exchanged'):
        tree.baseline('other', 'left_optical')


@pytest.mark.parametrize(
    ('frames', 'text'),
    [
        (('left_optical', 'nowhere'), "/tf_static does not lead from 'left_optical' to 'nowhere'"),
        (('left_optical', 'left_optical'), "both images are in the frame 'left_optical'"),
        (('left', 'right'), 'tf has right at x 0.0000, y -0.0500, z 0.0000 m of left, which is'),
    ],
)
def test_what_is_not_known_is_told(tree, frames, text):
    with pytest.raises(CalibrationError, match=text):
        tree.baseline(*frames)


def test_a_circle_ends(tree):
    tree.add('robot', 'left', (0, 0, 0), STRAIGHT)
    with pytest.raises(CalibrationError, match='/tf_static leads in a circle at'):
        tree.baseline('left_optical', 'right_optical')


def test_rotations_against_a_vector():
    tree = FrameTree()
    tree.add('turned', 'root', (0, 0, 0), (0, 0, math.sin(math.pi / 4), math.cos(math.pi / 4)))
    tree.add('tip', 'turned', (0, -2, 0), STRAIGHT)  # y of the turned frame is -x of the root
    assert tree.baseline('root', 'tip') == pytest.approx(2)
    assert np.isfinite(tree.baseline('root', 'tip'))
