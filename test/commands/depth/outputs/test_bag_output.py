# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags that `crestereo depth` writes, of bags and of files, read back."""

from argparse import Namespace
from dataclasses import replace
import sys

import cv2
import numpy as np
import pytest
from rosbags import rosbag2, typesys

from crestereo_ros.calibration import Rectifier, StereoCalibration
from crestereo_ros.commands.depth.outputs.bag_output import BagOutput
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.messages.calibrations import from_message
from crestereo_ros.messages.images import pixels_of, to_array

HEIGHT, WIDTH = 64, 96
BEGIN, STEP = 1_700_000_000_123_456_789, 50_000_000  # nanoseconds


def read(path):
    """Return the messages of each topic, with the times at which they were recorded."""
    store = typesys.get_typestore(typesys.Stores.ROS2_HUMBLE)
    messages = {}
    with rosbag2.Reader(path) as reader:
        for connection, logged, data in reader.messages():
            message = store.deserialize_cdr(data, connection.msgtype)
            messages.setdefault(connection.topic, []).append((logged, message))
    return messages


def stamp_of(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


@pytest.fixture(scope='module')
def calibration():
    """Return the calibration of raw images whose principal points differ."""
    rectified = StereoCalibration.of_numbers(WIDTH, HEIGHT, 80.0, 0.1)
    d = np.array([-0.1, 0.01, 0.001, 0.001, 0])
    p = rectified.right.p - [[0, 0, 1.5, 0], [0] * 4, [0] * 4]
    return StereoCalibration(replace(rectified.left, d=d), replace(rectified.right, d=d, p=p))


@pytest.fixture(scope='module')
def views():
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH + 4, 3), np.uint8)
    return noise[:, :WIDTH].copy(), noise[:, 4:].copy()


@pytest.fixture
def recording(write_bag, tmp_path, views, calibration):
    """Write a bag of 3 raw pairs with their calibration, and return its path."""
    with write_bag(tmp_path / 'recording') as bag:
        for number in range(3):
            stamp = BEGIN + STEP * number
            for side, image in zip(('left', 'right'), views, strict=True):
                bag.image(f'/{side}/image_raw', stamp, np.roll(image, number, axis=0))
                bag.camera_info(f'/{side}/camera_info', stamp, getattr(calibration, side))
    return tmp_path / 'recording'


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_bag_becomes_a_bag_with_depth(
    crestereo, recording, tmp_path, views, calibration, storage
):
    out, files = tmp_path / 'out', tmp_path / 'disparities'
    ended = crestereo(
        *('depth', recording, '--resolution', '64x96', '--iterations', 2),
        *('--disparity', files, '--bag', out, '--bag-storage', storage),
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    assert 'alignment' not in ended.stdout and f'; wrote {out}' in ended.stdout
    assert 'baseline 0.1 m, images rectified by it' in ended.stdout
    # What Humble reads as well: the profiles of topics are texts up to this version.
    assert 'version: 8' in (out / 'metadata.yaml').read_text()
    messages = read(out)
    assert {topic: type(each[0][1]).__name__ for topic, each in messages.items()} == {
        '/left/image_rect': 'sensor_msgs__msg__Image',
        '/left/camera_info': 'sensor_msgs__msg__CameraInfo',
        '/right/camera_info': 'sensor_msgs__msg__CameraInfo',
        '/disparity': 'stereo_msgs__msg__DisparityImage',
        '/confidence': 'sensor_msgs__msg__Image',
        '/depth/image_rect': 'sensor_msgs__msg__Image',
        '/depth/camera_info': 'sensor_msgs__msg__CameraInfo',
        '/points2': 'sensor_msgs__msg__PointCloud2',
    }
    for each in messages.values():
        # The stamps are those of the recording, so that both can be looked at together.
        assert [stamp_of(message) for _, message in each] == [BEGIN + STEP * n for n in range(3)]
        assert [logged for logged, _ in each] == [stamp_of(message) for _, message in each]
        assert {message.header.frame_id for _, message in each} == {'camera'}

    rectified = Rectifier(calibration.left).rectify(views[0])
    np.testing.assert_array_equal(to_array(messages['/left/image_rect'][0][1]), rectified)
    written = StereoCalibration(
        from_message(messages['/left/camera_info'][0][1]),
        from_message(messages['/right/camera_info'][0][1]),
    )
    assert not written.left.d.any()
    np.testing.assert_array_equal(written.left.k, calibration.left.p[:, :3])
    np.testing.assert_array_equal(written.right.p, calibration.right.p)
    for number in range(3):
        disparity = np.load(files / f'{number:06d}.npy')
        image = messages['/disparity'][number][1]
        depth = pixels_of(messages['/depth/image_rect'][number][1])
        known = np.isfinite(depth)
        assert known.mean() > 0.5
        np.testing.assert_array_equal(depth[known], written.depth(disparity)[known])
        assert (image.f, image.t) == (pytest.approx(80), pytest.approx(0.1))
        shift = pixels_of(image.image)
        np.testing.assert_allclose(shift[known], disparity[known] - 1.5, atol=1e-5)
        np.testing.assert_allclose(image.f * image.t / shift[known], depth[known], rtol=1e-5)
        assert (shift[~known] < image.min_disparity).all()
        cloud = messages['/points2'][number][1]
        points = cloud.data.view(np.float32).reshape(HEIGHT, WIDTH, 4)
        np.testing.assert_array_equal(points[..., 2][known], depth[known])
        assert np.isnan(points[..., :3][~known]).all()
        left = to_array(messages['/left/image_rect'][number][1])
        np.testing.assert_array_equal(cloud.data.reshape(HEIGHT, WIDTH, 16)[..., 12:15], left)
        assert [x.name for x in cloud.fields] == ['x', 'y', 'z', 'rgb']
        confidence = pixels_of(messages['/confidence'][number][1])
        assert (confidence[known] > 0).any() and 0 <= confidence.min() <= confidence.max() <= 1


def test_without_a_calibration_there_is_no_depth(crestereo, pair, model_file, tmp_path):
    out = tmp_path / 'out'
    ended = crestereo(
        *('depth', *pair, '--model', model_file, '--align', 'off'),
        *('--bag', out, '--disparity', tmp_path / 'out.npy'),
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    messages = read(out)
    assert list(messages) == ['/left/image_rect', '/disparity', '/confidence']
    ((_, image),) = messages['/left/image_rect']
    np.testing.assert_array_equal(to_array(image), cv2.imread(str(pair[0])))
    ((_, disparity),) = messages['/disparity']
    image, expected = pixels_of(disparity.image), np.load(tmp_path / 'out.npy')
    known = image >= disparity.min_disparity
    assert known.any()
    np.testing.assert_array_equal(image[known], expected[known])
    assert (disparity.f, disparity.t) == (0, 0)
    assert stamp_of(disparity) > 1.7e18  # by the clock of this machine


def options(path, **more):
    return Namespace(bag=path, bag_storage='mcap', source='a', right='b', **more)


def test_an_existing_folder_is_not_written_to(tmp_path):
    with pytest.raises(CommandError, match='it exists, name a new folder'):
        BagOutput(options(tmp_path))


def test_without_rosbags_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'rosbags.rosbag2', None)
    with pytest.raises(CommandError, match='needs rosbags to be written: pip install rosbags'):
        BagOutput(options(tmp_path / 'new'))
