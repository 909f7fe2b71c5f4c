# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations out of messages and into their fields."""

from types import SimpleNamespace

import numpy as np

from crestereo_ros.messages.calibrations import from_message, to_fields


def camera_info():
    return SimpleNamespace(
        width=640,
        height=480,
        distortion_model='rational_polynomial',
        d=[0.1 * n for n in range(8)],
        k=[float(n) for n in range(9)],
        r=[10.0 + n for n in range(9)],
        p=[20.0 + n for n in range(12)],
        binning_x=2,
        binning_y=3,
        roi=SimpleNamespace(x_offset=1, y_offset=2, width=300, height=200),
    )


def test_matrices_are_row_major():
    calibration = from_message(camera_info())
    assert (calibration.k[0, 2], calibration.r[1, 0], calibration.p[0, 3]) == (2, 13, 23)
    assert calibration.binning == (2, 3)
    assert calibration.roi.x_offset == 1 and calibration.roi.height == 200
    assert all(a.dtype == float for a in (calibration.k, calibration.r, calibration.p))


def test_no_binning_is_one_pixel_each():
    info = camera_info()
    info.binning_x = info.binning_y = 0
    assert from_message(info).binning == (1, 1)


def test_the_fields_are_those_of_the_message():
    info = camera_info()
    fields = to_fields(from_message(info))
    assert set(fields) | {'roi'} == set(vars(info))
    for name, value in fields.items():
        np.testing.assert_array_equal(value, getattr(info, name))
