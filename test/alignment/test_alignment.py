# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The effect of an alignment on images, and its report."""

import numpy as np
import pytest

from crestereo_ros.alignment import Alignment
from crestereo_ros.alignment.rectification import Rectification


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    return rng.integers(1, 256, (2, 48, 128, 3), np.uint8)


def turned(pitch=0.0, roll=0.0):
    return Rectification(np.array([pitch, 0, roll, 0, 0, 0, 0]))


def test_the_identity_returns_the_same_objects(pair):
    left, right = pair
    alignment = Alignment(reason='they line up')
    assert alignment.identity
    aligned = alignment.apply(left, right)
    assert aligned[0] is left
    assert aligned[1] is right


def test_exchanging_does_not_copy(pair):
    left, right = pair
    alignment = Alignment(swapped=True)
    assert not alignment.identity
    assert not alignment.warps
    aligned = alignment.apply(left, right)
    assert aligned[0] is right
    assert aligned[1] is left


@pytest.mark.parametrize('shift, pixels', [(50, 10), (-50, -10), (52, 10), (1000, 200)])
def test_a_mere_shift_moves_whole_pixels_of_the_right_view(pair, shift, pixels):
    left, right = pair
    aligned = Alignment(horizontal_shift=shift).apply(left, right)
    assert aligned[0] is left
    expected = np.zeros_like(right)
    for column in range(right.shape[1]):
        if 0 <= column + pixels < right.shape[1]:
            expected[:, column] = right[:, column + pixels]
    np.testing.assert_array_equal(aligned[1], expected)


@pytest.mark.parametrize('size', [(480, 640), (960, 1280), (240, 320)])
def test_lengths_scale_with_the_width(size):
    """An alignment moves a dot to the same place, whatever the size."""
    height, width = size
    image = np.zeros((*size, 3), np.uint8)
    dot = width // 32
    image[height // 2 : height // 2 + dot, width // 2 : width // 2 + dot] = 255
    alignment = Alignment(rectification=turned(pitch=0.1), horizontal_shift=64.0)
    left, right = alignment.apply(image, image)
    np.testing.assert_allclose(left, image, atol=1)
    rows, columns = np.nonzero(right[..., 0] > 127)
    moved = np.array([columns.mean() - width / 2, rows.mean() - height / 2]) * 640 / width
    down = alignment.rectification.vertical_shift
    assert abs(down) > 50
    np.testing.assert_allclose(moved, (10 - 64, 10 + down), atol=4)


def test_grey_images_are_aligned(pair):
    left, right = pair[..., 0]
    aligned = Alignment(rectification=turned(roll=0.1), horizontal_shift=5).apply(left, right)
    assert [image.shape for image in aligned] == [left.shape, right.shape]
    assert [image.dtype for image in aligned] == [np.uint8, np.uint8]


def test_refuses_images_of_unequal_size(pair):
    with pytest.raises(ValueError, match='left is 48x128x3, but right is 40x128x3'):
        Alignment().apply(pair[0], pair[1][:40])


def test_reports_in_one_line():
    nothing = Alignment(reason='only 3 features').report
    assert nothing == 'rows unchanged: only 3 features'
    report = Alignment(
        rectification=turned(roll=np.radians(2)),
        horizontal_shift=-12.5,
        order='left and right in order (98 % sure)',
        matches=321,
        error_before=5.25,
        error_after=0.5,
    ).report
    for part in (
        'in order (98 % sure)',
        'rotated by 2.00 deg',
        'right image moved 12.5 px right',
        '321 matches 5.25 px before, 0.50 px after',
        'pixels at an image width of 640',
    ):
        assert part in report
    assert '\n' not in report
