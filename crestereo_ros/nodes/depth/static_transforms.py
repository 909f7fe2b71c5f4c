# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The baseline that /tf_static gives."""

from __future__ import annotations

from threading import Lock
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from crestereo_ros.calibration import CalibrationError
from crestereo_ros.calibration.frame_tree import FrameTree

try:
    from tf2_msgs.msg import TFMessage
except ImportError:  # there is no wheel of it
    TFMessage = None


class StaticTransforms:
    """Listens to /tf_static, where the package of its messages is installed."""

    def __init__(self, node: Node) -> None:
        """Subscribe."""
        self._lock = Lock()
        self._frames = FrameTree()
        if TFMessage is not None:
            qos = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
            node.create_subscription(TFMessage, '/tf_static', self._on_transforms, qos)

    def baseline(self, left: str, right: str) -> float:
        """
        Return the distance of two cameras in metres; for any thread.

        :param left, right: frames of their images
        :raises CalibrationError: if it is not known
        """
        if TFMessage is None:
            raise CalibrationError('tf cannot be asked without the package tf2_msgs: install it')
        with self._lock:
            return self._frames.baseline(left, right)

    # The type may be missing, so it cannot be an annotation.
    def _on_transforms(self, message: Any) -> None:  # noqa: ANN401
        with self._lock:
            for item in message.transforms:
                at, turned = item.transform.translation, item.transform.rotation
                self._frames.add(
                    item.child_frame_id.lstrip('/'),
                    item.header.frame_id.lstrip('/'),
                    (at.x, at.y, at.z),
                    (turned.x, turned.y, turned.z, turned.w),
                )
