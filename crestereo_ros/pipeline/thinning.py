# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which points of a cloud are worth their bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crestereo_ros.errors import SettingsError

# Lowest and highest x, y and z in metres.
Region = tuple[tuple[float, float], ...]
CELLS = 2**21  # along each axis: three indices fit into 63 bits


def parse_region(text: str) -> Region | None:
    """
    Return the box that a text such as `-2,2,-1,1,0.3,5` names; None for an empty one.

    :raises SettingsError: if it has another form, or an upper limit is not above its lower one
    """
    if not text:
        return None
    try:
        numbers = [float(x) for x in text.split(',')]
    except ValueError:
        numbers = []
    region = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    if len(numbers) != 6 or not all(low < high for low, high in region):
        raise SettingsError(
            f'point_cloud_region "{text}" is not XMIN,XMAX,YMIN,YMAX,ZMIN,ZMAX in metres, such '
            'as -2,2,-1,1,0.3,5'
        )
    return region


def chosen_points(
    points: np.ndarray, region: Sequence[tuple[float, float]] | None, voxel: float
) -> np.ndarray:
    """
    Return the indices of the points to keep, in their order.

    Those are the known ones inside of the region. Of these, each voxel keeps the first: a point
    that was measured, where a mean would lie in the air beside an edge.

    :param points: float32 (N, 3), NaN where unknown
    :param region: limits of x, y and z, in metres; None for all
    :param voxel: length of the edges of a voxel in metres; 0 for all points
    """
    keep = np.isfinite(points[:, 2])
    for axis, (low, high) in enumerate(region or ()):
        keep &= (points[:, axis] >= low) & (points[:, axis] <= high)
    chosen = np.flatnonzero(keep)
    if not voxel or not len(chosen):
        return chosen
    cells = np.floor(np.ascontiguousarray(points[chosen].T) / np.float32(voxel))
    cells -= cells.min(axis=1, keepdims=True)
    x, y, z = cells.clip(max=CELLS - 1).astype(np.int64)
    names = (x * CELLS + y) * CELLS + z
    # Neighbours in a row are mostly in one voxel, and this is faster than to sort them.
    first = np.flatnonzero(np.append(True, names[1:] != names[:-1]))
    _, unique = np.unique(names[first], return_index=True)
    return chosen[first[np.sort(unique)]]
