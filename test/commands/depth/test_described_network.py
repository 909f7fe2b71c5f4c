# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth` with a network of another kind."""

import cv2
import numpy as np
import pytest

pytest.importorskip('av')


def test_a_network_that_is_recognised(crestereo, make_network, red_pair, tmp_path):
    for name, image in zip(('left', 'right'), red_pair[:2], strict=True):
        cv2.imwrite(str(tmp_path / f'{name}.png'), image)
    images = tmp_path / 'left.png', tmp_path / 'right.png'

    ended = crestereo(
        *('depth', *images, '--model', make_network('light_stereo'), '--align', 'off'),
        *('--provider', 'cpu', '--disparity', tmp_path / 'disparity.npy'),
    )

    assert ended.returncode == 0, ended.stderr
    disparity, truth = np.load(tmp_path / 'disparity.npy'), red_pair[2]
    assert np.nanmedian(np.abs(disparity - truth)) < 0.3
    assert 'resolution 64x96' in ended.stdout
