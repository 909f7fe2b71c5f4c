# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The models of lenses, against those that OpenCV has."""

import cv2
import numpy as np
import pytest

from crestereo_ros.calibration import CalibrationError
from crestereo_ros.calibration.distortion import check_distortion, COEFFICIENTS, lens_model


@pytest.mark.parametrize('model', COEFFICIENTS)
def test_accepted_coefficients_are_those_that_opencv_takes(model):
    """Of any number of coefficients up to 15, but for the lengths that belong to other models."""
    lens = cv2.fisheye if model == 'equidistant' else cv2
    others = {n for other, counts in COEFFICIENTS.items() if other != model for n in counts}
    for count in set(range(1, 16)) - (others if model != 'equidistant' else set()):
        taken = allowed = True
        try:
            lens.initUndistortRectifyMap(
                np.eye(3), np.zeros(count), np.eye(3), np.eye(3), (4, 4), cv2.CV_32FC1
            )
        except cv2.error:
            taken = False
        try:
            check_distortion(model, count)
        except CalibrationError:
            allowed = False
        assert taken is allowed, count


@pytest.mark.parametrize(
    ('model', 'count', 'text'),
    [
        (
            'bent',
            4,
            '^distortion_model "bent" is none of plumb_bob, rational_polynomial, eq',
        ),
        ('', 5, '^distortion_model "" is none of'),
        ('plumb_bob', 8, '^D has 8 numbers, but plumb_bob has 4 or 5: set distortion_model'),
    ],
)
def test_faults_are_named(model, count, text):
    with pytest.raises(CalibrationError, match=text):
        check_distortion(model, count)


@pytest.mark.parametrize(
    ('name', 'model'),
    [
        ('radtan', 'plumb_bob'),
        ('Brown-Conrady', 'plumb_bob'),
        ('fisheye', 'equidistant'),
        ('kannala_brandt4', 'equidistant'),
        ('plumb_bob', 'plumb_bob'),
        ('inverse_brown_conrady', 'inverse_brown_conrady'),
    ],
)
def test_names_of_the_same_model(name, model):
    assert lens_model(name) == model


def test_no_coefficients_are_no_distortion():
    for model in ('equidistant', 'inverse_brown_conrady', ''):
        check_distortion(model, 0)
