# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Confidence as NumPy files or as images."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.files import FrameFiles, write_array


class ConfidenceOutput(FrameFiles):
    name = 'confidence'
    suffixes = ('.npy', '.png')
    suffix = '.npy'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--confidence',
            type=Path,
            metavar='OUT',
            help='write how sure each pixel is: OUT.npy, float32 from 0 to 1; OUT.png, 8 bits '
            'from 0 to 255; a folder of NumPy files for a video',
        )

    def save(self, path: Path, frame: MatchedFrame) -> None:
        confidence = frame.result.confidence
        if path.suffix.lower() == '.npy':
            write_array(path, confidence)
        else:
            grey = np.rint(255 * confidence).astype(np.uint8)
            path.write_bytes(cv2.imencode('.png', grey)[1].tobytes())
