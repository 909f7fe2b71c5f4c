# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sizes and borders of images."""

import numpy as np

from crestereo_ros.matching.images import from_network, half_size, to_network


def test_half_size_keeps_the_corners():
    image = np.random.default_rng(0).uniform(0, 255, (8, 12, 3)).astype(np.float32)

    half = half_size(image)

    assert half.shape == (4, 6, 3)
    np.testing.assert_allclose(half[::3, ::5], image[::7, ::11], atol=1e-3)


def test_half_size_is_linear_between_pixels():
    y, x = np.mgrid[:16, :32].astype(np.float32)
    ramp = np.dstack([x, y, x + y])

    half = half_size(ramp)

    # OpenCV rounds positions to 1/32 of a pixel.
    np.testing.assert_allclose(half[0, :, 0], np.linspace(0, 31, 16), atol=1 / 32)
    np.testing.assert_allclose(half[:, 0, 1], np.linspace(0, 15, 8), atol=1 / 32)


def test_to_network_repeats_the_last_row_and_column():
    image = np.arange(18 * 20 * 3, dtype=np.uint8).reshape(18, 20, 3)

    prepared = to_network(image, (18, 20), 16)

    assert prepared.shape == (32, 32, 3)
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared[:18, :20], image)
    np.testing.assert_array_equal(prepared[:18, 20:], np.repeat(image[:, -1:], 12, axis=1))
    np.testing.assert_array_equal(prepared[18:], np.repeat(prepared[17:18], 14, axis=0))


def test_from_network_takes_off_what_was_added_and_scales_by_the_widths():
    output = np.full((1, 2, 32, 32), 100, np.float32)
    output[0, 0, :18, :20] = 3

    disparity = from_network(output, (18, 20), (36, 60, 3))

    np.testing.assert_array_equal(disparity, np.full((36, 60), 9))
