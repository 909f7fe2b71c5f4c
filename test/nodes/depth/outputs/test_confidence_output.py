# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Confidence as an image; and, over DDS, which pixels the checks and the threshold reject."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from sensor_msgs.msg import Image  # noqa: E402

from crestereo_ros.nodes.depth.outputs import ConfidenceOutput  # noqa: E402
from crestereo_ros.pipeline import DepthResult, DepthSettings, RectifiedPair  # noqa: E402
from crestereo_ros.validity import Checks  # noqa: E402

HEIGHT, WIDTH = 96, 128
MASKS = ('mask_out_of_view', 'mask_occluded', 'mask_flying_pixels')


def test_the_message_has_the_values_of_the_result(make_node, result_of):
    confidence = np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)
    textured = np.random.default_rng(0).integers(0, 255, (4, 6, 3), np.uint8)
    result = result_of(np.ones((4, 6), np.float32), confidence=confidence, left=textured)
    message = ConfidenceOutput(make_node('example')).message(result)
    assert message.header == result.header
    assert message.encoding == '32FC1'
    found = np.frombuffer(message.data, np.float32).reshape(4, 6)
    np.testing.assert_array_equal(found, confidence)


def test_checks_threshold_and_confidence_over_dds(client, pair, model_file):
    """All of them change while the node runs; the values are those without ROS."""
    from crestereo_ros.matching import StereoMatcher
    from crestereo_ros.validity import right_disparity

    matcher = StereoMatcher(str(model_file), provider='cpu', threads=1)
    match = matcher.match(*pair, iterations=1)

    def expected_with(checks=Checks(), disparity_right=None):  # noqa: B008 (frozen)
        settings = DepthSettings(checks=checks)
        return DepthResult(RectifiedPair(*pair), match, settings, disparity_right=disparity_right)

    def known() -> np.ndarray:
        message = client.disparity_of(*pair)
        disparity = np.frombuffer(message.image.data, np.float32).reshape(HEIGHT, WIDTH)
        return disparity >= message.min_disparity

    assert known().all()
    assert client.set_parameters(**dict.fromkeys(MASKS, True)).successful
    expected = expected_with().known
    assert 0 < expected.mean() < 1
    assert np.mean(known() != expected) < 0.01  # the last digit may differ

    confidences = []
    client.subscribe(Image, 'confidence', confidences)
    while not confidences:
        client.disparity_of(*pair)
        client.spin_for(0.1)
    expected = expected_with().confidence
    found = np.frombuffer(confidences[-1][1].data, np.float32).reshape(HEIGHT, WIDTH)
    assert np.mean(np.abs(found - expected) < 0.01) > 0.99

    threshold = float(np.median(expected[expected > 0]))
    assert client.set_parameters(confidence_threshold=threshold).successful
    expected = expected_with(Checks(confidence_threshold=threshold)).known
    assert np.mean(known() != expected) < 0.02

    assert client.set_parameters(confidence_threshold=0.0, left_right_check=True).successful
    other = right_disparity(matcher, *pair, iterations=1)
    expected = expected_with(disparity_right=other).known
    assert 0 < expected.mean() < 1
    assert np.mean(known() != expected) < 0.02

    assert not client.set_parameters(confidence_threshold=1.5).successful
