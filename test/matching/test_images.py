# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sizes and borders of images."""

import numpy as np

from crestereo_ros.matching.images import (
    fill_from_background,
    from_network,
    start_to_network,
    to_network,
)
from crestereo_ros.models.placement import Placement


def test_to_network_repeats_the_last_row_and_column():
    image = np.arange(18 * 20 * 3, dtype=np.uint8).reshape(18, 20, 3)

    prepared = to_network(image, Placement((18, 20), (32, 32)))

    assert prepared.shape == (32, 32, 3)
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared[:18, :20], image)
    np.testing.assert_array_equal(prepared[:18, 20:], np.repeat(image[:, -1:], 12, axis=1))
    np.testing.assert_array_equal(prepared[18:], np.repeat(prepared[17:18], 14, axis=0))


def test_from_network_takes_off_what_was_added():
    output = np.full((32, 32), 100, np.float32)
    output[:18, :20] = 3

    placement = Placement((18, 20), (32, 32))
    np.testing.assert_array_equal(
        from_network(output, placement, (36, 60, 3)), np.full((36, 60), 3)
    )


def test_start_to_network_is_an_output_of_half_the_size():
    y, x = np.mgrid[:36, :60].astype(np.float32)
    start = 20 + x / 10
    start[5] = np.nan

    output = start_to_network(start, Placement((18, 30), (20, 32)))

    assert output.shape == (1, 2, 10, 16)
    assert output.dtype == np.float32
    # At its left and right end as at those of the image, where pixels are four times as wide.
    np.testing.assert_allclose(output[0, 0, :, 0], 20 / 4, rtol=1e-2)
    np.testing.assert_allclose(output[0, 0, :, -1], 25.9 / 4, rtol=1e-2)
    assert not output[0, 1].any()


def test_fill_from_background_takes_the_smaller_neighbour():
    nan, inf = np.nan, np.inf
    disparity = np.array([[nan] * 6, [nan, 4, nan, inf, 9, nan], [nan] * 6, [1] * 6], np.float32)

    filled = fill_from_background(disparity)

    np.testing.assert_array_equal(filled, [[4, 4, 4, 4, 9, 9]] * 2 + [[1] * 6] * 2)
    np.testing.assert_array_equal(fill_from_background(np.full((2, 3), nan)), np.zeros((2, 3)))
