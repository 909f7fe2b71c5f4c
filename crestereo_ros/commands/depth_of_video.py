# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth` for a source with many frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
import math
import sys
from threading import Event
from time import monotonic, sleep

import numpy as np

from crestereo_ros.commands.background import in_background
from crestereo_ros.commands.depth_job import Depth, DepthJob
from crestereo_ros.commands.interruption import interruption
from crestereo_ros.commands.progress import FRAMES, progress_bar
from crestereo_ros.commands.video_file import VideoFile
from crestereo_ros.commands.window import POLL, Window
from crestereo_ros.matching import Match
from crestereo_ros.pictures import DisparityRange, side_by_side


def depth_of_video(job: DepthJob) -> None:
    """
    Compute the disparity of every frame, write and show it, and print a summary.

    SIGINT, and the end of the window, end the work; what was done by then is kept.
    """
    with interruption() as interrupted:
        VideoRun(job).run(interrupted)


class VideoRun:
    """One run over a source, with its counts."""

    def __init__(self, job: DepthJob) -> None:
        self._job = job
        self._range = DisparityRange()
        self._frames = 0
        self._lowest, self._highest = math.inf, -math.inf
        self._match: Match | None = None  # the last one

    def run(self, interrupted: Event) -> None:
        job = self._job
        start = monotonic()
        complete = False
        with ExitStack() as stack:
            video = window = None
            if job.color:
                video = stack.enter_context(VideoFile(job.color, job.source.rate))
            if job.show:
                window = stack.enter_context(Window(job.source.name))
            report = stack.enter_context(progress_bar('depth', sys.stderr, FRAMES))
            for depth in in_background(paced(job.depths()) if window else job.depths(), POLL):
                if interrupted.is_set() or (window and window.ended()):
                    job.matcher.cancel()  # it would compete with finishing the file for the CPU
                    break
                if depth:
                    self._take(depth, video, window)
                    report(self._frames, job.source.length)
            else:
                complete = True
        self._print_summary(complete, monotonic() - start)

    def _take(self, depth: Depth, video: VideoFile | None, window: Window | None) -> None:
        left, disparity = depth.frame.left, depth.match.disparity
        if self._job.disparity:
            self._job.disparity.mkdir(exist_ok=True)
            np.save(self._job.disparity / f'{self._frames:06d}.npy', disparity)
        if video or window:
            picture = side_by_side(left, disparity, self._range.update(disparity))
            if video:
                video.write(picture, depth.frame.time)
            if window:
                window.show(picture)
        self._frames += 1
        self._lowest = min(self._lowest, float(disparity.min()))
        self._highest = max(self._highest, float(disparity.max()))
        self._match = depth.match

    def _print_summary(self, complete: bool, seconds: float) -> None:
        job = self._job
        total = '' if complete or not job.source.length else f' of {job.source.length}'
        text = f'{"" if complete else "ended early: "}{self._frames}{total} frames'
        if self._match is None:
            print(text)
            return
        print(
            f'{text}, {self._frames / seconds:.1f} frames/s, none dropped; disparity '
            f'{self._lowest:.1f} to {self._highest:.1f} px; {job.settings(self._match)}'
            f'{job.written}'
        )
        job.print_alignment()


def paced(depths: Iterable[Depth]) -> Iterator[Depth]:
    """Yield results no faster than the frames were taken."""
    shown, time = -math.inf, 0.0
    for depth in depths:
        sleep(max(0.0, shown + depth.frame.time - time - monotonic()))
        shown, time = monotonic(), depth.frame.time
        yield depth
