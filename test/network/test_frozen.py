# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Refused sizes; `test/freezing` compares frozen models with their originals."""

import pytest

from crestereo_ros.network import build_frozen_model


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        ({'sizes': [(16, 16), (32, 34)]}, 'multiples of 4 .* 32x34'),
        ({'sizes': [(12, 16), (32, 32)]}, 'at least 16: 12x16'),
        ({'iterations': 0}, 'iterations must be at least 1: 0'),
    ],
)
def test_refuses_wrong_sizes_and_iterations(small_weights, wrong, message):
    asked = {'sizes': [(16, 16)], 'iterations': 1, 'sign_flips': False, 'metadata': {}}

    with pytest.raises(ValueError, match=message):
        build_frozen_model(small_weights, **(asked | wrong))
