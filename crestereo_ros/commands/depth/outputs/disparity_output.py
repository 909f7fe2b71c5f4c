# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity as NumPy files."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from crestereo_ros.commands.depth.outputs.files import FrameFiles
from crestereo_ros.commands.depth.result import Result


class DisparityOutput(FrameFiles):
    name = 'disparity'
    suffix = '.npy'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--disparity',
            type=Path,
            metavar='OUT',
            help='write the disparity as float32 (height, width) in pixels of the left image: one '
            'NumPy file for a pair, a folder of them for a video (000000.npy and so on)',
        )

    def save(self, path: Path, result: Result) -> None:
        with path.open('wb') as file:  # given a name, NumPy would append .npy
            np.save(file, result.match.disparity)
