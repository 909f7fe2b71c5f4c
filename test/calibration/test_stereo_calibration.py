# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth and points of scenes of known geometry, and the faults of pairs."""

from dataclasses import replace
import re

import cv2
import numpy as np
import pytest

from crestereo_ros.calibration import (
    CalibrationError,
    millimetres,
    RegionOfInterest,
    StereoCalibration,
)

NORMAL, DISTANCE = (
    np.array([0.2, -0.3, 1.0]),
    2.5,
)  # the points X of a plane: NORMAL @ X = DISTANCE
FULL = RegionOfInterest()


def disparity_of_plane(pair, width, height):
    """
    Return x_left - x_right of every pixel of an image, by the cameras' own P.

    Pixels of the image go to pixels of the full resolution and back by squares: the image's pixel
    n covers `step` pixels from `x_offset` on.
    """

    def steps(camera):
        roi = camera.roi
        region = np.array([roi.width or camera.width, roi.height or camera.height])
        return np.array([roi.x_offset, roi.y_offset]), region / (width, height)

    offset, step = steps(pair.left)
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    full = offset + (pixels + 0.5) * step - 0.5
    rays = np.concatenate([full, np.ones((height, width, 1))], axis=-1)
    rays = rays @ np.linalg.inv(pair.left.p[:, :3]).T
    points = rays * (DISTANCE / (rays @ NORMAL))[..., None]
    image = points @ pair.right.p[:, :3].T + pair.right.p[:, 3]
    offset, step = steps(pair.right)
    right = (image[..., :2] / image[..., 2:] - offset + 0.5) / step - 0.5
    np.testing.assert_allclose(right[..., 1], pixels[..., 1], atol=1e-9)
    return (pixels[..., 0] - right[..., 0]).astype(np.float32), points


