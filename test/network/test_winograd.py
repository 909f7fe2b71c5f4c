# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Winograd's convolutions compared with plain ones."""

import numpy as np
import pytest
from spox import argument, build, Tensor
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network import build_model, Winograd
from crestereo_ros.network.graph import sizes, to_channels_first
from crestereo_ros.network.winograd import Tiling, transforms


@pytest.mark.parametrize('taps', [3, 5])
def test_the_minimal_filtering_is_a_correlation(taps):
    random = np.random.default_rng(0)
    tile, kernel = random.standard_normal(taps + 3), random.standard_normal(taps)

    back, of_kernel, of_input = transforms(4, taps)

    assert of_input.shape == (taps + 3, taps + 3)
    np.testing.assert_allclose(
        back @ ((of_kernel @ kernel) * (of_input @ tile)), np.correlate(tile, kernel), atol=1e-12
    )


@pytest.mark.parametrize('kernel', [(3, 3), (1, 5), (5, 1)])
@pytest.mark.parametrize('size', [(8, 12), (7, 9), (1, 2)])
def test_tiles_of_any_map_give_the_zero_padded_convolution(open_model, kernel, size):
    random = np.random.default_rng(1)
    values = random.standard_normal((1, *size, 6)).astype(np.float32)
    weight = random.standard_normal((10, 6, *kernel)).astype(np.float32)
    x = argument(Tensor(np.float32, (1, 'height', 'width', 6)))
    tiling = Tiling(kernel, sizes(x, 1, 2), sizes(x, 2, 3))
    pads = [taps // 2 for taps in kernel] * 2
    session = open_model(
        build(
            {'x': x},
            {
                'y': to_channels_first(tiling.convolve(x, op.const(weight), inputs=6, outputs=10)),
                'expected': op.conv(to_channels_first(x), op.const(weight), pads=pads),
            },
        )
    )

    y, expected = session.run(None, {'x': values})

    np.testing.assert_allclose(y, expected, atol=2e-4)


def test_the_network_gives_the_same_result(small_weights, small_session, open_model):
    # With these widths, most convolutions use tiles; at 1/16 a map is smaller than a tile.
    noise = np.random.default_rng(2).uniform(0, 255, (2, 1, 3, 48, 80)).astype(np.float32)
    model = build_model(small_weights, sign_flips=False, metadata={}, arithmetic=Winograd())
    session = open_model(model)
    inputs = [*noise, np.zeros((1, 2, 1, 1), np.float32), np.array(2), np.array(5)]
    feeds = dict(zip([x.name for x in session.get_inputs()], inputs, strict=True))

    disparity, expected = session.run(None, feeds)[0], small_session.run(None, feeds)[0]

    assert any(node.op_type == 'Loop' for node in model.graph.node)
    np.testing.assert_allclose(disparity, expected, atol=1e-3 * np.abs(expected).max())
    assert (disparity != expected).any()
