# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The vertical offset of a pair."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from crestereo_ros.alignment import row_offset

EVALUATION = Path(__file__).resolve().parents[3] / 'shared/evaluation'


def test_rows_that_line_up(scene):
    offset = row_offset(scene.left, scene.right)
    assert offset.lines_up
    assert offset.pixels < 0.3
    assert offset.matches > 100


@pytest.mark.parametrize('rows', [-6.0, 2.0, 12.0])
@pytest.mark.parametrize('width', [320, 640, 1280])
def test_the_offset_is_in_pixels_of_the_image(scene, rows, width):
    scale = width / 640
    moved = scene.disturbed(move=(0.0, rows / scale))
    left, right = (cv2.resize(x, None, fx=scale, fy=scale) for x in (moved.left, moved.right))
    offset = row_offset(left, right)
    assert offset.pixels == pytest.approx(abs(rows), abs=0.4 * max(1, scale))
    assert not offset.lines_up


def test_detects_a_rotation_although_its_mean_offset_is_zero(scene):
    turned = scene.disturbed(rotation=1.5)
    assert not row_offset(turned.left, turned.right).lines_up


def test_grey_images(scene):
    grey = [cv2.cvtColor(x, cv2.COLOR_BGR2GRAY) for x in (scene.left, scene.right)]
    assert row_offset(*grey).lines_up


def test_images_with_nothing_in_common_have_no_offset(scene):
    noise = np.random.default_rng(1).integers(0, 255, scene.left.shape, np.uint8)
    assert row_offset(scene.left, noise) is None
    assert row_offset(np.zeros_like(noise), np.zeros_like(noise)) is None


# The pairs with the largest offset, and those with the fewest points.
@pytest.mark.parametrize(
    'name', ['kitti12_000043', 'kitti12_000094', 'mb06_plastic', 'ntu_synth5']
)
def test_rectified_photographs_line_up_and_moved_ones_do_not(name):
    paths = [EVALUATION / name / f'{side}.png' for side in ('left', 'right')]
    if not paths[0].exists():
        pytest.skip(f'{paths[0]} is missing: the pairs are not part of the repository')
    left, right = (cv2.imread(str(path)) for path in paths)
    assert row_offset(left, right).lines_up
    assert not row_offset(left[:-2], right[2:]).lines_up
