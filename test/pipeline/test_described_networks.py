# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pipeline with networks of other kinds, which compute a simple cost volume."""

import shutil

import numpy as np
import pytest

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pipeline import DepthPipeline, DepthSettings, RectifiedPair
from crestereo_ros.validity import Checks

ANY_SIZE = ('h', 'w')
NO_CHECKS = Checks(False, False, False, False)


@pytest.fixture
def describe(make_network, tmp_path):
    """Return a function that opens a network with a description file."""

    def describe(text='disparity: disparity', inputs='', size=ANY_SIZE, **changes):
        path = tmp_path / 'mine.onnx'
        shutil.copy(make_network(size=size, **changes), path)
        path.with_suffix('.yaml').write_text(
            'name: Mine\nlicence: MIT\n'
            f'inputs: {{left: left, right: right{inputs}}}\n'
            f'size: {{multiple: 4}}\noutputs: {{{text}}}\n'
        )
        return StereoMatcher(str(path), 'cpu', threads=1)

    return describe


@pytest.fixture
def pair(make_verged_pair):
    """Return a pair of two planes and its true disparity."""
    left, right, calibration, depth = make_verged_pair()
    return RectifiedPair(left, right, calibration), 200.0 * 0.1 / depth


def errors(disparity, truth):
    return np.abs(disparity - truth)[:, 16:]


def test_a_latency_limit_changes_only_the_size(describe, pair):
    settings = DepthSettings(resolution='image', max_latency=1e-3, refine='off')
    pipeline = DepthPipeline(describe(), settings)
    first = pipeline.process(pair[0]).match
    pipeline.latency_limit.add(1.0)
    second = pipeline.process(pair[0]).match

    assert (first.resolution, first.iterations) == ((120, 240), 0)
    assert second.iterations == 0 and second.resolution < first.resolution
    assert np.nanmedian(errors(second.disparity, pair[1])) < 0.5
    assert 'max_latency_ms 1 cannot be met' in pipeline.latency_limit.problem


@pytest.mark.parametrize('kind', [np.int64, np.int32])
def test_iterations_that_are_an_input(describe, pair, kind):
    """Each finds two disparities more."""
    matcher = describe(inputs=', iterations: iterations', iterations=kind)
    (left, right), truth = (pair[0].left, pair[0].right), pair[1]

    assert matcher.fixed_iterations is None
    assert np.nanmedian(errors(matcher.match(left, right).disparity, truth)) < 0.1
    match = matcher.match(left, right, 3)
    assert match.iterations == 3
    assert np.nanmedian(errors(match.disparity, np.minimum(truth, 6))) < 0.1
    settings = DepthSettings(resolution='image', max_latency=1e-3, refine='off')
    pipeline = DepthPipeline(matcher, settings)
    pipeline.process(pair[0])
    pipeline.latency_limit.add(1.0)
    assert pipeline.process(pair[0]).match.iterations == 2


def test_a_latency_limit_cannot_change_a_fixed_size(describe, pair):
    settings = DepthSettings(resolution='image', max_latency=1e-3, refine='off')
    pipeline = DepthPipeline(describe(size=(120, 240)), settings)
    for _ in range(2):
        assert pipeline.process(pair[0]).match.resolution == (120, 240)
        pipeline.latency_limit.add(1.0)


@pytest.mark.parametrize('sign', ['positive', 'negative'])
def test_a_start_is_converted_to_the_unit_of_the_network(describe, pair, sign):
    kind = 'negative' if sign == 'negative' else 'disparity'
    outputs = {'disparity': kind}
    matcher = describe(
        f'disparity: disparity, sign: {sign}', ', start: start', outputs=outputs, start=True
    )
    (left, right), truth = (pair[0].left, pair[0].right), pair[1]

    assert matcher.takes_start
    far = matcher.match(left, right, start=(truth - 30).astype(np.float32))
    assert np.nanmedian(errors(far.disparity, truth)) < 0.1
    near = matcher.match(left, right, start=(truth + 30).astype(np.float32))
    assert np.nanmedian(errors(near.disparity, truth + 30)) < 0.1


def test_a_frame_of_a_video_starts_from_the_previous_one(describe, pair):
    matcher = describe(inputs=', start: start', start=True)
    settings = DepthSettings(resolution='image', temporal=True, refine='off')
    pipeline = DepthPipeline(matcher, settings)
    first, second = pipeline.process(pair[0]), pipeline.process(pair[0])

    assert second.started_from == 'previous disparity'
    left, right = pair[0].left, pair[0].right
    expected = matcher.match(left, right, start=first.match.disparity).disparity
    np.testing.assert_array_equal(second.match.disparity, expected)
    assert (expected != first.match.disparity).any()


def test_warns_of_a_network_without_a_start(describe, pair):
    settings = DepthSettings(resolution='image', temporal=True)
    pipeline = DepthPipeline(describe(), settings)
    for _ in range(2):
        assert pipeline.process(pair[0]).started_from == 'nothing'


def test_the_left_right_check_removes_pixels_that_only_one_camera_sees(describe, pair):
    settings = DepthSettings(
        resolution='image', refine='off', left_right_check=True, checks=NO_CHECKS
    )
    known = DepthPipeline(describe(), settings).process(pair[0]).known

    assert known[:, 16:].mean() > 0.9
    assert known[70:110, :6].mean() < 0.2  # the matches are outside the right image


def test_the_refinement_finds_fractions_of_a_pixel(describe, pair):
    found = {}
    for refine in 'off', 'on':
        settings = DepthSettings(resolution=(48, 96), refine=refine, checks=NO_CHECKS)
        found[refine] = DepthPipeline(describe(), settings).process(pair[0]).disparity

    off, on = (np.nanmean(errors(x, pair[1])) for x in found.values())
    assert on < 0.5 * off


def test_the_confidence_of_the_network_is_that_of_the_depth(describe, pair):
    outputs = {'disparity': 'disparity', 'sure': 'sureness', 'none': 'ones'}
    settings = DepthSettings(
        resolution='image', refine='off', checks=Checks(confidence_threshold=0.5)
    )
    shares = {}
    for name in 'confidence: sure', 'visibility: none', 'occlusion: none':
        matcher = describe(f'disparity: disparity, {name}', outputs=outputs)
        result = DepthPipeline(matcher, settings).process(pair[0])
        shares[name] = np.isfinite(result.depth).mean()
        assert result.confidence.shape == pair[1].shape

    assert shares['confidence: sure'] > 0.6 and shares['visibility: none'] > 0.6
    assert shares['occlusion: none'] == 0


def test_no_depth_beyond_the_largest_disparity(describe, pair):
    matcher = describe('disparity: disparity, largest: 8')
    settings = DepthSettings(resolution='image', refine='off')
    depth = DepthPipeline(matcher, settings).process(pair[0]).depth

    far, near = depth[8:52, 16:], depth[68:112, 16:]
    assert np.isfinite(far).mean() > 0.8 and np.nanmedian(np.abs(far - 5)) < 0.2
    assert np.isfinite(near).mean() < 0.1
