# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The points that are kept, against a loop over all of them."""

import numpy as np
import pytest

from crestereo_ros.errors import SettingsError
from crestereo_ros.pipeline.thinning import chosen_points, parse_region


@pytest.fixture(scope='module')
def points():
    rng = np.random.default_rng(0)
    points = rng.uniform(-3, 3, (2000, 3)).astype(np.float32)
    points[rng.random(2000) < 0.2] = np.nan
    return points


@pytest.mark.parametrize('voxel', [0.0, 0.3, 1.0])
@pytest.mark.parametrize('region', [None, ((-2, 1), (-1, np.inf), (0, 3))])
def test_each_voxel_keeps_its_first_point(points, region, voxel):
    kept, cells = [], set()
    for index, point in enumerate(points):
        inside = all(low <= x <= high for x, (low, high) in zip(point, region or (), strict=False))
        cell = tuple(np.floor(point / np.float32(voxel))) if voxel else index
        if np.isfinite(point).all() and inside and cell not in cells:
            cells.add(cell)
            kept.append(index)
    assert 10 < len(kept) < 2000
    np.testing.assert_array_equal(chosen_points(points, region, voxel), kept)


def test_none_of_none():
    for points in np.empty((0, 3), np.float32), np.full((5, 3), np.nan, np.float32):
        assert len(chosen_points(points, None, 0.1)) == 0


def test_points_that_are_farther_than_can_be_counted():
    points = np.float32([[0, 0, 1], [0, 0, 1e9], [0, 0, 2e9]])
    assert chosen_points(points, None, 0.001).tolist() == [0, 1]


def test_a_region_is_six_growing_numbers():
    assert parse_region('') is None
    assert parse_region('-2,2,-inf,1,0.3,5') == ((-2, 2), (-np.inf, 1), (0.3, 5))


@pytest.mark.parametrize('text', ['1,2', '2,-2,-1,1,0,5', 'a,b,c,d,e,f', '0,1,0,1,0,nan'])
def test_other_regions_are_refused(text):
    with pytest.raises(SettingsError, match='point_cloud_region ".*" is not XMIN,XMAX'):
        parse_region(text)
