# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibrations that the player publishes beside its images."""

from rclpy.node import Node
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from crestereo_ros.calibration import read_calibration
from crestereo_ros.nodes.calibration_messages import to_message

SIDES = ('left', 'right')


class PlayerCalibration:
    """Publishes left/camera_info and right/camera_info, or nothing where no files are given."""

    def __init__(self, node: Node, left: str, right: str) -> None:
        """
        Read the files.

        :param left, right: their paths; both empty: nothing is published
        :raises CalibrationError: when one cannot be used
        """
        self._logger = node.get_logger()
        self._calibrations = [read_calibration(path) for path in (left, right) if path]
        self._infos: list[CameraInfo] = []  # for the size that was published last
        overridable = QoSOverridingOptions.with_default_policies()
        self._publishers = [
            node.create_publisher(
                CameraInfo, f'{side}/camera_info', 5, qos_overriding_options=overridable
            )
            for side in SIDES[: len(self._calibrations)]
        ]
        self._told_shape = self._aligned = False

    def tell_if_aligned(self, aligned: bool) -> None:
        """Warn, as often as that begins, that a calibration does not hold for aligned images."""
        before, self._aligned = self._aligned, aligned
        if self._calibrations and aligned and not before:
            self._logger.warning(
                'The images are aligned by what is seen in them, so camera_info_left and '
                'camera_info_right do not hold for them: depth will be wrong; set align to off'
            )

    def publish(
        self, source_shape: tuple[int, ...], size: tuple[int, int], header: Header
    ) -> None:
        """
        Publish the calibrations for the images of a size with their header.

        :param source_shape: (H, W, ...) of the images before they were scaled
        :param size: (height, width) of the images
        """
        if not self._calibrations:
            return
        self._tell_shape(source_shape)
        height, width = size
        if not self._infos or (self._infos[0].height, self._infos[0].width) != size:
            self._infos = [to_message(c.scaled(width, height), header) for c in self._calibrations]
        for publisher, info in zip(self._publishers, self._infos, strict=True):
            info.header = header
            publisher.publish(info)

    def _tell_shape(self, source_shape: tuple[int, ...]) -> None:
        if self._told_shape:
            return
        self._told_shape = True
        height, width = source_shape[:2]
        for side, calibration in zip(SIDES, self._calibrations, strict=True):
            if not calibration.has_aspect_of(width, height):
                self._logger.warning(
                    f'camera_info_{side} is for images of {calibration.height}x'
                    f'{calibration.width}, but those of the source are {height}x{width} '
                    '(height x width), which is another shape: is it the calibration of this '
                    'camera, and of all of its image?'
                )