@pytest.mark.parametrize(
    ('binning', 'rois', 'size'),
    [
        ((1, 1), (FULL, FULL), (640, 480)),
        ((1, 1), (FULL, FULL), (160, 120)),  # scaled after the camera
        ((1, 1), (FULL, FULL), (320, 238)),  # not the very same in both directions
        ((2, 2), (FULL, FULL), (320, 240)),
        ((2, 2), (FULL, FULL), (640, 480)),  # binned, then scaled up
        ((1, 1), (RegionOfInterest(100, 40, 300, 200),) * 2, (300, 200)),
        (
            (2, 2),
            (RegionOfInterest(100, 40, 300, 200), RegionOfInterest(60, 40, 300, 200)),
            (75, 50),
        ),
    ],
)
def test_points_of_a_slanted_plane_lie_on_it(make_pair, binning, rois, size):
    pair = make_pair(*({'binning': binning, 'roi': roi} for roi in rois))
    disparity, expected = disparity_of_plane(pair, *size)
    image_pair = pair.for_image(*size)
    depth = image_pair.depth(disparity)
    points = image_pair.points(depth)
    assert points.dtype == depth.dtype == np.float32
    for stride in (2, 3):
        thinned = image_pair.points(depth, stride)
        np.testing.assert_array_equal(thinned, points[::stride, ::stride])
    np.testing.assert_allclose(points @ NORMAL, DISTANCE, rtol=1e-5)
    np.testing.assert_allclose(points, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(points[..., 2], depth)


@pytest.mark.parametrize('counted', ['once', 'in the size too', 'in K and P too'])
def test_a_binning_that_is_counted_twice(make_pair, counted):
    pair = make_pair({'binning': (2, 2)}, {'binning': (2, 2)})
    expected = pair.for_image(320, 240)
    if counted != 'once':
        binned = (camera.scaled(320, 240) for camera in (pair.left, pair.right))
        size = {'width': 640, 'height': 480} if counted == 'in K and P too' else {}
        pair = StereoCalibration(*(replace(x, binning=(2, 2), **size) for x in binned))
    found = pair.for_image(320, 240)
    for camera, wanted in ((found.left, expected.left), (found.right, expected.right)):
        np.testing.assert_allclose(camera.p, wanted.p)
        np.testing.assert_allclose(camera.k, wanted.k)
    disparity = np.full((1, 1), 5, np.float32)
    assert millimetres(found.depth(disparity)) == round(1000 * 250 * 0.12 / (5 + 7.5))


@pytest.mark.parametrize('flags', [0, cv2.CALIB_ZERO_DISPARITY])
def test_points_are_those_of_opencv(make_pair, flags):
    """The function that makes P makes a matrix to reproject by as well."""
    size = 640, 480
    k = np.array([[500.0, 0, 310], [0, 510, 230], [0, 0, 1]])
    rotation = cv2.Rodrigues(np.array([0.01, -0.02, 0.03]))[0]
    offset = np.array([[-0.12], [0.004], [0.002]])
    _, _, p_left, p_right, q, *_ = cv2.stereoRectify(
        k, np.zeros(5), k + [[0, 0, 15], [0, 0, 4], [0, 0, 0]], np.zeros(5), size,
        rotation, offset, flags=flags, alpha=0,
    )  # fmt: skip
    pair = make_pair({'p': p_left}, {'p': p_right}).for_image(*size)
    assert pair.baseline == pytest.approx(np.linalg.norm(offset))
    assert (abs(pair.principal_offset) > 0.5) is (flags == 0)
    disparity = np.random.default_rng(1).uniform(25, 60, size[::-1]).astype(np.float32)
    expected = cv2.reprojectImageTo3D(disparity, q)
    np.testing.assert_allclose(pair.points(pair.depth(disparity)), expected, rtol=2e-5, atol=1e-6)


def test_unknown_and_too_far_depth(make_pair):
    pair = make_pair()
    assert pair.principal_offset == -15
    disparity = np.array([[np.nan, np.inf, -np.inf, -15, -20, -14, 0]], np.float32)
    with np.errstate(all='raise'):
        depth = pair.depth(disparity)
        points = pair.points(depth)
    depth, points = depth[0], points[0]
    assert np.isnan(depth[:3]).all()
    assert (depth[3:5] == np.inf).all()
    assert depth[5:] == pytest.approx([60, 4])
    assert np.isnan(points[:5]).all() and np.isfinite(points[5:]).all()


def test_tiny_disparity_overflows_without_a_warning(make_pair):
    pair = make_pair(right={'cx': 310.0})
    with np.errstate(all='raise'):
        assert pair.depth(np.array([[1e-40]], np.float32)) == np.inf


def test_depth_beyond_the_limits_follows_rep_117(make_pair):
    pair = make_pair()
    shift = np.array([[6.1, 6, 3, 1, 0.9, 0, -1, np.nan]])  # 60 / shift are metres
    depth = pair.depth((shift - 15).astype(np.float32), nearest=9.9, farthest=60.1)
    inf = np.inf
    np.testing.assert_allclose(depth, [[-inf, 10, 20, 60, inf, inf, inf, np.nan]], rtol=1e-5)
    assert np.isfinite(pair.points(depth)).all(axis=-1).tolist() == np.isfinite(depth).tolist()


def test_pair_follows_from_two_numbers():
    pair = StereoCalibration.of_numbers(641, 481, focal_length=500, baseline=0.12)
    pair.check()
    assert (pair.focal_length, pair.baseline) == pytest.approx((500, 0.12))
    assert pair.principal_offset == 0
    depth = pair.depth(np.full((481, 641), 30, np.float32))
    assert depth == pytest.approx(2)
    assert pair.points(depth)[240, 320] == pytest.approx([0, 0, 2], abs=1e-6)


def test_depth_is_the_same_at_every_size(make_pair):
    pair = make_pair().for_image(320, 240)
    assert pair.baseline == pytest.approx(0.12)
    assert pair.focal_length == pytest.approx(250)
    assert pair.principal_offset == pytest.approx(-7.5)


VERTICAL = np.array([[500.0, 0, 310, 0], [0, 510, 230, -61.2], [0, 0, 1, 0]])


@pytest.mark.parametrize(
    ('left', 'right', 'side', 'text'),
    [
        ({'k': np.zeros((3, 3))}, {}, 'left', r'^K\[0\] is 0'),
        ({}, {'k': np.zeros((3, 3))}, 'right', r'^K\[0\] is 0'),
        ({}, {'tx': np.nan}, 'right', r'^P\[3\] is nan'),
        ({}, {'fx': -500.0}, 'right', r'^P\[0\] is -500'),
        (
            {'tx': -60.0},
            {'tx': 0.0},
            None,
            r'^P\[3\] is -60 on the left .* exchange left and right',
        ),
        ({}, {'tx': 60.0}, None, r'^P\[3\] is .* and 60 on the right.* mend the sign of P'),
        (
            {},
            {'p': VERTICAL},
            None,
            r'^P\[7\] is -61.2, so .*, 0.12 m .* degrees counterclockwise',
        ),
        ({'p': VERTICAL}, {'tx': 0.0}, None, r'^P\[7\] is 0, so .* above.* degrees clockwise, so'),
        ({}, {'tx': 0.0}, 'right', r'^P\[3\] is 0, so the distance of the cameras is missing'),
        ({}, {'fx': 510.0}, None, r'^P\[0\] is 500 on the left and 510 on the right'),
        ({}, {'fy': 500.0}, None, r'^P\[5\] is 510 on the left and 500 on the right'),
        ({}, {'width': 320, 'height': 240}, None, '^width and height give images of 480x640 on'),
        ({}, {'binning': (2, 2)}, None, '^roi and binning give images of 480x640 on the left and'),
        ({'roi': RegionOfInterest(0, 0, 99, 99)}, {}, None, '^roi and binning .* of 99x99 on the'),
    ],
)
def test_faults_are_named(make_pair, left, right, side, text):
    pair = make_pair(left, right)
    for use in (pair.check, lambda: pair.for_image(640, 480)):
        with pytest.raises(CalibrationError, match=text) as caught:
            use()
        assert caught.value.side == side


def test_rounding_errors_are_accepted(make_pair):
    make_pair({'tx': -1e-9}, {'fx': 500.00001}).check()


@pytest.mark.parametrize('size', [(640, 360), (480, 640)])
def test_images_of_another_shape_are_refused(make_pair, size):
    text = f'^width and height .* 480x640, but the images are {size[1]}x{size[0]} '
    with pytest.raises(CalibrationError, match=text):
        make_pair().for_image(*size)


def test_left_camera_may_be_off_the_origin(make_pair):
    pair = make_pair({'tx': 30.0}, {'tx': -30.0}).for_image(640, 480)
    assert pair.baseline == pytest.approx(0.12)
    assert pair.principal_offset == -15
    assert pair.depth(np.full((1, 1), 15, np.float32)) == pytest.approx(2)


@pytest.mark.parametrize(
    ('baseline', 'text'),
    [
        (193.0, 'more than .* 0.193 m, if millimetres were written as metres'),
        (19.3, '0.193 m, if centimetres were written as metres'),
        (0.00019, 'less than stereo cameras have.* 0.19 m, if metres were taken for millimetres'),
        (0.0063, ''),
        (4.9, ''),
    ],
)
def test_baseline_that_is_hard_to_believe(baseline, text):
    doubt = StereoCalibration.of_numbers(641, 481, 500, baseline).doubt
    assert bool(doubt) == bool(text)
    assert re.search(text, doubt)


def test_offset_of_principal_points():
    pair = StereoCalibration.of_numbers(641, 481, 500, 0.1, doffs=10)
    assert pair.principal_offset == -10  # Z = f * baseline / (d + doffs)
    assert pair.depth(np.full((1, 1), 15, np.float32)) == pytest.approx(2)


def test_a_calibration_without_p_follows_from_k_and_a_baseline():
    whole = StereoCalibration.of_numbers(640, 480, 500.0, 0.1)
    bare = StereoCalibration(
        *(replace(camera, p=np.zeros((3, 4))) for camera in (whole.left, whole.right))
    )
    completed = bare.completed(0.1)
    np.testing.assert_allclose(completed.left.p, whole.left.p)
    np.testing.assert_allclose(completed.right.p, whole.right.p)
    assert bare.completed().right.p[0, 3] == 0
    assert whole.completed(0.3).baseline == pytest.approx(0.1)  # what is there stays


def test_an_offset_of_the_disparity_is_taken_off_before_depth():
    calibration = StereoCalibration.of_numbers(640, 480, 500.0, 0.1)
    disparity = np.full((480, 640), 12.0, np.float32)
    depth = calibration.with_disparity_offset(2.0).depth(disparity)
    np.testing.assert_allclose(depth, 5.0)
