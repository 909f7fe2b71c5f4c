# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Geometry off two calibrations, and every field of a DisparityImage."""

import numpy as np
import pytest

pytest.importorskip('stereo_msgs', reason='needs the ROS messages')

from sensor_msgs.msg import CameraInfo  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.nodes.depth.disparity_messages import (  # noqa: E402
    stereo_geometry,
    StereoGeometry,
    to_disparity_message,
    UNCALIBRATED,
    UncalibratedError,
)

FX, BASELINE = 500.0, 0.12


def camera_info(cx=320.0, fx=FX, baseline=0.0, width=640, **fields):
    info = CameraInfo(width=width, height=480)
    info.k = [fx, 0.0, cx, 0.0, fx, 240.0, 0.0, 0.0, 1.0]
    info.p = [fx, 0.0, cx, -fx * baseline, 0.0, fx, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    for name, value in fields.items():
        setattr(info, name, value)
    return info


def right_info(**fields):
    return camera_info(baseline=BASELINE, **fields)


def test_depth_of_a_point_comes_back():
    """Project a point by the two P matrices, then compute its depth by the message's formula."""
    left, right = camera_info(cx=300.0), right_info(cx=340.0)
    point = np.array([0.3, -0.2, 2.5, 1.0])
    (x_left, _, w_left), (x_right, _, w_right) = (
        np.reshape(info.p, (3, 4)) @ point for info in (left, right)
    )
    geometry = stereo_geometry(left, right, 640)
    shift = np.full((480, 640), x_left / w_left - x_right / w_right, np.float32)
    message = to_disparity_message(shift, (0.0, 1.0), geometry, Header())
    disparity = np.frombuffer(message.image.data, np.float32)[0]
    assert message.f * message.t / disparity == pytest.approx(point[2], rel=1e-5)


@pytest.mark.parametrize(
    ('left', 'right', 'image_width', 'expected'),
    [
        (camera_info(), right_info(), 640, (FX, BASELINE, 0.0)),
        (camera_info(cx=330.0), right_info(), 640, (FX, BASELINE, 10.0)),
        # Half of the size that was calibrated, by binning or by scaling.
        (camera_info(cx=330.0), right_info(), 320, (FX / 2, BASELINE, 5.0)),
        (camera_info(width=0), right_info(width=0), 320, (FX, BASELINE, 0.0)),
    ],
)
def test_geometry(left, right, image_width, expected):
    focal_length, baseline, offset = expected
    geometry = stereo_geometry(left, right, image_width)
    assert geometry.focal_length == pytest.approx(focal_length)
    assert geometry.baseline == pytest.approx(baseline)
    assert geometry.principal_offset == pytest.approx(offset)


def test_geometry_of_a_region_of_interest():
    left, right = camera_info(), right_info()
    for info, x_offset in ((left, 100), (right, 120)):
        info.roi.width, info.roi.height, info.roi.x_offset = 200, 100, x_offset
    assert stereo_geometry(left, right, 200).focal_length == FX
    assert stereo_geometry(left, right, 200).principal_offset == pytest.approx(20.0)
    assert stereo_geometry(left, right, 100).focal_length == FX / 2  # cropped, then binned
    assert stereo_geometry(left, right, 100).principal_offset == pytest.approx(10.0)


@pytest.mark.parametrize(
    ('left', 'right', 'text'),
    [
        (None, right_info(), 'no left/camera_info arrived'),
        (camera_info(), None, 'no right/camera_info arrived'),
        (CameraInfo(), right_info(), 'left/camera_info is of an uncalibrated camera'),
        (camera_info(), CameraInfo(), 'right/camera_info is of an uncalibrated camera'),
        (camera_info(), right_info(p=[0.0] * 12), 'right/camera_info is of an uncalibrated'),
        (camera_info(), camera_info(), 'baseline of -?0 m'),
        (right_info(), camera_info(), 'exchange left and right'),
        (camera_info(), camera_info(baseline=-0.1), 'baseline of -0.1 m: exchange'),
    ],
)
def test_no_geometry_says_why(left, right, text):
    with pytest.raises(UncalibratedError, match=text):
        stereo_geometry(left, right, 640)


def test_every_field_of_the_message():
    shift = np.linspace(2, 60, 24, dtype=np.float32).reshape(4, 6)
    header = Header(frame_id='left_camera')
    header.stamp.sec = 7
    message = to_disparity_message(shift, (5.0, 40.0), StereoGeometry(FX, BASELINE, 3.0), header)
    assert message.header == message.image.header == header
    assert message.image.encoding == '32FC1'
    assert (message.image.height, message.image.width) == (4, 6)
    disparity = np.frombuffer(message.image.data, np.float32).reshape(4, 6)
    np.testing.assert_allclose(disparity, shift - 3)
    assert (message.f, message.t) == pytest.approx((FX, BASELINE))
    window = message.valid_window
    assert (window.x_offset, window.y_offset, window.width, window.height) == (0, 0, 6, 4)
    # Less than min_disparity means invalid, so nothing that was measured may be.
    assert message.min_disparity == disparity.min()
    assert message.max_disparity == disparity.max()
    assert 0 < message.delta_d < 1e-4
    assert np.float32(57) + np.float32(message.delta_d) > np.float32(57)


@pytest.mark.parametrize('value', [0.0, 20.0, -3.0, np.nan])
def test_the_range_of_a_flat_image_is_never_empty(value):
    shift = np.full((4, 6), value, np.float32)
    message = to_disparity_message(shift, (0.0, 1.0), UNCALIBRATED, Header())
    assert message.min_disparity < message.max_disparity
    assert (message.f, message.t) == (0.0, 0.0)


def test_the_range_is_steady_while_it_holds_what_was_measured():
    for values in ((12, 30), (15, 25)):
        shift = np.array([values], np.float32)
        message = to_disparity_message(shift, (10.0, 40.0), UNCALIBRATED, Header())
        assert (message.min_disparity, message.max_disparity) == (10.0, 40.0)
