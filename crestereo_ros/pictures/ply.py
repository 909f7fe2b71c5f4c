# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Writes point clouds as PLY files, which MeshLab, CloudCompare and Blender can open."""

from __future__ import annotations

from pathlib import Path

import numpy as np

VERTEX = np.dtype([('xyz', '<f4', 3), ('rgb', 'u1', 3)])
HEADER = """ply
format binary_little_endian 1.0
element vertex {count}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
end_header
"""


def write_ply(path: str | Path, points: np.ndarray, colors: np.ndarray) -> int:
    """
    Write the known points as a binary PLY file.

    :param points: float (..., 3), x, y and z; points that are not finite are skipped
    :param colors: uint8 (..., 3), BGR
    :returns: the number of points written
    :raises OSError: if the file cannot be written
    """
    known = np.isfinite(points).all(axis=-1)
    vertices = np.empty(np.count_nonzero(known), VERTEX)
    vertices['xyz'] = points[known]
    vertices['rgb'] = colors[known][:, ::-1]
    header = HEADER.format(count=len(vertices)).encode()
    Path(path).write_bytes(header + vertices.tobytes())
    return len(vertices)
