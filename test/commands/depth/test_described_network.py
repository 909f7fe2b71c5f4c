# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth` with a network of another kind."""

import re
import shutil

import cv2
import numpy as np
import pytest

pytest.importorskip('av', reason='needs the extra video')


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


@pytest.mark.parametrize(
    ('kind', 'largest', 'found'),
    [('disparity', 7, r'disparity 0.0 to [3-6].\d px, median 3'), ('ones', 1, 'no disparity is')],
)
def test_what_is_found_is_told_without_what_is_unknown(
    crestereo, make_network, red_pair, tmp_path, kind, largest, found
):
    model = tmp_path / 'mine.onnx'
    shutil.copy(make_network(outputs={'disparity': kind}), model)
    model.with_suffix('.yaml').write_text(
        'licence: MIT\ninputs: {left: left, right: right}\n'
        f'outputs: {{disparity: disparity, largest: {largest}}}\n'
    )
    images = [str(tmp_path / f'{name}.png') for name in ('left', 'right')]
    left, right, _ = red_pair
    for path, image in zip(images, (left, left ^ 1 if kind == 'ones' else right), strict=True):
        cv2.imwrite(path, image)

    ended = crestereo('depth', *images, '--model', model, '--align', 'off', '--provider', 'cpu')

    assert ended.returncode == 0, ended.stderr
    assert re.match(found, ended.stdout)


@pytest.mark.parametrize('offset', [-40, 40])
def test_principal_points_that_differ(crestereo, make_network, make_verged_pair, tmp_path, offset):
    left, right, _, truth = make_verged_pair(offset)
    images = [str(tmp_path / f'{name}.png') for name in ('left', 'right')]
    for path, image in zip(images, (left, right), strict=True):
        cv2.imwrite(path, image)

    ended = crestereo(
        *('depth', *images, '--model', make_network('lite_any_stereo', size=('h', 'w'))),
        *('--focal-length', 200, '--baseline', 0.1, f'--doffs={-offset}', '--provider', 'cpu'),
        *('--resolution', 'image', '--align', 'off', '--known-only'),
        *('--depth', tmp_path / 'depth.npy'),
    )

    assert ended.returncode == 0, ended.stderr
    depth = np.load(tmp_path / 'depth.npy')
    known = np.isfinite(depth)
    assert known.mean() > 0.6
    assert np.percentile(np.abs(20 / depth - 20 / truth)[known], 90) < 0.5  # pixels
