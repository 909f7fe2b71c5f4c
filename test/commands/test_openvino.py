# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The command on OpenVINO; `make test-openvino` runs this."""

import numpy as np
import pytest

pytestmark = pytest.mark.openvino


def test_a_pair_has_the_numbers_of_the_cpu(crestereo, model_file, pair, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    found = {}
    for provider in 'openvino', 'cpu':
        out = tmp_path / f'{provider}.npy'
        ended = crestereo(
            'depth', *pair, '--model', model_file, '--provider', provider, '--disparity', out
        )
        assert (ended.returncode, ended.stderr) == (0, ''), ended.stderr
        assert f'provider {provider}' in ended.stdout
        found[provider] = np.load(out)

    np.testing.assert_allclose(found['openvino'], found['cpu'], atol=1e-2)
