# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Size and picture area of the images for alignment."""

import numpy as np
import pytest

from crestereo_ros.alignment.working_image import picture_mask, WIDTH, working_image


@pytest.mark.parametrize('size', [(2000, 1500), (480, 640), (90, 160), (3, 3000)])
def test_scales_to_one_width_and_keeps_the_aspect_ratio(size):
    image = np.full((*size, 3), 7, np.uint8)
    height = max(1, round(size[0] * WIDTH / size[1]))
    assert working_image(image).shape == (height, WIDTH, 3)


@pytest.mark.parametrize(
    'rows, columns',
    [
        (slice(None), slice(None)),
        (slice(60, 420), slice(None)),
        (slice(None), slice(80, 500)),
        (slice(33, 400), slice(120, 639)),
    ],
)
def test_finds_the_picture_inside_noisy_bars(rows, columns):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 20, (480, 640, 3), np.uint8)
    image[rows, columns] = rng.integers(0, 256, image[rows, columns].shape, np.uint8)
    expected = np.zeros(image.shape[:2], np.uint8)
    expected[rows, columns] = 255
    np.testing.assert_array_equal(picture_mask(image), expected)


def test_a_black_image_has_no_picture():
    assert not picture_mask(np.zeros((48, 64, 3), np.uint8)).any()
