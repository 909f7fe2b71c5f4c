# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Point clouds drawn from the side."""

import numpy as np
import pytest

from demo.cloud_view import view_from_side

RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)


def wall(z, color, size=1.0):
    """Return a square of points that faces the camera, and its colours."""
    across = np.linspace(-size, size, 200)
    x, y = np.meshgrid(across, across)
    points = np.stack([x, y, np.full_like(x, z)], axis=-1).reshape(-1, 3).astype(np.float32)
    return points, np.full(points.shape, color, np.uint8)


def view_of(*walls, **arguments):
    return view_from_side(
        *(np.concatenate(parts) for parts in zip(*walls, strict=True)), **arguments
    )


def centre(picture, color):
    """Return the mean (column, row) of the pixels of a colour."""
    rows, columns = np.nonzero((picture == color).all(axis=-1))
    return columns.mean(), rows.mean()


def test_from_the_right_and_above():
    picture = view_of(wall(2, RED, 0.3), wall(5, GREEN, 0.3), height=240, width=320)
    assert picture.shape == (240, 320, 3) and picture.dtype == np.uint8
    (near_column, near_row), (far_column, far_row) = centre(picture, RED), centre(picture, GREEN)
    assert near_column < far_column - 20
    assert near_row > far_row + 20


def test_nearer_points_hide_farther_ones():
    near, far = wall(3.0, RED), wall(3.02, GREEN, 0.5)
    for walls in ((near, far), (far, near)):
        picture = view_of(*walls, height=180, width=240)
        assert (picture == RED).all(axis=-1).sum() > 5000
        assert not (picture == GREEN).all(axis=-1).any()


def test_a_wall_has_no_gaps_and_fills_the_picture():
    picture = view_of(wall(3, BLUE), height=150, width=150)
    rows, columns = np.nonzero((picture == BLUE).all(axis=-1))
    assert max(np.ptp(rows), np.ptp(columns)) > 120
    row = (picture[75] == BLUE).all(axis=-1)
    inside = row[row.argmax() : len(row) - row[::-1].argmax()]
    assert inside.all()


@pytest.mark.parametrize('points', [np.zeros((0, 3)), np.full((4, 5, 3), np.nan)])
def test_a_cloud_without_known_points_is_an_empty_picture(points):
    picture = view_from_side(points, np.full(points.shape, 255, np.uint8))
    assert len(np.unique(picture)) == 1
