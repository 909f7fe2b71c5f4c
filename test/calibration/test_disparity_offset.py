# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Offsets of walls that are known, with noise, and how sure they are."""

import math

import numpy as np
import pytest

from crestereo_ros.calibration import CalibrationError
from crestereo_ros.calibration.disparity_offset import find_offset, measure_wall, Wall

PRODUCT, OFFSET = 50.0, 0.7


def walls_at(distances, spread=0.02, noise=0.0, rng=None):
    noises = rng.normal(0, noise, len(distances)) if rng else np.zeros(len(distances))
    return [Wall(PRODUCT / z + OFFSET + n, spread) for z, n in zip(distances, noises, strict=True)]


@pytest.mark.parametrize('distances', [(1.0, 3.0), (0.5, 1.0, 2.0, 4.0), (2.0, 2.0, 1.0)])
def test_offset_and_product_of_exact_walls(distances):
    found = find_offset(walls_at(distances), distances, 0.0)
    assert found.pixels == pytest.approx(OFFSET)
    assert found.product == pytest.approx(PRODUCT)
    assert np.allclose(found.residuals, 0, atol=1e-9)


def test_one_wall_is_enough_with_a_product():
    found = find_offset(walls_at([2.0]), [2.0], 0.0, PRODUCT)
    assert (found.pixels, found.uncertainty) == pytest.approx((OFFSET, 0.02))
    assert math.isnan(found.product)


@pytest.mark.parametrize('product', [None, PRODUCT])
def test_the_uncertainty_is_that_of_many_trials(product):
    rng = np.random.default_rng(0)
    distances = np.array([1.0, 1.5, 3.0])
    error, noise = 0.01, 0.05
    found = []
    for _ in range(2000):
        walls = walls_at(distances, noise, noise, rng)
        measured = distances + rng.normal(0, error, 3)
        found.append(find_offset(walls, measured, error, product))
    offsets = np.array([x.pixels for x in found])
    assert offsets.mean() == pytest.approx(OFFSET, abs=0.03)
    expected = np.median([x.uncertainty for x in found])
    assert offsets.std() == pytest.approx(expected, rel=0.2)
    if product is None:
        products = np.array([x.product for x in found])
        assert products.std() == pytest.approx(
            np.median([x.product_uncertainty for x in found]), rel=0.25
        )


def test_walls_that_contradict_each_other_are_less_certain():
    distances = [1.0, 2.0, 3.0, 4.0]
    walls = walls_at(distances)
    worse = [
        Wall(w.disparity + d, w.spread) for w, d in zip(walls, (0, 0.5, -0.5, 0), strict=True)
    ]
    sure, unsure = (find_offset(x, distances, 0.001).uncertainty for x in (walls, worse))
    assert unsure > 5 * sure


def test_one_distance_without_a_product_tells_nothing():
    for distances in [2.0], [2.0, 2.0]:
        with pytest.raises(CalibrationError, match='walls at two different distances'):
            find_offset(walls_at(distances), distances, 0.001)


def test_the_median_of_a_wall_and_how_its_parts_differ():
    plane = np.full((60, 90), 20.0)
    plane[::7] = np.nan
    plane[5, 5] = 500
    assert measure_wall(plane) == Wall(20.0, 0.0)
    tilted = plane + np.linspace(-0.5, 0.5, 90)
    wall = measure_wall(tilted)
    assert wall.disparity == pytest.approx(20, abs=0.02) and 0.2 < wall.spread < 0.4


@pytest.mark.parametrize('share', [0.0, 0.4])
def test_a_wall_that_is_hardly_known_is_refused(share):
    plane = np.full((10, 10), np.nan)
    plane.flat[: round(100 * share)] = 3.0
    with pytest.raises(CalibrationError, match=f'only {share:.0%} of the wall is known'):
        measure_wall(plane)
