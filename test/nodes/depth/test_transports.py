# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The transports of the images."""

import sys

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from sensor_msgs.msg import CompressedImage, Image  # noqa: E402

from crestereo_ros.errors import SettingsError  # noqa: E402
from crestereo_ros.messages.topics import TRANSPORTS  # noqa: E402
from crestereo_ros.nodes.depth.transports import message_type, MESSAGES, suffix  # noqa: E402


def test_each_transport_has_a_message_type_and_a_suffix(video_messages):
    pytest.importorskip('av', reason='needs the extra video')
    assert [message_type(name) for name in MESSAGES] == [
        Image,
        CompressedImage,
        video_messages['ffmpeg'],
        video_messages['foxglove'],
    ]
    assert [suffix(name) for name in MESSAGES] == ['', *TRANSPORTS]


@pytest.mark.parametrize('transport', ['ffmpeg', 'foxglove'])
def test_a_missing_package_is_named(transport, monkeypatch):
    package = MESSAGES[transport].split('/')[0]
    monkeypatch.setitem(sys.modules, f'{package}.msg', None)
    with pytest.raises(SettingsError) as caught:
        message_type(transport)
    assert str(caught.value) == (
        f'image_transport {transport} needs the messages of {package}: install '
        f'ros-$ROS_DISTRO-{package.replace("_", "-")}'
    )


def test_a_missing_decoder_is_named(video_messages, monkeypatch):
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(SettingsError, match=r'ffmpeg needs PyAV: pip install av \(the extra'):
        message_type('ffmpeg')
