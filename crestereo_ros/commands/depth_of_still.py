# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth` of one pair of images."""

from contextlib import ExitStack
from time import sleep

import cv2
import numpy as np

from crestereo_ros.commands.background import in_background
from crestereo_ros.commands.depth_job import Depth, DepthJob
from crestereo_ros.commands.window import POLL, Window
from crestereo_ros.pictures import colorize, DisparityRange, side_by_side


def depth_of_still(job: DepthJob):
    """Compute and write the disparity, print a line on it, and show it until that is ended."""
    with ExitStack() as stack:
        window = stack.enter_context(Window(job.source.name)) if job.show else None
        depth = compute(job, window)
        if depth is None:
            return
        limits = DisparityRange().update(depth.match.disparity)
        write(job, depth.match.disparity, limits)
        print_summary(job, depth)
        if window:
            window.show(side_by_side(depth.frame.left, depth.match.disparity, limits))
            while not window.ended():
                sleep(POLL)


def compute(job: DepthJob, window: Window | None) -> Depth | None:
    """Return what comes out, or None where the user has ended the window before."""
    for depth in in_background(job.depths(), POLL):
        if depth:
            return depth
        if window and window.ended():
            return None


def write(job: DepthJob, disparity: np.ndarray, limits: tuple[float, float]):
    if job.disparity:
        with job.disparity.open('wb') as file:  # a name would get .npy at its end
            np.save(file, disparity)
    if job.color:
        job.color.write_bytes(cv2.imencode(job.color.suffix, colorize(disparity, *limits))[1])


def print_summary(job: DepthJob, depth: Depth):
    disparity = depth.match.disparity
    print(
        f'disparity {disparity.min():.1f} to {disparity.max():.1f} px, '
        f'median {np.median(disparity):.1f} px; {job.settings(depth.match)}, '
        f'{1000 * depth.match.seconds:.0f} ms'
        + ''.join(f'; wrote {path}' for path in (job.disparity, job.color) if path),
        flush=True,
    )
    job.print_alignment()
