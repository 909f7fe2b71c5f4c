# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration of the depth image."""

from __future__ import annotations

from sensor_msgs.msg import CameraInfo

from crestereo_ros.nodes.calibration_messages import to_message
from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication


class DepthInfoOutput(Output):
    topic = 'depth/camera_info'
    message_type = CameraInfo
    needs_calibration = True

    def message(self, publication: Publication) -> CameraInfo | None:
        """Return the calibration of the rectified left image at the size of the depth, or None."""
        calibration = publication.result.calibration
        if calibration is None:
            return None
        return to_message(calibration.left.rectified(), publication.header)
