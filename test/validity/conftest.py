# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A scene of two planes: a square in front of a wall, with the images of both cameras."""

import cv2
import numpy as np
import pytest

HEIGHT, WIDTH = 120, 160
FAR, NEAR = 6, 20  # pixels of disparity
ROWS, COLUMNS = slice(30, 90), slice(60, 110)  # of the square, in the left image


class TwoPlanes:
    def __init__(self):
        rng = np.random.default_rng(5)
        wall, square = (
            cv2.GaussianBlur(rng.integers(0, 255, (HEIGHT, WIDTH + 40), np.uint8), (0, 0), 1.0)
            for _ in range(2)
        )
        wall, square = (cv2.normalize(x, None, 0, 255, cv2.NORM_MINMAX) for x in (wall, square))
        self.left, self.right = wall[:, :WIDTH].copy(), wall[:, FAR : FAR + WIDTH].copy()
        shifted = slice(COLUMNS.start - NEAR, COLUMNS.stop - NEAR)
        self.left[ROWS, COLUMNS] = self.right[ROWS, shifted] = square[ROWS, COLUMNS]
        self.disparity = np.full((HEIGHT, WIDTH), FAR, np.float32)
        self.disparity[ROWS, COLUMNS] = NEAR
        self.disparity_right = np.full((HEIGHT, WIDTH), FAR, np.float32)
        self.disparity_right[ROWS, shifted] = NEAR
        # The square hides an area to its left, which is as wide as the disparities differ.
        self.hidden = np.zeros((HEIGHT, WIDTH), bool)
        self.hidden[ROWS, COLUMNS.start - (NEAR - FAR) : COLUMNS.start] = True
        self.out_of_view = np.zeros((HEIGHT, WIDTH), bool)
        self.out_of_view[:, :FAR] = True
        self.square = self.disparity == NEAR


@pytest.fixture(scope='session')
def planes():
    return TwoPlanes()
