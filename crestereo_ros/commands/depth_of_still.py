# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth` of one pair of images."""

from time import perf_counter

import cv2
import numpy as np

from crestereo_ros.commands.depth_job import DepthJob
from crestereo_ros.commands.interruption import interruption
from crestereo_ros.commands.window import POLL, Window
from crestereo_ros.pictures import colorize, DisparityRange, side_by_side


def depth_of_still(job: DepthJob):
    """Compute and write the disparity, print a line on it, and show it until that is ended."""
    (frame,) = job.aligned_frames()
    start = perf_counter()
    disparity = job.match(frame)
    milliseconds = 1000 * (perf_counter() - start)
    limits = DisparityRange().update(disparity)
    if job.disparity:
        with job.disparity.open('wb') as file:  # a name would get .npy at its end
            np.save(file, disparity)
    if job.color:
        job.color.write_bytes(cv2.imencode(job.color.suffix, colorize(disparity, *limits))[1])
    print(
        f'disparity {disparity.min():.1f} to {disparity.max():.1f} px, '
        f'median {np.median(disparity):.1f} px; {job.settings(frame.left.shape)}, '
        f'{milliseconds:.0f} ms'
        + ''.join(f'; wrote {path}' for path in (job.disparity, job.color) if path),
    )
    job.print_alignment()
    if job.show:
        with interruption() as interrupted, Window(job.source.name) as window:
            window.show(side_by_side(frame.left, disparity, limits))
            while not window.ended() and not interrupted.wait(POLL):
                pass
