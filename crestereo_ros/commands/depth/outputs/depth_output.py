# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth as NumPy files or as images."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.calibration import millimetres
from crestereo_ros.commands.depth.outputs.files import FrameFiles
from crestereo_ros.commands.depth.result import Result


class DepthOutput(FrameFiles):
    name = 'depth'
    needs_calibration = True
    suffixes = ('.png', '.npy')
    suffix = '.png'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--depth',
            type=Path,
            metavar='OUT',
            help='write the depth, which needs a calibration: OUT.png, 16 bits in millimetres, 0 '
            'where it is unknown; OUT.npy, float32 in metres, NaN where it is unknown; a folder '
            'of PNG files for a video',
        )

    def save(self, path: Path, result: Result) -> None:
        if path.suffix.lower() == '.npy':
            np.save(path, result.depth)
        else:
            path.write_bytes(cv2.imencode('.png', millimetres(result.depth))[1].tobytes())
