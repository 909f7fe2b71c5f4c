# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity as NumPy files."""

from __future__ import annotations

import argparse
from pathlib import Path

from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.files import FrameFiles, write_array


class DisparityOutput(FrameFiles):
    name = 'disparity'
    suffixes = ('.npy',)
    suffix = '.npy'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--disparity',
            type=Path,
            metavar='OUT',
            help='write the disparity as float32 (height, width) in pixels of the left image: '
            'OUT.npy for a pair, a folder of such files for a video (000000.npy and so on)',
        )

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--known-only',
            action='store_true',
            help='write NaN in place of disparities that are unknown, as the depth node does; '
            'else every pixel has what the network measured',
        )

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self._known_only: bool = options.known_only

    def save(self, path: Path, frame: MatchedFrame) -> None:
        result = frame.result
        write_array(path, result.disparity if self._known_only else result.refined.disparity)
