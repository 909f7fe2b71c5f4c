# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
What a start from the frame before does to videos: error, flicker and time.

    make benchmark-video ARGS='--videos left.mp4 right.mp4'

The program renders short videos with truth, in which the camera and things move, and prints a
Markdown table: each frame matched anew, and begun with the disparity of the frame before, for
some numbers of updates. Flicker is the mean change of the error from a frame to the next in
pixels. In videos without truth it is the mean change of the disparity where the left image
stays the same.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator
import itertools
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from crestereo_ros.evaluation.measures import bad, end_point_error
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.previous_match import PreviousMatch

FIRST = 40_000  # number of the first scene; training renders from 0 on
UPDATES = (1, 2, 4)
STILL = 2  # grey levels of change at most
PERIOD = 33_000_000  # nanoseconds


class Frame(NamedTuple):
    """Images, uint8 (H, W, 3) BGR, and the disparity in pixels, (H, W), None if not known."""

    left: np.ndarray
    right: np.ndarray
    truth: np.ndarray | None


def rendered(scenes: int, frames: int, height: int, width: int) -> Iterator[list[Frame]]:
    """Yield videos with truth."""
    from training.scenes.stream import SequenceStream

    stream = SequenceStream(height, width, FIRST, frames)
    for left, right, truth in itertools.islice(stream, 0, 2 * scenes, 2):  # no mirror images
        pictures = (x.permute(0, 2, 3, 1).byte().numpy() for x in (left, right))
        yield [Frame(*x) for x in zip(*pictures, truth[:, 0].numpy(), strict=True)]


def read_videos(left: Path, right: Path, frames: int) -> Iterator[Frame]:
    """Yield the frames of two videos."""
    captures = [cv2.VideoCapture(str(path)) for path in (left, right)]
    for _ in range(frames):
        (ok, first), (also, second) = (capture.read() for capture in captures)
        if not (ok and also):
            return
        yield Frame(first, second, None)


def measure(
    matcher: StereoMatcher, videos: Iterable[list[Frame]], resolution: str
) -> dict[tuple[int, bool], dict[str, list[float]]]:
    """Return what was measured in each frame but the first, by updates and kind of start."""
    found: dict[tuple[int, bool], dict[str, list[float]]] = {}
    ways = list(itertools.product(UPDATES, (False, True)))
    for video in videos:
        for way in ways:
            updates, continues = way
            measured = found.setdefault(way, defaultdict(list))
            previous, before = PreviousMatch(), None
            for number, frame in enumerate(video):
                start = previous.start(frame.left, number * PERIOD) if continues else None
                match = matcher.match(frame.left, frame.right, updates, resolution, start)
                previous.keep(match.disparity)
                if before is not None:
                    measured['seconds'].append(match.seconds)
                    measured['continued'].append(start is not None)
                    _measure(measured, match.disparity, frame, *before)
                before = match.disparity, frame
    return found


def _measure(
    measured: dict[str, list[float]],
    disparity: np.ndarray,
    frame: Frame,
    disparity_before: np.ndarray,
    frame_before: Frame,
) -> None:
    change = disparity - disparity_before
    if frame.truth is not None and frame_before.truth is not None:
        measured['error'].append(end_point_error(disparity, frame.truth))
        measured['bad'].append(bad(disparity, frame.truth))
        change = change - (frame.truth - frame_before.truth)
    else:
        difference = cv2.absdiff(frame.left, frame_before.left).max(axis=2)
        change = change[difference <= STILL]
    if change.size:
        measured['flicker'].append(float(np.abs(change).mean()))


def print_table(title: str, found: dict[tuple[int, bool], dict[str, list[float]]]) -> None:
    """Print what was measured; times as multiples of the first row's."""
    print_head(title, 'updates', 'begins with', 'EPE', 'bad-2.0', 'flicker', 'time', 'continued')
    unit = None
    for (updates, continues), measured in found.items():
        seconds = float(np.median(measured['seconds']))
        unit = unit or seconds
        means = {name: float(np.mean(values)) for name, values in measured.items()}
        print_row(
            updates,
            'the frame before' if continues else 'nothing',
            f'{means["error"]:.2f} px' if 'error' in means else '',
            f'{means["bad"]:.1%}' if 'bad' in means else '',
            f'{means["flicker"]:.2f} px',
            f'{seconds / unit:.2f}',
            f'{means["continued"]:.0%}' if continues else '',
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description='Measure starts from the frame before.')
    parser.add_argument('--videos', nargs=2, type=Path, help='left and right one of a pair')
    parser.add_argument('--scenes', type=int, default=12, help='how many are rendered')
    parser.add_argument('--frames', type=int, default=8, help='of each video')
    parser.add_argument('--size', nargs=2, type=int, default=(240, 320), help='height, width')
    parser.add_argument('--model', default='')
    parser.add_argument('--resolution', default='fast')
    arguments = parser.parse_args()
    matcher = StereoMatcher(arguments.model, provider='cpu')
    if arguments.videos:
        video = list(read_videos(*arguments.videos, arguments.frames))
        name = arguments.videos[0].name
        title = f'{len(video)} frames of {name}, {matcher.model}, {arguments.resolution}'
        print_table(title, measure(matcher, [video], arguments.resolution))
        return
    videos = rendered(arguments.scenes, arguments.frames, *arguments.size)
    found = measure(matcher, videos, arguments.resolution)
    title = f'{arguments.scenes} rendered videos, {matcher.model}, {arguments.resolution}'
    print_table(title, found)


if __name__ == '__main__':
    main()
