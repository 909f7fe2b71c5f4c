# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures the gain of starting each frame of a video from the previous disparity.

    make benchmark-video ARGS='--videos video.mp4 left.mp4,right.mp4'

The program renders short videos with truth and joins them into one long video with cuts. It prints
error, flicker and time in Markdown, with and without the start, for several numbers of updates.
Recorded videos have no truth: for these, it prints the flicker where the image does not change.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from crestereo_ros.evaluation.measures import bad, end_point_error
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pipeline.temporal import PreviousDisparity
from crestereo_ros.sources import open_source

# Whether a frame starts from the previous one, and the number of updates.
WAYS = ((False, 1), (False, 2), (False, 4), (True, 1), (True, 2), (True, 3), (True, 4))
REFERENCE = False, 2  # what `fast` does without a start
# Pairs of WAYS: with the same updates, and in the same time.
COMPARED = (((False, 2), (True, 2)), ((False, 4), (True, 4)), ((False, 2), (True, 4)))
PERIOD = 66_666_667  # nanoseconds
STILL = 3  # grey levels by which an unchanged pixel may differ


@dataclass(frozen=True, eq=False)
class Frame:
    """A pair, and its truth, float32 (H, W), or None. `first`: there is a cut before it."""

    left: np.ndarray
    right: np.ndarray
    truth: np.ndarray | None
    first: bool


def rendered(videos: int, frames: int, height: int, width: int, first: int) -> Iterator[Frame]:
    """Yield the frames of rendered videos."""
    from training.scenes.stream import SequenceStream

    for sample in islice(SequenceStream(height, width, first, frames), videos):
        *views, truth = (x.numpy() for x in sample)
        for number in range(frames):
            left, right = (
                np.ascontiguousarray(x[number].transpose(1, 2, 0)).round().astype(np.uint8)
                for x in views
            )
            yield Frame(left, right, truth[number, 0], number == 0)


def recorded(source: str, frames: int) -> Iterator[Frame]:
    """Yield the first frames of a video, or of two videos separated by a comma."""
    left, _, right = source.partition(',')
    for number, pair in enumerate(islice(open_source(left, right), frames)):
        yield Frame(pair.left, pair.right, None, number == 0)


def measure(
    matcher: StereoMatcher, frames: Iterable[Frame], resolution: str
) -> tuple[dict[tuple[bool, int], np.ndarray], dict[str, int]]:
    """
    Match all frames in all WAYS, in turns.

    :returns: for each way, float (frames, 4): end-point error, bad-2.0, flicker and seconds of
        each frame except the first of each video; and how often each reason prevented a start
        from the previous frame, separately for true cuts
    """
    rows: dict[tuple[bool, int], list[tuple[float, ...]]] = defaultdict(list)
    reasons: dict[str, int] = defaultdict(int)
    memories = {way: PreviousDisparity() for way in WAYS}
    before: dict[tuple[bool, int], np.ndarray] = {}
    previous: Frame | None = None
    for number, frame in enumerate(frames):
        for way in WAYS:
            with_start, iterations = way
            start = None
            if with_start:
                start = memories[way].start_for(frame.left, number * PERIOD, resolution)
            match = matcher.match(frame.left, frame.right, iterations, resolution, start)
            memories[way].keep(match.disparity)
            if not frame.first and previous is not None:
                rows[way].append(
                    (*_errors(match.disparity, before[way], frame, previous), match.seconds)
                )
            before[way] = match.disparity
        kind = 'after a cut' if frame.first else 'within a video'
        reasons[f'{kind}: {memories[WAYS[-1]].reason or "started"}'] += 1
        previous = frame
    return {way: np.array(some) for way, some in rows.items()}, reasons


def _errors(
    disparity: np.ndarray, before: np.ndarray, frame: Frame, previous: Frame
) -> tuple[float, float, float]:
    change = disparity - before
    if frame.truth is None or previous.truth is None:
        grey = [cv2.cvtColor(x.left, cv2.COLOR_BGR2GRAY) for x in (frame, previous)]
        still = cv2.absdiff(*(cv2.blur(x, (5, 5)) for x in grey)) <= STILL
        return np.nan, np.nan, float(np.abs(change[still]).mean())
    return (
        end_point_error(disparity, frame.truth),
        bad(disparity, frame.truth),
        end_point_error(change, frame.truth - previous.truth),
    )


def print_results(
    title: str, results: dict[tuple[bool, int], np.ndarray], reasons: dict[str, int]
) -> None:
    """Print one table."""
    print_head(
        title,
        'Start',
        'Updates',
        'EPE',
        'Bad-2.0',
        'Flicker',
        'Time, that of 2 updates without = 1',
    )
    for way, values in results.items():
        error, share, flicker, _ = values.mean(axis=0)  # NaN without truth
        ratio = np.median(values[:, 3] / results[REFERENCE][:, 3])
        print_row(
            'frame before' if way[0] else 'nothing',
            way[1],
            '' if np.isnan(error) else f'{error:.2f} px',
            '' if np.isnan(share) else f'{100 * share:.1f} %',
            f'{flicker:.2f} px',
            f'{ratio:.2f}',
        )
    print('\n' + ', '.join(f'{name} {count}' for name, count in sorted(reasons.items())))


def print_differences(results: dict[tuple[bool, int], np.ndarray], frames: int) -> None:
    """
    Print the effect of the start, with the standard error over the videos.

    :param frames: the number of measured frames of each video
    """
    print_head('Change by the start', 'Updates', 'EPE', 'Bad-2.0', 'Flicker', 'Less flicker in')
    for without, with_start in COMPARED:
        values = results[with_start] - results[without]
        videos = values.reshape(-1, frames, values.shape[1]).mean(axis=1)
        mean, spread = videos.mean(axis=0), videos.std(axis=0) / len(videos) ** 0.5
        print_row(
            f'{without[1]} to {with_start[1]}',
            f'{mean[0]:+.2f} ± {spread[0]:.2f} px',
            f'{100 * mean[1]:+.1f} ± {100 * spread[1]:.1f} %',
            f'{mean[2]:+.2f} ± {spread[2]:.2f} px',
            f'{np.mean(videos[:, 2] < 0):.0%} of the videos',
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description='Measure the start from the previous frame.')
    parser.add_argument('--model', default='')
    parser.add_argument('--resolution', default='fast')
    parser.add_argument('--rendered', type=int, default=16, help='how many videos to render')
    parser.add_argument('--first', type=int, default=5_000_000, help='number of the first scene')
    parser.add_argument('--frames', type=int, default=8, help='frames of each video')
    parser.add_argument('--videos', nargs='*', default=[], help='VIDEO or LEFT,RIGHT')
    arguments = parser.parse_args()
    matcher = StereoMatcher(arguments.model, provider='cpu')
    count, resolution = arguments.frames, arguments.resolution
    if arguments.rendered:
        frames = rendered(arguments.rendered, count, 480, 640, arguments.first)
        title = f'**{arguments.rendered} rendered videos of {count} frames**, {matcher.model}'
        results, reasons = measure(matcher, frames, resolution)
        print_results(title, results, reasons)
        print_differences(results, count - 1)
    for source in arguments.videos:
        title = f'**{source}**, {count} frames, {matcher.model}'
        print_results(title, *measure(matcher, recorded(source, count), resolution))


if __name__ == '__main__':
    main()
