# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures what a script without ROS reaches: read, infer and draw in one loop.

It runs as a separate process, `python -m` with a `LoopJob` as JSON, so that its memory and
processor time are counted like those of the node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import json
import os
from pathlib import Path
import sys
from time import monotonic

import numpy as np

from crestereo_ros.benchmarking.processes import Usage
from crestereo_ros.errors import CrestereoError
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pictures import colorize
from crestereo_ros.pipeline import DepthPipeline, DepthSettings, RectifiedPair
from crestereo_ros.preparation import ImageSize
from crestereo_ros.sources import open_source, StereoFrame, StereoSource


@dataclass(frozen=True)
class LoopJob:
    """
    What to do, and for how long.

    `sources`: one or two sources as for `sources.open_source`. `size`: height and width of the
    images. `output`: the file for the figures. The others are parameters of the depth node.
    """

    sources: list[str]
    size: list[int]
    model: str
    provider: str
    threads: int
    iterations: int
    resolution: str
    warm_up: float  # seconds
    seconds: float
    output: str


def run(job: LoopJob) -> dict[str, float]:
    """Run the loop, and return the figures under the same names as the probe of the nodes."""
    settings = DepthSettings.of({'iterations': job.iterations, 'resolution': job.resolution})
    matcher = StereoMatcher(job.model, job.provider, job.threads, wait=True)
    pipeline = DepthPipeline(matcher, settings)
    resize = ImageSize(fixed=(job.size[0], job.size[1]))
    frames = repeated(open_source(*job.sources))
    times: list[tuple[float, float]] = []  # of a whole pass, and of its inference
    first = monotonic()
    begin, before = 0.0, Usage.of(os.getpid())
    while not begin or monotonic() - begin < job.seconds:
        start = monotonic()
        frame = next(frames)
        pair = RectifiedPair(resize.apply(frame.left), resize.apply(frame.right))
        result = pipeline.process(pair)
        colorize(result.disparity, *result.color_range)
        if begin:
            times.append((monotonic() - start, result.match.seconds))
        elif monotonic() - first >= job.warm_up:
            begin, before = monotonic(), Usage.of(os.getpid())
    seconds, after = monotonic() - begin, Usage.of(os.getpid())
    passes, inferences = 1000 * np.array(times).T
    rate = len(times) / seconds
    return {
        'published_hz': rate,
        'in_hz': rate,
        'out_hz': rate,
        'latency_ms': float(np.median(passes)),
        'latency_95_ms': float(np.percentile(passes, 95)),
        'inference_ms': float(np.median(inferences)),
        'cpu_percent': 100 * (after.cpu_seconds - before.cpu_seconds) / seconds,
        'memory_mb': after.memory_mb,
    }


def repeated(source: StereoSource) -> Iterator[StereoFrame]:
    while True:
        yield from source


def main() -> int:
    job = LoopJob(**json.loads(sys.argv[1]))
    try:
        Path(job.output).write_text(json.dumps(run(job)))
    except CrestereoError as error:
        print(*str(error).splitlines(), file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
