# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the names of topics say."""

import pytest

from crestereo_ros.messages.topics import camera_info_topic, is_rectified_topic


@pytest.mark.parametrize(
    ('topic', 'rectified'),
    [
        ('/left/image_rect', True),
        ('/left/image_rect_color', True),
        ('/left/image_rect/compressed', True),
        ('/camera/infra1/image_rect_raw', True),  # realsense2_camera
        ('/zed/zed_node/left/color/rect/image', True),
        ('/camera/left_rectified/image', True),
        ('/zed/zed_node/left/color/raw/image', False),
        ('/left/image_raw', False),
        ('/left/image_raw/compressed', False),
        ('/left/image', False),
        ('/left/image_mono', False),
        ('/left/image_color', False),
        ('/rectangle/left/image_raw', False),
        ('/direct/left/image', False),
    ],
)
def test_names_say_what_is_rectified(topic, rectified):
    assert is_rectified_topic(topic) is rectified


@pytest.mark.parametrize(
    ('topic', 'info'),
    [
        ('/left/image_rect', '/left/camera_info'),
        ('/left/image_raw/compressed', '/left/camera_info'),
        ('/zed/left/color/rect/image', '/zed/left/color/rect/camera_info'),
        ('/image', '/camera_info'),
    ],
)
def test_calibration_topic_is_beside_the_image(topic, info):
    assert camera_info_topic(topic) == info
