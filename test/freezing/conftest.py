# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Model files of a small network with all parts."""

from functools import partial

import pytest

METADATA = {
    'crestereo.name': 'small',
    'crestereo.iterations': '2',
    'crestereo.first_pixels': '2000',
    'crestereo.device': 'cpu',
}


@pytest.fixture(scope='session')
def make_model(trained_weights, write_model):
    """Return a function that writes a run-time-sized file with an arithmetic."""
    return partial(write_model, trained_weights, metadata=METADATA)


@pytest.fixture(scope='session')
def model(make_model):
    """Return the path of a model in float32."""
    return make_model()
