# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth in files."""

import cv2
import numpy as np
import pytest

from crestereo_ros.commands.depth.outputs.depth_output import DepthOutput
from crestereo_ros.commands.errors import CommandError


def expected_depth(plane):
    """Return the depth of the plane, NaN where the right camera does not see it."""
    disparity = plane().result.match.disparity
    depth = 150 * 0.25 / disparity
    depth[np.arange(disparity.shape[1]) - disparity < 0] = np.nan
    return depth


def test_metres_with_nan_for_unknown(output_for, plane, tmp_path):
    with output_for(DepthOutput, tmp_path / 'depth.npy') as output:
        output.write(plane())
    depth = np.load(tmp_path / 'depth.npy')
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, expected_depth(plane), rtol=1e-5)
    assert 0.05 < np.isnan(depth).mean() < 0.15


def test_millimetres_with_0_for_unknown(output_for, plane, tmp_path):
    with output_for(DepthOutput, tmp_path / 'depth.png') as output:
        output.write(plane())
    depth = cv2.imread(str(tmp_path / 'depth.png'), cv2.IMREAD_UNCHANGED)
    assert depth.dtype == np.uint16
    expected = np.nan_to_num(1000 * expected_depth(plane))
    np.testing.assert_allclose(depth, expected, atol=0.51)
    assert ((depth == 0) == (expected == 0)).all()


def test_a_video_becomes_a_folder(output_for, plane, tmp_path):
    with output_for(DepthOutput, tmp_path / 'depth', length=2) as output:
        for index in range(2):
            output.write(plane(index))
    names = sorted(path.name for path in (tmp_path / 'depth').iterdir())
    assert names == ['000000.png', '000001.png']


@pytest.mark.parametrize(
    ('name', 'length', 'message'),
    [
        ('depth.tiff', 1, 'depth.tiff cannot be written: its name must end in .png or .npy'),
        ('depth.npy', 9, 'depth.npy is a file, but left and right has many frames'),
    ],
)
def test_names_of_another_kind_are_refused(output_for, tmp_path, name, length, message):
    with pytest.raises(CommandError, match=message):
        output_for(DepthOutput, tmp_path / name, length)


def test_depths_that_do_not_fit_are_counted(output_for, plane, tmp_path, caplog):
    frame = plane()
    frame.result.depth[:, -4:] = 70
    with output_for(DepthOutput, tmp_path / 'depth.png') as output:
        output.write(frame)
    depth = cv2.imread(str(tmp_path / 'depth.png'), cv2.IMREAD_UNCHANGED)
    assert (depth[:, -4:] == 0).all()
    assert 'of the depths do not fit into 16 bits of millimetres' in caplog.text
