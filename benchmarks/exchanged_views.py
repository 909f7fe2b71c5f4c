# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures the effect of exchanged views, and whether `--swap auto` corrects it.

    make benchmark-exchanged ARGS='VIDEO LEFT,RIGHT --picture docs/images/exchanged_views.jpg'

For each source, the program prints a table in Markdown: the share of pixels that the left-right
check keeps with the views as they are, exchanged (`--swap yes`), and with `--swap auto`. The last
is also measured for a recording whose views are exchanged. Each frame is examined for the
alignment before it is measured. The tolerance of the check is that of the depth node, one pixel of
the network. Black bars do not count. The picture shows the first frame of the first source: the
left view and its disparity, black where the check fails.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.alignment import Alignment, AlignmentEstimator
from crestereo_ros.alignment.working_image import picture_mask
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pictures import colorize, DisparityRange
from crestereo_ros.sources import open_source, StereoFrame
from crestereo_ros.validity.left_right import disagreement, right_disparity

RESOLUTION = 'fast'  # what the depth node and the command use for videos
HEIGHT = 300  # pixels of a view in the picture
LINE = 20  # pixels of a line of text
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True)
class Setting:
    """Whether to align rows, the requested order, and the order of the recording."""

    align: bool
    swap: str
    exchanged: bool = False

    @property
    def options(self) -> str:
        return f'--swap {self.swap}' + ('' if self.align else ' --align off')

    @property
    def recording(self) -> str:
        return 'exchanged' if self.exchanged else 'as it is'


SETTINGS = (
    Setting(False, 'no'),
    Setting(False, 'yes'),
    Setting(True, 'no'),
    Setting(True, 'yes'),
    Setting(True, 'auto'),
    Setting(True, 'auto', exchanged=True),
)


@dataclass(frozen=True, eq=False)
class Result:
    """
    The result of one frame with one setting.

    `left`: the matched left image. `disparity`: float32 (H, W), NaN where the left-right check
    fails. `picture`: bool (H, W), False in black bars. `kept`: the share of the picture that the
    check keeps.
    """

    left: np.ndarray
    disparity: np.ndarray
    picture: np.ndarray
    kept: float


def measure(
    matcher: StereoMatcher, frames: Sequence[StereoFrame], setting: Setting
) -> tuple[list[Result], Alignment]:
    """Return a result for each frame, and the last alignment."""
    estimator = AlignmentEstimator(setting.swap)
    alignment = Alignment(swapped=setting.swap == 'yes')
    results = []
    for frame in frames:
        if setting.exchanged:
            frame = replace(frame, left=frame.right, right=frame.left)
        if setting.align:
            estimator.add(frame.left, frame.right)
            alignment = estimator.estimate()
        left, right = alignment.apply(frame.left, frame.right)
        match = matcher.match(left, right, resolution=RESOLUTION)
        other = right_disparity(matcher, left, right, resolution=RESOLUTION)
        tolerance = max(1, left.shape[1] / match.resolution[1])
        kept = disagreement(match.disparity, other) <= tolerance
        picture = picture_mask(left) > 0
        disparity = np.where(kept, match.disparity, np.float32(np.nan))
        results.append(Result(left, disparity, picture, float(kept[picture].mean())))
    return results, alignment


def column(setting: Setting, result: Result) -> np.ndarray:
    """Draw the left view above its disparity, without black bars, with the setting."""
    rows, columns = (np.flatnonzero(result.picture.any(axis=axis)) for axis in (1, 0))
    inner = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    disparity = result.disparity[inner]
    images = result.left[inner], colorize(disparity, *DisparityRange().update(disparity))
    width = round(HEIGHT * disparity.shape[1] / disparity.shape[0])
    views = [cv2.resize(x, (width, HEIGHT), interpolation=cv2.INTER_AREA) for x in images]
    head = np.zeros((3 * LINE, width, 3), np.uint8)
    words = '--swap ' + setting.swap, '' if setting.align else '--align off', setting.recording
    for number, text in enumerate(words, 1):
        at = 4, number * LINE - 5
        cv2.putText(head, text, at, FONT, 0.55, (255, 255, 255), 1, cv2.LINE_AA)
    return cv2.copyMakeBorder(np.vstack([head, *views]), 0, 0, 0, 6, cv2.BORDER_CONSTANT)


def main() -> None:
    """Print the tables and write the picture."""
    parser = argparse.ArgumentParser(
        description='Measure how many pixels the left-right check keeps with exchanged views.'
    )
    parser.add_argument(
        'sources', nargs='+', help='a video of both views side by side, or LEFT,RIGHT'
    )
    parser.add_argument('--every', type=int, default=8, help='use every Nth frame')
    parser.add_argument('--model', default='', help='name or path (default: the included one)')
    parser.add_argument('--picture', type=Path, help='where to write the picture')
    options = parser.parse_args()
    matcher = StereoMatcher(options.model, 'cpu')
    for source in options.sources:
        left, _, right = source.partition(',')
        frames = list(islice(open_source(left, right), 0, None, options.every))
        title = f'**{Path(left).name}**, frames: {len(frames)}'
        print_head(title, 'Options', 'Recording', 'Kept by the left-right check', 'Order found')
        columns = []
        for setting in SETTINGS:
            results, alignment = measure(matcher, frames, setting)
            columns.append(column(setting, results[0]))
            kept = f'{100 * np.mean([result.kept for result in results]):.0f} %'
            order = alignment.order if setting.swap == 'auto' else ''
            print_row(f'`{setting.options}`', setting.recording, kept, order or '-')
        if options.picture and source is options.sources[0]:
            quality = [cv2.IMWRITE_JPEG_QUALITY, 85]
            cv2.imwrite(str(options.picture), np.hstack(columns), quality)


if __name__ == '__main__':
    main()
