# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Resizing with aligned corners, against planes whose values are known."""

import numpy as np
import pytest

from crestereo_ros.models.resizing import half_size, resize_aligned


def test_half_size_keeps_the_corners():
    image = np.random.default_rng(0).uniform(0, 255, (8, 12, 3)).astype(np.float32)

    half = half_size(image)

    assert half.shape == (4, 6, 3)
    assert half.dtype == np.float32
    np.testing.assert_array_equal(half[::3, ::5], image[::7, ::11])


@pytest.mark.parametrize('size', [(24, 31), (32, 64), (100, 90)])
def test_resize_aligned_is_linear_between_pixels(size):
    y, x = np.mgrid[:48, :62].astype(np.float32)

    resized = resize_aligned(np.dstack([x, y, 255 - x - y]), size)

    y, x = np.linspace(0, 47, size[0])[:, None], np.linspace(0, 61, size[1])[None]
    y, x = np.broadcast_arrays(y, x)
    np.testing.assert_allclose(resized, np.dstack([x, y, 255 - x - y]), atol=1e-4)
