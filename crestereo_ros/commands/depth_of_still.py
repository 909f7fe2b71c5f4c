# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth` for one pair of images."""

from __future__ import annotations

from contextlib import ExitStack
from time import sleep

import cv2
import numpy as np

from crestereo_ros.commands.background import in_background
from crestereo_ros.commands.depth_job import Depth, DepthJob
from crestereo_ros.commands.window import POLL, Window
from crestereo_ros.matching import Match
from crestereo_ros.pictures import colorize, DisparityRange, side_by_side


def depth_of_still(job: DepthJob) -> None:
    """Compute and write the disparity, print a summary, and show it until the user ends that."""
    with ExitStack() as stack:
        window = stack.enter_context(Window(job.source.name)) if job.show else None
        depth = compute(job, window)
        if depth is None:
            return
        limits = DisparityRange().update(depth.match.disparity)
        write(job, depth.match.disparity, limits)
        print_summary(job, depth.match)
        if window:
            window.show(side_by_side(depth.frame.left, depth.match.disparity, limits))
            while not window.ended():
                sleep(POLL)


def compute(job: DepthJob, window: Window | None) -> Depth | None:
    """Return the result, or None if the user ended the window before."""
    for depth in in_background(job.depths(), POLL):
        if depth:
            return depth
        if window and window.ended():
            break
    return None


def write(job: DepthJob, disparity: np.ndarray, limits: tuple[float, float]) -> None:
    if job.disparity:
        with job.disparity.open('wb') as file:  # given a name, NumPy would append .npy
            np.save(file, disparity)
    if job.color:
        image = cv2.imencode(job.color.suffix, colorize(disparity, *limits))[1]
        job.color.write_bytes(image.tobytes())


def print_summary(job: DepthJob, match: Match) -> None:
    disparity = match.disparity
    print(
        f'disparity {disparity.min():.1f} to {disparity.max():.1f} px, '
        f'median {np.median(disparity):.1f} px; {job.settings(match)}, '
        f'{1000 * match.seconds:.0f} ms{job.written}',
        flush=True,
    )
    job.print_alignment()
