# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Raw frames and what becomes of them."""

from dataclasses import replace

import numpy as np
import pytest

from crestereo_ros.calibration import Rectifier, StereoCalibration
from crestereo_ros.sources import Rectified, SourceError, StereoFrame, StereoSource


class Noise(StereoSource):
    name, rate, length, frame_id = 'noise', 10.0, 3, 'rig'

    def __init__(self, height, width):
        self.views = np.random.default_rng(0).integers(0, 255, (2, height, width, 3), np.uint8)

    def _frames(self, start):
        for number in range(self.length):
            if number / self.rate >= start:
                yield StereoFrame(*self.views, number / self.rate, stamp=number)


@pytest.fixture
def raw():
    rectified = StereoCalibration.of_numbers(64, 48, 50.0, 0.1)
    d = np.array([-0.2, 0.05, 0.001, 0.001, 0])
    return StereoCalibration(replace(rectified.left, d=d), replace(rectified.right, d=2 * d))


@pytest.mark.parametrize('scale', [1, 2])
def test_both_images_are_rectified_at_their_size(raw, scale):
    source = Noise(scale * 48, scale * 64)
    result = Rectified(source, raw)
    assert (result.name, result.rate, result.length) == ('noise', 10, 3)
    assert (result.frame_id, result.duration) == ('rig', 0.3)
    frames = list(result.frames(0.1))
    assert [(frame.time, frame.stamp) for frame in frames] == [(0.1, 1), (0.2, 2)]
    fitting = raw.for_image(scale * 64, scale * 48)
    for side, view in zip(('left', 'right'), source.views, strict=True):
        expected = Rectifier(getattr(fitting, side)).rectify(view)
        np.testing.assert_array_equal(getattr(frames[0], side), expected)
        assert not np.array_equal(expected, view)


def test_the_calibration_is_that_of_the_rectified_images(raw):
    calibration = Rectified(Noise(48, 64), raw).calibration
    assert calibration.baseline == pytest.approx(0.1)
    assert Rectifier(calibration.left).is_identity and Rectifier(calibration.right).is_identity


def test_images_of_another_shape_cannot_be_rectified(raw):
    with pytest.raises(SourceError, match='noise cannot be rectified by its calibration: width'):
        next(Rectified(Noise(48, 48), raw).frames())


def test_a_calibration_without_a_lens_model_is_told_with_its_side(raw):
    wrong = StereoCalibration(raw.left, replace(raw.right, r=np.zeros((3, 3))))
    with pytest.raises(SourceError, match='cannot be rectified by its right calibration: R is no'):
        next(Rectified(Noise(48, 64), wrong).frames())
