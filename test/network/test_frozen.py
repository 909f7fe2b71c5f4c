# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What cannot be frozen; `test/freezing` compares what can with the model that it is of."""

import pytest

from crestereo_ros.network import build_frozen_model


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        ({'sizes': [(16, 16), (32, 34)]}, 'multiples of 4 .* 32x34'),
        ({'sizes': [(12, 16), (32, 32)]}, 'from 16 on: 12x16'),
        ({'iterations': 0}, 'iterations must be at least 1: 0'),
    ],
)
def test_refuses_what_cannot_be(small_weights, wrong, message):
    asked = {'sizes': [(16, 16)], 'iterations': 1, 'sign_flips': False, 'metadata': {}}

    with pytest.raises(ValueError, match=message):
        build_frozen_model(small_weights, **(asked | wrong))
