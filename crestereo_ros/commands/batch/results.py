# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is written for a source, under which names, and how large it is about."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from crestereo_ros.batch.entries import SourceEntry
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs import Output, OUTPUTS
from crestereo_ros.commands.depth.outputs.color_output import ColorOutput
from crestereo_ros.commands.depth.outputs.files import FrameFiles, write_array
from crestereo_ros.commands.depth.outputs.output import View

FILE_OUTPUTS = tuple(output for output in OUTPUTS if not issubclass(output, View))

# Upper figures for textured scenes: PNG and MCAP compress noise worse than walls.
BYTES_PER_PIXEL = {
    'disparity': 4.0,
    'confidence': 4.0,
    'depth': 1.3,
    'points': 15.0,
    'color': 1.0,
    'bag': 11.0,
}
STORED = 'stored'  # results that wait until a recording is joined


def names_of_results(output: type[Output]) -> tuple[str, str]:
    """Return the name of what an output writes for a source of one frame, and of many."""
    if issubclass(output, FrameFiles):
        return f'{output.name}{output.suffix}', output.name
    return ('color.png', 'color.mp4') if output is ColorOutput else (output.name, output.name)


def options_for(
    options: argparse.Namespace,
    entry: SourceEntry,
    outputs: Sequence[type[Output]] = (),
    folder: Path = Path(),
    is_one: bool = False,
) -> argparse.Namespace:
    """
    Return the options by which `crestereo depth` does a source of a batch.

    :param folder: for the results
    :param is_one: whether the source has one frame
    """
    values = {**vars(options), 'source': entry.left, 'right': entry.right}
    if entry.calibration:
        values['calibration'] = list(entry.calibration)
    for output in FILE_OUTPUTS:
        one, many = names_of_results(output)
        values[output.name] = folder / (one if is_one else many) if output in outputs else None
    return argparse.Namespace(**values)


class StoredFrames(FrameFiles):
    """What outputs over a whole recording are made of when it is joined."""

    name = STORED
    suffix = '.npy'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        raise NotImplementedError  # it is no option

    def save(self, path: Path, frame: MatchedFrame) -> None:
        write_array(path, np.stack([frame.result.disparity, frame.result.confidence]))

    @staticmethod
    def load(folder: Path, index: int) -> np.ndarray:
        """
        Return what is stored of a frame.

        :returns: float32 (2, H, W): the disparity, NaN where it is unknown, and the confidence
        """
        return np.load(folder / f'{index:06d}{StoredFrames.suffix}')
