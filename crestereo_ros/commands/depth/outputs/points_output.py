# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds of points as PLY files."""

from __future__ import annotations

import argparse
from pathlib import Path

from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.files import FrameFiles
from crestereo_ros.pictures import write_ply


class PointsOutput(FrameFiles):
    name = 'points'
    needs_calibration = True
    suffixes = ('.ply',)
    suffix = '.ply'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--points',
            type=Path,
            metavar='OUT',
            help='write the known pixels as coloured points in metres, which needs a calibration: '
            'OUT.ply for a pair, a folder of them for a video',
        )

    def save(self, path: Path, frame: MatchedFrame) -> None:
        points = frame.result.points()
        assert points is not None  # `needs_calibration`
        write_ply(path, points, frame.left)
