# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws a point cloud from the side."""

from __future__ import annotations

import cv2
import numpy as np

BACKGROUND = (32, 32, 32)
YAW, PITCH = 35.0, 15.0  # degrees: how far the new camera is to the right and above
MARGIN = 1.1  # the size of the picture relative to the middle of the cloud
SHOWN = (1, 99)  # percentiles of the points that the picture shows


def view_from_side(
    points: np.ndarray, colors: np.ndarray, height: int = 480, width: int = 640
) -> np.ndarray:
    """
    Draw a cloud as seen by a camera above and to the right of the real one.

    :param points: float (..., 3), x (right), y (down) and z (forward) in any unit; points that are
        not finite are skipped
    :param colors: uint8 (..., 3), BGR
    :param height, width: size of the picture in pixels
    :returns: uint8 (height, width, 3), BGR
    """
    picture = np.full((height, width, 3), BACKGROUND, np.uint8)
    known = np.isfinite(points).all(axis=-1)
    points, colors = points[known], colors[known]
    if not len(points):
        return picture

    # The camera moves around the middle of the cloud at its original distance.
    middle = np.median(points, axis=0)
    turned = (points - middle) @ _turn().T
    turned[:, 2] += np.linalg.norm(middle)
    ahead = turned[:, 2] > 0.1 * np.linalg.norm(middle)
    turned, colors = turned[ahead], colors[ahead]
    plane = turned[:, :2] / turned[:, 2:]

    low, high = np.percentile(plane, SHOWN, axis=0)
    scale = min((width, height) / np.maximum(high - low, 1e-6)) / MARGIN
    columns, rows = ((plane - (low + high) / 2) * scale + (width / 2, height / 2)).T
    # A point covers 2x2 pixels, which leaves no gaps. The last of the points at a pixel stays.
    far_to_near = np.argsort(-turned[:, 2], kind='stable')
    for down in (0, 1):
        for right in (0, 1):
            row = (rows[far_to_near] + down).astype(int)
            column = (columns[far_to_near] + right).astype(int)
            inside = (0 <= row) & (row < height) & (0 <= column) & (column < width)
            picture[row[inside], column[inside]] = colors[far_to_near][inside]
    return picture


def _turn() -> np.ndarray:
    """Return the rotation from the axes of the real camera to those of the new one."""
    yaw = cv2.Rodrigues(np.array([0, np.radians(YAW), 0]))[0]
    pitch = cv2.Rodrigues(np.array([np.radians(PITCH), 0, 0]))[0]
    return pitch @ yaw
