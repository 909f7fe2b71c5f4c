# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity in colours, as an image or a video."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2

from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.files import require_writable
from crestereo_ros.commands.depth.outputs.output import Output
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.video_file import require_encoder, VideoFile
from crestereo_ros.pictures import colorize
from crestereo_ros.sources import StereoSource


class ColorOutput(Output):
    name = 'color'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--color',
            type=Path,
            metavar='OUT',
            help='write the disparity in colours, where red is near: OUT.png for a pair; OUT.mp4 '
            '(H.264) for a video, beside its left view',
        )

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self.path: Path = options.color
        self._is_video = self.path.suffix.lower() == '.mp4'
        self._video: VideoFile | None = None
        require_writable(self.path, options)
        if self.path.is_dir():
            raise CommandError(f'{self.path} cannot be written: it is a folder, name a file')
        if self._is_video:
            require_encoder(self.path)
        elif not cv2.haveImageWriter(str(self.path)):
            raise CommandError(
                f'{self.path} is not an image or a video that can be written: use .png for an '
                'image, .mp4 for a video'
            )

    def check(self, source: StereoSource) -> None:
        if self._is_video and source.length == 1:
            raise CommandError(f'{self.path} is a video, but {source.name} is one pair: use .png')
        if not self._is_video and source.length != 1:
            raise CommandError(
                f'{self.path} is one image, but {source.name} has many frames: use .mp4'
            )
        if self._is_video:
            self._video = VideoFile(self.path, source.rate)

    def write(self, frame: MatchedFrame) -> None:
        if self._video:
            self._video.write(frame.picture, frame.time)
        else:
            result = frame.result
            colors = colorize(result.disparity, *result.color_range)
            self.path.write_bytes(cv2.imencode(self.path.suffix, colors)[1].tobytes())

    def __exit__(self, *exception: object) -> None:
        if self._video:
            self._video.__exit__(*exception)
