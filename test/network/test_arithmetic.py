# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Convolutions in half precision compared with those in float32."""

import numpy as np

from crestereo_ros.network import build_model, Float16, Float32


def test_half_precision_is_near_float32(small_weights, open_model):
    pair = np.random.default_rng(0).uniform(0, 255, (2, 1, 3, 64, 96)).astype(np.float32)
    inputs = [*pair, np.zeros((1, 2, 1, 1), np.float32), np.array(1), np.array(2)]
    disparities = []
    for arithmetic in Float32(), Float16():
        session = open_model(
            build_model(small_weights, sign_flips=False, metadata={}, arithmetic=arithmetic)
        )
        names = [x.name for x in session.get_inputs()]
        disparities.append(session.run(None, dict(zip(names, inputs, strict=True)))[0])
    full, half = disparities

    assert 0 < np.abs(half - full).mean() < 0.02 * np.abs(full).mean()
