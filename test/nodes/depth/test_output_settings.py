# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The meaning of the outputs' parameters, and which values are refused; and over DDS."""

import math

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from sensor_msgs.msg import CameraInfo, Image, PointCloud2  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.nodes.calibration_messages import to_message  # noqa: E402
from crestereo_ros.nodes.depth.output_settings import (  # noqa: E402
    DEPTH_ENCODINGS,
    OutputSettings,
)
from crestereo_ros.nodes.image_messages import to_array  # noqa: E402
from crestereo_ros.nodes.parameters import ParameterError  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402
from crestereo_ros.pictures import COLOR_MAPS, colorize  # noqa: E402

DEFAULTS = {x.name: x.default for x in DEPTH_PARAMETERS}


def outputs_of(**changes):
    return OutputSettings.of({**DEFAULTS, **changes})


@pytest.mark.parametrize(
    ('name', 'choices'), [('depth_encoding', DEPTH_ENCODINGS), ('color_map', COLOR_MAPS)]
)
def test_names_the_choices_and_refuses_others(name, choices):
    constraints = next(x.constraints for x in DEPTH_PARAMETERS if x.name == name)
    for choice in choices:
        outputs_of(**{name: choice})
        assert choice in constraints
    with pytest.raises(ParameterError, match=f"{name} '8UC1' is not one of {', '.join(choices)}"):
        outputs_of(**{name: '8UC1'})


# Over DDS


def test_messages_change_while_the_node_runs(client, pair, calibration_of):
    received = {}
    for kind, topic in (Image, 'depth/image_rect'), (PointCloud2, 'points2'):
        received[topic] = []
        client.subscribe(kind, topic, received[topic])
    received['disparity/image_color'] = client.colors
    calibration = calibration_of(500.0, 0.12, cx_left=300.0, cx_right=340.0)
    cameras = {'left': calibration.left, 'right': calibration.right}

    def results(**changes):
        """Return disparity, depth, points and colours of one pair."""
        assert client.set_parameters(**changes).successful

        def attempt():
            for side, camera in cameras.items():
                info = to_message(camera, Header())
                client.publisher(CameraInfo, f'{side}/camera_info').publish(info)
            return client.results_of(*pair, *received.values())

        return client.spin_until(attempt)

    disparity, depth, points, _ = results()
    metres = np.frombuffer(depth.data, np.float32)
    known = np.isfinite(metres)
    assert known.mean() > 0.2
    assert (depth.encoding, points.point_step, points.width) == ('32FC1', 32, depth.width)

    near, far = map(float, np.percentile(metres[known], (20, 80)))
    # Colours show the measured shift, before the principal points are subtracted.
    offset = calibration.for_image(depth.width, depth.height).principal_offset
    measured = np.frombuffer(disparity.image.data, np.float32)[known] + np.float32(offset)
    low, high = np.percentile(measured, (20, 80)).round(1)
    disparity, depth, points, color = results(
        depth_encoding='16UC1',
        min_depth=near,
        max_depth=far,
        avoid_point_cloud_padding=True,
        point_cloud_stride=3,
        color_map='magma',
        color_range=f'{low},{high}',
    )
    assert depth.encoding == '16UC1'
    millimetres = np.frombuffer(depth.data, np.uint16)
    kept = known & (metres > near + 1e-3) & (metres < far - 1e-3)
    np.testing.assert_allclose(millimetres[kept], 1e3 * metres[kept], atol=1.5)
    assert not millimetres[~known | (metres < near - 1e-3) | (metres > far + 1e-3)].any()
    assert (points.point_step, points.width) == (16, math.ceil(depth.width / 3))
    shift = np.frombuffer(disparity.image.data, np.float32).reshape(depth.height, depth.width)
    shown = shift >= disparity.min_disparity
    expected = colorize(shift + np.float32(offset), low, high, 'magma')[shown]
    assert len(np.unique(expected, axis=0)) > 10
    np.testing.assert_allclose(to_array(color)[shown], expected, atol=5)
