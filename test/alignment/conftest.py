# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A scene of boxes at known disparities, whose right view can be disturbed."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[3] / 'shared/samples'
SIZE = 480, 640


@dataclass(frozen=True)
class Scene:
    """
    A pair with points that are visible in both views, in pixels, float64 (N, 2).

    Whatever disturbs the images moves the points as well.
    """

    left: np.ndarray
    right: np.ndarray
    left_points: np.ndarray
    right_points: np.ndarray

    def disturbed(self, rotation=0.0, scale=1.0, move=(0.0, 0.0)):
        """Rotate (degrees), scale and move (px right, down) the right view about its centre."""
        height, width = self.right.shape[:2]
        affine = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), rotation, scale)
        affine[:, 2] += move
        right = cv2.warpAffine(self.right, affine, (width, height), borderMode=cv2.BORDER_REFLECT)
        points = self.right_points @ affine[:, :2].T + affine[:, 2]
        return replace(self, right=right, right_points=points)

    def exchanged(self):
        return Scene(self.right, self.left, self.right_points, self.left_points)

    def barred(self, rows, columns):
        """Blacken rows and columns at each border of both views."""
        views = []
        for image in (self.left, self.right):
            picture = np.zeros_like(image)
            inner = np.s_[rows : image.shape[0] - rows, columns : image.shape[1] - columns]
            picture[inner] = image[inner]
            views.append(picture)
        return replace(self, left=views[0], right=views[1])

    def row_errors(self, rectification):
        """Return the row errors of the points after a rectification, at a width of 640 px."""
        middle = (np.array(SIZE[::-1]) - 1) / 2
        return rectification.errors(self.left_points - middle, self.right_points - middle)


def texture(rng, height, width):
    """Make coloured noise, fine and coarse, with features everywhere."""
    total = np.zeros((height, width, 3), np.float32)
    for cells in (12, 40, 120):
        noise = rng.random((cells * height // width + 2, cells, 3), np.float32)
        total += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.normalize(total, None, 30, 250, cv2.NORM_MINMAX).astype(np.uint8)


def render(seed=0):
    """Draw boxes in front of a wall; lower ones are nearer, like things on a floor."""
    rng = np.random.default_rng(seed)
    height, width = SIZE
    left, right = texture(rng, height, width + 80), texture(rng, height, width + 80)
    label = np.zeros((2, height, width + 80), int)
    boxes = [(0, 0, width + 80, height, 6)]  # left, top, width, height, disparity
    boxes += [
        (60 + 180 * (k % 3) + 25 * (k // 3), 30 + 75 * k, 150, 100, 14 + 9 * k) for k in range(5)
    ]
    for index, (x, y, w, h, disparity) in enumerate(boxes):
        surface = texture(rng, h, w)
        for view, image, column in ((0, left, x), (1, right, x - disparity)):
            start = max(column, 0)
            image[y : y + h, start : column + w] = surface[:, start - column :][:, : width + 80]
            label[view, y : y + h, start : column + w] = index
    points, others = [], []
    for y in range(5, height, 10):
        for x in range(60, width - 5, 10):
            disparity = boxes[label[0, y, x]][4]
            if label[1, y, x - disparity] == label[0, y, x]:
                points.append((x, y))
                others.append((x - disparity, y))
    left, right = (np.ascontiguousarray(view[:, :width]) for view in (left, right))
    return Scene(left, right, np.array(points, float), np.array(others, float))


@pytest.fixture(scope='session')
def scene():
    return render()


@pytest.fixture(scope='session')
def shared():
    """Return a function that finds a sample, and skips the test if it is missing."""

    def find(name):
        path = SHARED / name
        if not path.exists():
            pytest.skip(f'{path} is missing: the samples are not part of the repository')
        return path

    return find
