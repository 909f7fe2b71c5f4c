# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags as ROS itself reads their messages, and as they are left behind."""

from dataclasses import replace
import os

import numpy as np
import pytest
from rosbags import rosbag2

from crestereo_ros.calibration import RegionOfInterest, StereoCalibration
from crestereo_ros.commands.bag_writer import BagWriter
from crestereo_ros.messages.disparities import DisparityFields

STAMP = 1_700_000_000_123_456_789


def write_all(path, storage='mcap'):
    """Write a message of each kind, and return what was written."""
    camera = StereoCalibration.of_numbers(6, 4, 5.0, 0.1).right
    camera = replace(camera, binning=(2, 1), roi=RegionOfInterest(1, 2, 4, 2))
    image = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    numbers = np.linspace(1, 2, 24, dtype=np.float32).reshape(4, 6)
    window = RegionOfInterest(1, 0, 5, 4)
    disparity = DisparityFields(numbers, 5.0, 0.1, window, 1.0, 2.0, 0.25)
    with BagWriter(path, storage, 'rig') as writer:
        writer.write_image('/image', STAMP, image, 'bgr8')
        writer.write_calibration('/camera_info', STAMP, camera)
        writer.write_disparity('/disparity', STAMP, disparity)
    return image, camera, disparity


def serialised(path):
    """Return the last message of each topic as it is serialised."""
    with rosbag2.Reader(path) as reader:
        return {connection.topic: data for connection, _, data in reader.messages()}


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_ros_reads_every_field(tmp_path, storage):
    serialization = pytest.importorskip('rclpy.serialization', reason='needs ROS 2')
    messages = pytest.importorskip('sensor_msgs.msg')
    stereo_messages = pytest.importorskip('stereo_msgs.msg')
    image, camera, fields = write_all(tmp_path / 'bag', storage)
    data = serialised(tmp_path / 'bag')

    message = serialization.deserialize_message(data['/image'], messages.Image)
    assert (message.header.frame_id, message.header.stamp.nanosec) == ('rig', 123_456_789)
    assert (message.height, message.width, message.step, message.encoding) == (4, 6, 18, 'bgr8')
    assert message.data.tobytes() == image.tobytes()

    info = serialization.deserialize_message(data['/camera_info'], messages.CameraInfo)
    assert (info.width, info.height, info.distortion_model) == (6, 4, 'plumb_bob')
    for name in 'dkrp':
        np.testing.assert_array_equal(getattr(info, name), getattr(camera, name).ravel())
    assert (info.binning_x, info.binning_y, info.roi.x_offset, info.roi.height) == (2, 1, 1, 2)

    disparity = serialization.deserialize_message(
        data['/disparity'], stereo_messages.DisparityImage
    )
    assert disparity.header == disparity.image.header == message.header
    assert disparity.image.data.tobytes() == fields.image.tobytes()
    numbers = disparity.t, disparity.min_disparity, disparity.max_disparity, disparity.delta_d
    assert numbers == pytest.approx((0.1, 1.0, 2.0, 0.25)) and disparity.f == 5
    assert (disparity.valid_window.x_offset, disparity.valid_window.width) == (1, 5)


def test_without_messages_nothing_is_written(tmp_path):
    with BagWriter(tmp_path / 'bag', 'mcap', 'rig'):
        pass
    assert os.listdir(tmp_path) == []


def test_what_was_written_before_an_error_is_kept(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        BagWriter(tmp_path / 'bag', 'mcap', 'rig') as writer,
    ):
        writer.write_image('/image', STAMP, np.zeros((4, 6), np.uint8), 'mono8')
        raise KeyboardInterrupt
    assert list(serialised(tmp_path / 'bag')) == ['/image']
