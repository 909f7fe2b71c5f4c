# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One camera: sizes of images, and what is refused."""

import cv2
import numpy as np
import pytest

from crestereo_ros.calibration import CalibrationError, RegionOfInterest


def projected(matrix, point):
    x, y, w = matrix[:, :3] @ point
    return x / w, y / w


def test_scaling_maps_pixels_as_resizing_does(make_camera):
    camera = make_camera(tx=-60.0, d=np.arange(5.0))
    half = camera.scaled(320, 120)
    assert (half.width, half.height, half.distortion_model) == (320, 120, 'plumb_bob')
    assert half.d is camera.d and half.r is camera.r
    # A point at the middle of a square of the large image is in the middle of it in the small one.
    picture = np.zeros((480, 640), np.float32)
    picture[200:204, 100:102] = 1
    small = cv2.resize(picture, (320, 120), interpolation=cv2.INTER_AREA)
    (row,), (column,) = np.nonzero(small)
    for matrix, result in ((camera.k, half.k), (camera.p, half.p)):
        ray = np.linalg.solve(matrix[:, :3], [100.5, 201.5, 1])
        assert projected(result, ray) == pytest.approx((column, row))
    assert half.p[0, 3] / half.p[0, 0] == pytest.approx(-60 / 500)
    assert camera.p[0, 2] == 310  # the original is left as it is


def test_binning_and_region_map_pixels_as_the_camera_does(make_camera):
    """Crop a picture, average blocks of it, and find a bright block where the rays say."""
    roi = RegionOfInterest(x_offset=60, y_offset=20, width=300, height=201)
    camera = make_camera(binning=(3, 2), roi=roi)
    picture = np.zeros((480, 640), np.float32)
    picture[120:122, 150:153] = 1
    cropped = picture[20:221, 60:360]
    binned = cropped[:200].reshape(100, 2, 100, 3).mean((1, 3))  # the last row fills no pixel
    assert camera.image_size == binned.shape[::-1] == (100, 100)
    (row,), (column,) = np.nonzero(binned)
    image = camera.scaled(100, 100)
    assert (image.binning, image.roi) == ((1, 1), RegionOfInterest())
    ray = np.linalg.solve(camera.k, [151, 120.5, 1])
    assert projected(image.k, ray) == pytest.approx((column, row))
    # Scaled once more, it is the same as at once.
    twice, once = image.scaled(50, 40), camera.scaled(50, 40)
    np.testing.assert_allclose(twice.p, once.p)


@pytest.mark.parametrize(
    ('size', 'expected'),
    [
        ((640, 480), True),
        ((213, 160), True),  # 213.3
        ((3, 2), True),  # 2.67
        ((640, 484), True),
        ((640, 360), False),
        ((480, 640), False),
        ((640, 512), False),
    ],
)
def test_aspect(make_camera, size, expected):
    assert make_camera().has_aspect_of(*size) is expected


def changed(index, value):
    p = np.array([[500, 0, 310, 0], [0, 510, 230, 0], [0, 0, 1, 0]], float)
    p.flat[index] = value
    return p


@pytest.mark.parametrize(
    ('fields', 'text'),
    [
        ({'k': np.zeros((3, 3))}, r'^K\[0\] is 0, so the camera is not calibrated'),
        ({'k': -np.eye(3)}, r'^K\[0\] is -1, but a focal length is above 0'),
        ({'p': changed(6, np.nan)}, r'^P\[6\] is nan, not a finite number'),
        ({'p': changed(3, -np.inf)}, r'^P\[3\] is -inf, not a finite number'),
        ({'p': changed(0, np.nan)}, r'^P\[0\] is nan, not a finite number'),
        ({'p': changed(0, -500)}, r'^P\[0\] is -500, but a focal length is above 0'),
        ({'p': changed(0, 0)}, r'^P\[0\] is 0, but a focal length is above 0'),
        ({'p': changed(5, 0)}, r'^P\[5\] is 0, but a focal length is above 0'),
        ({'width': 0}, '^width is 0: set it'),
        ({'height': 0}, '^height is 0: set it'),
        ({'roi': RegionOfInterest(600, 0, 50, 50)}, '^roi of 50x50 at row 0, column 600'),
        ({'roi': RegionOfInterest(0, 10)}, '^roi of 480x640 at row 10, column 0'),
        ({'binning': (0, 1)}, '^binning_x is 0'),
        ({'binning': (1, 481)}, '^binning_y is 481, but the image has 480 pixels'),
    ],
)
def test_faults_are_named(make_camera, fields, text):
    with pytest.raises(CalibrationError, match=text) as caught:
        make_camera(**fields).check()
    assert caught.value.side is None


def test_region_of_interest_may_reach_the_border(make_camera):
    make_camera(roi=RegionOfInterest(340, 380, 300, 100), binning=(300, 100)).check()
