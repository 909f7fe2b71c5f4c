# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibrations that the player publishes with its images."""

from __future__ import annotations

from contextlib import suppress

from rclpy.node import Node
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from crestereo_ros.calibration import CalibrationError, Rectifier, StereoCalibration
from crestereo_ros.messages.topics import is_rectified_topic
from crestereo_ros.nodes.calibration_messages import to_message

SIDES = ('left', 'right')


class PlayerCalibration:
    """Publish left/camera_info and right/camera_info, or nothing if there is no calibration."""

    def __init__(self, node: Node, calibration: StereoCalibration | None) -> None:
        """
        Make the publishers.

        :param calibration: the calibration of the source's frames, None if unknown
        """
        self._logger = node.get_logger()
        self._calibration = calibration
        self._infos: list[CameraInfo] = []  # at the size of the last images
        overridable = QoSOverridingOptions.with_default_policies()
        self._publishers = [
            node.create_publisher(
                CameraInfo, f'{side}/camera_info', 5, qos_overriding_options=overridable
            )
            for side in (SIDES if calibration else ())
        ]
        self._aspect_checked = self._aligned = False

    @property
    def is_known(self) -> bool:
        return self._calibration is not None

    def warn_if_aligned(self, aligned: bool) -> None:
        """Warn, whenever alignment begins, that the calibration does not fit aligned images."""
        before, self._aligned = self._aligned, aligned
        if self._calibration and aligned and not before:
            self._logger.warning(
                'The alignment changes the images, so left/camera_info and right/camera_info do '
                'not describe them: depth will be wrong; set align to off'
            )

    def warn_if_raw(self, topics: list[str]) -> None:
        """
        Warn if raw images are published on topics whose names say rectified.

        :param topics: full names of the topics of the images
        """
        pair = self._calibration
        if pair is None or not all(map(is_rectified_topic, topics)):
            return
        with suppress(CalibrationError):  # the depth node reports the error
            if not all(Rectifier(camera).is_identity for camera in (pair.left, pair.right)):
                self._logger.warning(
                    f'The names {" and ".join(topics)} say rectified, but by their calibration '
                    'the images are raw: set rectify to on, so that the depth node rectifies them'
                )

    def publish(
        self, source_shape: tuple[int, ...], size: tuple[int, int], header: Header
    ) -> None:
        """
        Publish the calibrations for a pair of images.

        :param source_shape: (H, W, ...) of the images before they were resized
        :param size: (height, width) of the images
        :param header: the header of the images
        """
        if not self._calibration:
            return
        pair = self._calibration.of_size(source_shape[1], source_shape[0])
        self._warn_if_aspect_differs(pair, source_shape)
        height, width = size
        if not self._infos or (self._infos[0].height, self._infos[0].width) != size:
            self._infos = [
                to_message(camera.scaled(width, height), header)
                for camera in (pair.left, pair.right)
            ]
        for publisher, info in zip(self._publishers, self._infos, strict=True):
            info.header = header
            publisher.publish(info)

    def _warn_if_aspect_differs(
        self, pair: StereoCalibration, source_shape: tuple[int, ...]
    ) -> None:
        if self._aspect_checked:
            return
        self._aspect_checked = True
        height, width = source_shape[:2]
        for side, calibration in zip(SIDES, (pair.left, pair.right), strict=True):
            if not calibration.has_aspect_of(width, height):
                self._logger.warning(
                    f'The {side} calibration is for images of {calibration.height}x'
                    f'{calibration.width} (height x width), but the images of the source are '
                    f'{height}x{width}, which is another aspect ratio: check that it is the '
                    'calibration of this camera, and for its whole image'
                )
