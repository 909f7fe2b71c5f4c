# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Zoo files and run-time-sized models, side by side."""

import numpy as np
import onnx
import pytest

from crestereo_ros.network import build_model
from crestereo_ros.weights.agreement import outputs_of_both
from training.zoo_model import build_zoo_model


@pytest.mark.parametrize(('kind', 'two_passes'), [('init', False), ('combined', True)])
def test_runs_both_alike(small_weights, tmp_path, kind, two_passes):
    path = tmp_path / 'zoo.onnx'
    sizes = {'kind': kind, 'height': 64, 'width': 80, 'iterations': 2}
    onnx.save(build_zoo_model(small_weights, **sizes, sign_flips=True), path)
    model = build_model(small_weights, sign_flips=True, metadata={}).SerializeToString()

    expected, output = outputs_of_both(path, model, 2, two_passes)
    _, of_other = outputs_of_both(path, model, 3, two_passes)

    assert expected.shape == output.shape == (1, 2, 64, 80)
    largest = np.abs(expected).max()
    assert np.abs(output - expected).max() <= 1e-3 * largest
    assert np.abs(of_other - expected).max() > 1e-2 * largest
