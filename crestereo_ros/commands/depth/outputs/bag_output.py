# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""All results as a recording."""

from __future__ import annotations

import argparse
from pathlib import Path
import time

from crestereo_ros.commands.bag_writer import BagWriter, require_rosbags, STORAGES
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.files import require_writable
from crestereo_ros.commands.depth.outputs.output import Output
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.messages import disparities
from crestereo_ros.sources import StereoSource

FRAME_ID = 'stereo_camera'  # as the player's


class BagOutput(Output):
    """
    The topics that the depth node publishes, and the left image.

    Headers have the stamps of a source that has some, such as another bag. Otherwise they begin
    with the time at which the command was started.
    """

    name = 'bag'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--bag',
            type=Path,
            metavar='OUT',
            help='write left image, disparity and confidence and, with a calibration, depth, '
            'points and camera_info as a bag for `ros2 bag play` and Foxglove: a new folder',
        )

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--bag-storage',
            choices=STORAGES,
            default=STORAGES[0],
            help='the format of OUT (default: mcap)',
        )

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self.path: Path = options.bag
        self._storage: str = options.bag_storage
        self._start = time.time_ns()
        require_writable(self.path, options)
        if self.path.exists():
            raise CommandError(f'{self.path} cannot be written: it exists, name a new folder')
        require_rosbags(self.path)

    def check(self, source: StereoSource) -> None:
        self._writer = BagWriter(self.path, self._storage, source.frame_id or FRAME_ID)

    def write(self, frame: MatchedFrame) -> None:
        result, writer = frame.result, self._writer
        calibration = result.calibration
        stamp = frame.stamp
        if stamp is None:
            stamp = self._start + round(1e9 * frame.time)
        fields = disparities.to_fields(
            result.disparity, result.depth, result.color_range, calibration
        )
        writer.write_image('/left/image_rect', stamp, frame.left, 'bgr8')
        writer.write_disparity('/disparity', stamp, fields)
        writer.write_image('/confidence', stamp, result.confidence, '32FC1')
        points = result.points()
        if calibration is None or result.depth is None or points is None:
            return
        left, right = calibration.left.rectified(), calibration.right.rectified()
        writer.write_calibration('/left/camera_info', stamp, left)
        writer.write_calibration('/right/camera_info', stamp, right)
        writer.write_image('/depth/image_rect', stamp, result.depth, '32FC1')
        writer.write_calibration('/depth/camera_info', stamp, left)
        writer.write_points('/points2', stamp, points, frame.left)

    def __exit__(self, *_: object) -> None:
        self._writer.__exit__()
