# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pipeline with a small network."""

import weakref

import numpy as np
import pytest

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.matching import ImagePairError, StereoMatcher
from crestereo_ros.pipeline import DepthPipeline, DepthSettings, RectifiedPair
from crestereo_ros.validity import right_disparity

SIZE = 48, 64


@pytest.fixture
def matcher(small_model):
    return StereoMatcher(str(small_model), 'cpu', threads=1)


@pytest.fixture
def pair(make_pair):
    return RectifiedPair(*make_pair(*SIZE))


def test_a_pair_is_matched_with_the_settings(matcher, pair):
    settings = DepthSettings(iterations=3, resolution=(32, 48))
    result = DepthPipeline(matcher, settings).process(pair)
    expected = matcher.match(pair.left, pair.right, 3, (32, 48))
    np.testing.assert_array_equal(result.match.disparity, expected.disparity)
    assert (result.match.iterations, result.match.resolution) == (3, (32, 48))
    assert result.disparity_right is None and result.calibration is None


def test_the_left_right_check_matches_the_right_image_too(matcher, pair):
    pipeline = DepthPipeline(matcher, DepthSettings(left_right_check=True))
    result = pipeline.process(pair)
    expected = right_disparity(matcher, pair.left, pair.right, resolution='fast')
    np.testing.assert_array_equal(result.disparity_right, expected)
    assert result.seconds.keys() == {'match', 'left_right_check'}


def test_settings_provide_a_missing_calibration_but_never_replace_one(matcher, pair):
    pipeline = DepthPipeline(matcher, DepthSettings(focal_length=50.0, baseline=0.2))
    assert pipeline.process(pair).calibration.baseline == pytest.approx(0.2)
    own = StereoCalibration.of_numbers(SIZE[1], SIZE[0], 40.0, 0.1)
    calibrated = RectifiedPair(pair.left, pair.right, own)
    assert pipeline.process(calibrated).calibration is own
    pipeline.settings = DepthSettings(focal_length=50.0)
    assert pipeline.process(pair).calibration is None


def test_a_video_starts_from_the_previous_pair(matcher, pair, make_pair):
    pipeline = DepthPipeline(matcher, DepthSettings(temporal=True))
    first, second = pipeline.process(pair), pipeline.process(pair)
    assert first.started_from == 'nothing: no frame before'
    assert second.started_from == 'previous disparity'
    expected = matcher.match(pair.left, pair.right, resolution='fast', start=first.match.disparity)
    np.testing.assert_array_equal(second.match.disparity, expected.disparity)
    pipeline.forget_previous()
    assert pipeline.process(pair).started_from == 'nothing: no frame before'
    other = RectifiedPair(*make_pair(*SIZE, seed=1))
    assert pipeline.process(other).started_from == 'nothing: cut'


def test_a_pair_that_fails_leaves_nothing_to_start_from(matcher, pair):
    pipeline = DepthPipeline(matcher, DepthSettings(temporal=True))
    pipeline.process(pair)
    with pytest.raises(ImagePairError):
        pipeline.process(RectifiedPair(pair.left, pair.right[1:]))
    assert pipeline.process(pair).started_from == 'nothing: no frame before'


def test_settings_change_between_two_pairs(matcher, pair):
    pipeline = DepthPipeline(matcher)
    pipeline.process(pair)
    pipeline.settings = DepthSettings(resolution=(32, 32))
    assert pipeline.process(pair).match.resolution == (32, 32)


def test_colours_follow_a_video_slowly(matcher, pair):
    pipeline = DepthPipeline(matcher)
    first = pipeline.process(pair).color_range
    brighter = RectifiedPair(pair.right, pair.left)
    second = pipeline.process(brighter).color_range
    alone = DepthPipeline(matcher).process(brighter).color_range
    assert min(first[0], alone[0]) <= second[0] <= max(first[0], alone[0])
    assert second != alone


def test_a_pipeline_does_not_keep_its_matcher_alive(small_model, pair):
    pipeline = DepthPipeline(StereoMatcher(str(small_model), 'cpu', threads=1))
    matcher = weakref.ref(pipeline.matcher)
    pipeline.process(pair)
    del pipeline
    assert matcher() is None


def test_warns_once_of_a_resolution_with_exchanged_sides(matcher, pair, caplog):
    pipeline = DepthPipeline(matcher, DepthSettings(resolution=SIZE[::-1]))
    for _ in range(2):
        pipeline.process(pair)
    (record,) = caplog.records
    assert record.getMessage() == (
        'resolution 64x48 is 64 rows high, but the images are 48x64: it is HEIGHTxWIDTH'
    )
    pipeline.settings = DepthSettings(resolution=SIZE)
    pipeline.process(pair)
    assert len(caplog.records) == 1


@pytest.mark.parametrize('name', ['crestereo_fast', 'lite_any_stereo'])
@pytest.mark.parametrize('offset', [-40.0, 0.5, 40.0])
def test_different_principal_points_do_not_change_the_depth(
    make_verged_pair, make_network, name, offset
):
    """This holds for an included network, and for one limited to 0..11 px."""
    model = name if name.startswith('crestereo') else make_network(name, size=('h', 'w'))
    pipeline = DepthPipeline(
        StereoMatcher(str(model), 'cpu', threads=1),
        DepthSettings(resolution='image', refine='off', left_right_check=True),
    )
    depths = []
    for infinity in 0.0, offset:
        left, right, calibration, truth = make_verged_pair(infinity)
        depths.append(pipeline.process(RectifiedPair(left, right, calibration)).depth)
        known = np.isfinite(depths[-1])
        assert known.mean() > 0.6
        error = 200.0 * 0.1 * (1 / depths[-1] - 1 / truth)[known]  # pixels
        assert np.percentile(np.abs(error), 90) < 0.5
    both = np.isfinite(depths).all(axis=0)
    differences = 200.0 * 0.1 * (1 / depths[1] - 1 / depths[0])[both]
    assert np.percentile(np.abs(differences), 90) < 0.25


def test_frames_of_a_video_start_correctly_with_different_principal_points(make_verged_pair):
    pipeline = DepthPipeline(
        StereoMatcher('crestereo_fast', 'cpu', threads=1),
        DepthSettings(resolution='image', refine='off', temporal=True),
    )
    left, right, calibration, truth = make_verged_pair(40.0)
    for _ in range(2):
        result = pipeline.process(RectifiedPair(left, right, calibration))
    assert result.started_from == 'previous disparity'
    known = np.isfinite(result.depth)
    assert known.mean() > 0.6
    assert np.percentile(np.abs(200.0 * 0.1 * (1 / result.depth - 1 / truth)[known]), 90) < 0.5


def test_warns_once_of_principal_points_too_far_apart(matcher, make_verged_pair, caplog):
    left, right, *_ = make_verged_pair()
    calibration = StereoCalibration.of_numbers(240, 120, 200.0, 0.1, doffs=121.0)
    pipeline = DepthPipeline(matcher)
    for _ in range(2):
        result = pipeline.process(RectifiedPair(left, right, calibration))
    (record,) = caplog.records
    assert record.getMessage().startswith('The principal points are -121 px apart')
    expected = matcher.match(left, right, resolution='fast').disparity
    np.testing.assert_array_equal(result.match.disparity, expected)
