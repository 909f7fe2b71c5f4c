# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Without texture nothing is known, however confident a network is."""

import numpy as np
import pytest

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pipeline import DepthPipeline, RectifiedPair
from crestereo_ros.validity import texture_support

SHAPE = 240, 320


@pytest.fixture(scope='module')
def pipeline():
    """Return a pipeline with the included network, which predicts its confidence."""
    return DepthPipeline(StereoMatcher(provider='cpu', threads=1))


def noise(level, deviation, seed):
    """Make the image of a camera that sees nothing: a grey level with noise."""
    picture = np.random.default_rng(seed).normal(level, deviation, (*SHAPE, 3))
    return np.clip(picture, 0, 255).astype(np.uint8)


BLANK = {
    'black': (noise(0, 0, 1), noise(0, 0, 1)),
    'saturated': (noise(255, 0, 1), noise(255, 0, 1)),
    'both covered': (noise(6, 2, 1), noise(6, 2, 2)),
}


@pytest.mark.parametrize('name', BLANK)
def test_nothing_is_known_of_a_blank_pair(pipeline, name):
    result = pipeline.process(RectifiedPair(*BLANK[name]))
    assert np.isfinite(result.match.disparity).all()
    assert not result.known.any()
    assert result.confidence.max() == 0


def test_nothing_is_known_with_one_covered_camera(pipeline, make_pair):
    left, right = make_pair(*SHAPE)
    covered = noise(6, 2, 1)
    assert pipeline.process(RectifiedPair(left, right)).known.mean() > 0.5
    for pair in (left, covered), (covered, right):
        assert not pipeline.process(RectifiedPair(*pair)).known.any()


def test_texture_supports_a_bare_surface_but_not_half_an_image():
    image = noise(128, 0, 1)
    image[:, :40] = np.random.default_rng(1).integers(0, 255, (240, 40, 3))
    support = texture_support(image, image, np.zeros(SHAPE, np.float32))
    assert (support[:, :90] == 1).all() and (support[:, 200:] == 0).all()
    assert support.dtype == np.float32


@pytest.mark.parametrize('shape', [(96, 128), (960, 1280)])
def test_any_size_grey_or_colour(shape):
    image = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    large = np.repeat(np.repeat(image[: shape[0] // 8, : shape[1] // 8], 8, 0), 8, 1)
    for view in large, np.dstack([large] * 3):
        support = texture_support(view, view, np.zeros(shape, np.float32))
        assert support.shape == shape and (support == 1).all()
