# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds of points in files."""

import numpy as np

from crestereo_ros.commands.depth.outputs.points_output import PointsOutput
from crestereo_ros.pictures.ply import VERTEX


def read_ply(path):
    header, _, data = path.read_bytes().partition(b'end_header\n')
    vertices = np.frombuffer(data, VERTEX)
    assert f'element vertex {len(vertices)}\n'.encode() in header
    return vertices


def test_known_pixels_lie_on_the_plane_in_their_colours(output_for, plane, tmp_path):
    frame = plane()
    with output_for(PointsOutput, tmp_path / 'points.ply') as output:
        output.write(frame)
    vertices = read_ply(tmp_path / 'points.ply')
    normal, distance = np.array([0.2, -0.3, 1.0]), 2.5
    np.testing.assert_allclose(vertices['xyz'] @ normal, distance, rtol=1e-5)
    disparity = frame.result.match.disparity
    known = np.arange(disparity.shape[1]) >= disparity
    assert len(vertices) == known.sum() < known.size
    np.testing.assert_array_equal(vertices['rgb'][:, ::-1], frame.left[known])


def test_a_video_becomes_a_folder(output_for, plane, tmp_path):
    with output_for(PointsOutput, tmp_path / 'points', length=None) as output:
        for index in range(2):
            output.write(plane(index))
    files = sorted((tmp_path / 'points').iterdir())
    assert [path.name for path in files] == ['000000.ply', '000001.ply']
    assert files[0].read_bytes() != files[1].read_bytes()
