# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PLY files, read by the rules of the format."""

import struct

import numpy as np
import pytest

from crestereo_ros.pictures import write_ply


def test_writes_every_known_point_and_its_colour(tmp_path):
    points = np.arange(18, dtype=np.float32).reshape(2, 3, 3) / 4
    points[0, 1] = np.nan
    points[1, 2, 2] = np.inf
    colors = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    path = tmp_path / 'cloud.ply'
    assert write_ply(path, points, colors) == 4

    header, _, body = path.read_bytes().partition(b'end_header\n')
    lines = header.decode().splitlines()
    assert lines[:3] == ['ply', 'format binary_little_endian 1.0', 'element vertex 4']
    properties = [f'property float {name}' for name in 'xyz']
    assert lines[3:] == properties + [
        f'property uchar {name}' for name in ('red', 'green', 'blue')
    ]
    expected = []
    for row, column in ((0, 0), (0, 2), (1, 0), (1, 1)):
        blue, green, red = colors[row, column]
        expected.append((*points[row, column], red, green, blue))
    assert list(struct.iter_unpack('<3f3B', body)) == expected


def test_an_empty_cloud(tmp_path):
    path = tmp_path / 'cloud.ply'
    assert write_ply(path, np.full((2, 3), np.nan), np.zeros((2, 3), np.uint8)) == 0
    assert path.read_bytes().endswith(b'end_header\n')


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(OSError):
        write_ply(tmp_path / 'no/cloud.ply', np.zeros((1, 3)), np.zeros((1, 3), np.uint8))
