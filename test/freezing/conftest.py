# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Model files of a small network with all parts."""

import onnx
import pytest

from crestereo_ros.network import build_model

METADATA = {
    'crestereo.name': 'small',
    'crestereo.iterations': '2',
    'crestereo.first_pixels': '2000',
    'crestereo.device': 'cpu',
}


@pytest.fixture(scope='session')
def make_model(trained_weights, tmp_path_factory):
    """Return a function that writes a run-time-sized file with an arithmetic."""

    def make_model(arithmetic=None, sign_flips=False):
        path = tmp_path_factory.mktemp('models') / 'small.onnx'
        model = build_model(
            trained_weights, sign_flips=sign_flips, metadata=METADATA, arithmetic=arithmetic
        )
        onnx.save(model, path)
        return path

    return make_model


@pytest.fixture(scope='session')
def model(make_model):
    """Return the path of a model in float32."""
    return make_model()
