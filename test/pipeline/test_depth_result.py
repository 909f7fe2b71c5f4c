# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The values of a result, on a scene of known geometry."""

from dataclasses import replace

import numpy as np
import pytest

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.matching import Match
from crestereo_ros.pipeline import DepthResult, DepthSettings, RectifiedPair
from crestereo_ros.refinement import refine
from crestereo_ros.validity import Checks, confidence_of, pixels_that_pass

HEIGHT, WIDTH = 40, 60
FOCAL_LENGTH, BASELINE = 100.0, 0.1


@pytest.fixture
def result():
    """Make the result of a ramp of disparities: 5 px on the left, 10.9 px on the right."""
    disparity = np.tile(5 + np.arange(WIDTH, dtype=np.float32) / 10, (HEIGHT, 1))
    confidence = np.full_like(disparity, 0.4)
    confidence[:10] = 0.6
    images = np.random.default_rng(0).integers(0, 255, (2, HEIGHT, WIDTH), np.uint8)
    return DepthResult(
        RectifiedPair(*images),
        Match(disparity, 0 * disparity, confidence, 4, (HEIGHT, WIDTH), 0.1, 'cpu'),
        calibration=StereoCalibration.of_numbers(WIDTH, HEIGHT, FOCAL_LENGTH, BASELINE),
    )


def test_pixels_out_of_view_are_unknown_in_every_value(result):
    outside = np.arange(WIDTH) < result.match.disparity
    assert 0 < outside.mean() < 0.5
    np.testing.assert_array_equal(result.known, ~outside)
    np.testing.assert_array_equal(np.isnan(result.disparity), outside)
    np.testing.assert_array_equal(np.isnan(result.depth), outside)
    np.testing.assert_array_equal(np.isnan(result.points()[..., 2]), outside)
    assert (result.confidence[outside] == 0).all()


def test_depth_and_points_follow_from_the_calibration(result):
    expected = FOCAL_LENGTH * BASELINE / result.match.disparity
    np.testing.assert_allclose(result.depth[result.known], expected[result.known], rtol=1e-6)
    points = result.points(stride=2)
    assert points.shape == (HEIGHT // 2, WIDTH // 2, 3)
    np.testing.assert_array_equal(points[..., 2], result.depth[::2, ::2])


def test_without_calibration_there_is_neither_depth_nor_points(result):
    result = replace(result, calibration=None, seconds={})
    assert result.depth is None and result.points() is None


def test_the_threshold_makes_pixels_unknown(result):
    settings = DepthSettings(checks=Checks(confidence_threshold=0.5))
    known = replace(result, settings=settings, seconds={}).known
    assert known[:10, 12:].all() and not known[10:].any()


def test_depths_beyond_the_limits_are_as_in_rep_117(result):
    depth = replace(result, settings=DepthSettings(min_depth=1.0, max_depth=1.5), seconds={}).depth
    known, true = result.known, result.depth
    assert (depth[known & (true < 1.0)] == -np.inf).all()
    assert (depth[known & (true > 1.5)] == np.inf).all()
    assert np.isfinite(depth[known & (true >= 1.0) & (true <= 1.5)]).all()


def test_colours_span_known_disparities_only(result):
    lowest, highest = result.color_range
    assert result.match.disparity[:, 12].min() * 0.9 < lowest < highest < 11
    assert lowest > np.percentile(result.match.disparity, 2)


def test_values_are_computed_and_timed_only_when_asked_for(result):
    assert result.seconds == {}
    _ = result.depth
    assert result.seconds.keys() == {
        *('refinement', 'texture', 'passing', 'known', 'disparity', 'depth'),
    }
    before = dict(result.seconds)
    _ = result.depth, result.disparity
    assert result.seconds == before


@pytest.fixture
def coarse(result):
    """Make a result of a network at half the size of the images; the true disparity is 7 px."""
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH + 7), np.uint8)
    left, right = noise[:, :WIDTH], noise[:, 7:]
    match = replace(result.match, disparity=np.full((HEIGHT, WIDTH), 5, np.float32))
    match = replace(match, resolution=(HEIGHT // 2, WIDTH // 2))
    return DepthResult(RectifiedPair(left, right), match)


def test_all_values_follow_from_the_refined_disparity(coarse):
    refined, search = refine(
        coarse.pair.left, coarse.pair.right, coarse.match.disparity, coarse.match.resolution[1]
    )
    assert np.median(refined) == pytest.approx(7, abs=0.25)
    np.testing.assert_array_equal(coarse.refined.disparity, refined)
    np.testing.assert_array_equal(coarse.disparity[coarse.known], refined[coarse.known])
    pair, match = coarse.pair, replace(coarse.match, disparity=refined)
    np.testing.assert_array_equal(coarse.passing, pixels_that_pass(match, Checks()))
    expected = confidence_of(match, pair.left, pair.right, coarse.passing, search=search)
    np.testing.assert_array_equal(coarse.confidence, expected)


@pytest.mark.parametrize('scale', [1, 2])
@pytest.mark.parametrize('refine', ['auto', 'on', 'off'])
def test_the_setting_decides_whether_to_refine(coarse, scale, refine):
    match = replace(coarse.match, resolution=(HEIGHT // scale, WIDTH // scale))
    result = replace(coarse, match=match, settings=DepthSettings(refine=refine), seconds={})
    changed = not np.array_equal(result.refined.disparity, match.disparity)
    assert changed == (refine == 'on' or (refine == 'auto' and scale == 2))
    assert (result.refinement[1] is not None) == changed
