# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch's own export, compared with the network."""

import numpy as np
import onnxruntime
import pytest
import torch

from training.network import CREStereo, FAST
from training.network.plain_export import export_plainly


@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning')
@pytest.mark.parametrize('sign_flips', [False, True])
def test_gives_the_same_disparity_as_the_network(tmp_path, sign_flips):
    """This holds with the row search and for the published network without it."""
    torch.manual_seed(0)
    network = CREStereo(FAST, sign_flips)
    export_plainly(network, 'init', 48, 64, 2, tmp_path / 'plain.onnx')
    session = onnxruntime.InferenceSession(
        tmp_path / 'plain.onnx', providers=['CPUExecutionProvider']
    )
    left, right = np.random.default_rng(0).uniform(0, 255, (2, 1, 3, 48, 64)).astype(np.float32)
    names = [x.name for x in session.get_inputs()]
    (result,) = session.run(None, dict(zip(names, (left, right), strict=True)))
    with torch.no_grad():
        expected = network(torch.from_numpy(left), torch.from_numpy(right), 1, 2).disparity
    np.testing.assert_allclose(result, expected, atol=1e-3 * expected.abs().max())
