# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth as NumPy files or as images."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.calibration import millimetres
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.files import FrameFiles, write_array

logger = logging.getLogger(__name__)


class DepthOutput(FrameFiles):
    name = 'depth'
    needs_calibration = True
    suffixes = ('.png', '.npy')
    suffix = '.png'
    _known = _lost = 0  # pixels

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--depth',
            type=Path,
            metavar='OUT',
            help='write the depth, which needs a calibration: OUT.png, 16 bits in millimetres, 0 '
            'where it is unknown; OUT.npy, float32 in metres, NaN where it is unknown and +inf '
            'where it is infinitely far; a folder of PNG files for a video',
        )

    def save(self, path: Path, frame: MatchedFrame) -> None:
        depth = frame.result.depth
        assert depth is not None  # `needs_calibration`
        if path.suffix.lower() == '.npy':
            write_array(path, depth)
        else:
            values = millimetres(depth)
            path.write_bytes(cv2.imencode('.png', values)[1].tobytes())
            known = np.isfinite(depth)
            self._known += np.count_nonzero(known)
            self._lost += np.count_nonzero(known & (values == 0))

    def __exit__(self, *_: object) -> None:
        if self._lost:
            logger.warning(
                f'{self.path}: {self._lost / self._known:.0%} of the depths do not fit into 16 '
                'bits of millimetres (65.5 m), so they are 0, unknown; NumPy files keep them'
            )
