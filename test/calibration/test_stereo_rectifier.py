# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairs are rectified as their cameras' rectifiers do it, whose maps are kept."""

from dataclasses import replace

import numpy as np
import pytest

from crestereo_ros.calibration import (
    CalibrationError,
    Rectifier,
    stereo_rectifier,
    StereoCalibration,
    StereoRectifier,
)


@pytest.fixture(scope='module')
def images():
    return tuple(np.random.default_rng(1).integers(0, 255, (2, 120, 160, 3), np.uint8))


@pytest.fixture(scope='module')
def distorted():
    """Return the calibration of raw images; the right ones get borders."""
    pair = StereoCalibration.of_numbers(160, 120, 100.0, 0.1)
    d_left, d_right = np.array([-0.2, 0.05, 0.001, 0.001, 0]), np.array([0.2, 0.05, 0, 0, 0])
    return StereoCalibration(replace(pair.left, d=d_left), replace(pair.right, d=d_right))


def test_both_images_are_rectified_and_their_borders_known(images, distorted):
    left, right, seen, seen_right, changed = StereoRectifier().rectify(*images, distorted)
    rectifiers = Rectifier(distorted.left), Rectifier(distorted.right)
    np.testing.assert_array_equal(left, rectifiers[0].rectify(images[0]))
    np.testing.assert_array_equal(right, rectifiers[1].rectify(images[1]))
    assert seen is None and changed
    np.testing.assert_array_equal(seen_right, rectifiers[1].seen)


def test_rectified_side_stays_unchanged(images, distorted):
    rectified = StereoRectifier().rectify(*images, distorted, ['right'])
    assert rectified.left is images[0]
    assert not np.array_equal(rectified.right, images[1])


def test_identity_calibration_changes_nothing(images):
    plain = StereoCalibration.of_numbers(160, 120, 100.0, 0.1)
    left, right = images
    rectified = StereoRectifier().rectify(left, right, plain)
    assert rectified.left is left and rectified.right is right and not rectified.changed


def test_maps_are_made_again_only_for_another_calibration(images, distorted, monkeypatch):
    made = []

    def counted(calibration):
        made.append(calibration)
        return Rectifier(calibration)

    monkeypatch.setattr(stereo_rectifier, 'Rectifier', counted)
    rectifier = StereoRectifier()
    first = rectifier.rectify(*images, distorted)
    equal = StereoCalibration(replace(distorted.left), replace(distorted.right))
    rectifier.rectify(*images, equal)
    assert len(made) == 2
    other = StereoCalibration(replace(distorted.left, d=2 * distorted.left.d), distorted.right)
    second = rectifier.rectify(*images, other)
    assert len(made) == 3
    assert not np.array_equal(first.left, second.left)


def test_error_names_the_camera(images, distorted):
    unknown = replace(distorted.right, distortion_model='thin_prism')
    with pytest.raises(CalibrationError, match='thin_prism') as raised:
        StereoRectifier().rectify(*images, StereoCalibration(distorted.left, unknown))
    assert raised.value.side == 'right'
