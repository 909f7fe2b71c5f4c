# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bilinear samples compared with ONNX Runtime's GridSample."""

import numpy as np
from spox import argument, build, Tensor
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.sampling import pixel_grid, Sampler


def test_samples_like_grid_sample_with_zeros_outside(open_model):
    height, width = 5, 7
    features = argument(Tensor(np.float32, (1, 3, 'height', 'width')))
    positions = argument(Tensor(np.float32, (1, 2, 'rows', 'columns')))
    scale = np.array([2 / (width - 1), 2 / (height - 1)], np.float32)
    grid = op.mul(op.transpose(positions, perm=[0, 2, 3, 1]), op.const(scale))
    grid = op.sub(grid, op.const(np.float32(1)))
    session = open_model(
        build(
            {'features': features, 'positions': positions},
            {
                'samples': Sampler(features)(positions),
                'expected': op.grid_sample(features, grid, align_corners=1),
            },
        )
    )
    random = np.random.default_rng(0)
    # Inside, on pixels, near the border and far beyond it.
    where = random.uniform(-4, 11, (1, 2, 20, 30)).astype(np.float32)
    where[..., ::4] = np.round(where[..., ::4])
    where[..., 5] *= 1e6
    values = random.standard_normal((1, 3, height, width)).astype(np.float32)

    samples, expected = session.run(None, {'features': values, 'positions': where})

    np.testing.assert_allclose(samples, expected[0].reshape(3, -1).T, atol=1e-5)
    assert (samples == 0).all(axis=1).any()
    assert (samples != 0).all(axis=1).any()


def test_the_pixel_grid_is_x_then_y(open_model):
    features = argument(Tensor(np.float32, (1, 3, 'height', 'width')))
    session = open_model(build({'features': features}, {'grid': pixel_grid(features)}))

    (grid,) = session.run(None, {'features': np.zeros((1, 3, 2, 3), np.float32)})

    y, x = np.mgrid[:2, :3]
    np.testing.assert_array_equal(grid, [[x, y]])
