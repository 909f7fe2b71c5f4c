# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures the depth node's overhead: everything except inference, as a share of a pair's time.

    python -m benchmarks.overhead --rate 3 --samples 15

The node runs as a process, a player publishes pairs of 640x480 to it over DDS, and this program
subscribes to more and more outputs. It prints a Markdown table. Inference and overhead are medians
from the node's diagnostics, one sample a second, for the thread that works on the pairs. The CPU
time is that of the whole process, which also receives images and reports. The part that is not
inference is computed from the same pair matched here, after the node has ended. The CPU time
includes everything received, so choose a rate that the node can follow.
"""

from __future__ import annotations

import argparse
import time

import cv2
import numpy as np

from benchmarks.demo_pair import DATA, demo_pair_playing, Subscriber
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import FAST, RESOLUTION_WORDS
from crestereo_ros.nodes.depth.outputs import (
    ColorOutput,
    ConfidenceOutput,
    DepthInfoOutput,
    DepthOutput,
    DisparityOutput,
    PointsOutput,
)

# The outputs to subscribe to, one step after the other.
STEPS = {
    'disparity': [DisparityOutput],
    'and colours': [ColorOutput],
    'and depth': [DepthOutput, DepthInfoOutput],
    'and points': [PointsOutput],
    'and confidence': [ConfidenceOutput],
}


def measure(subscriber: Subscriber, samples: int) -> tuple[float, float, float]:
    """Return the milliseconds of inference and overhead (medians) and the CPU time of a pair."""
    subscriber.next_status()  # the latest result in this one may be older than the step
    first = subscriber.next_status()
    cpu, count = cpu_seconds(subscriber), int(first['pairs processed'])
    times = []
    for _ in range(samples):
        status = subscriber.next_status()
        times.append([float(status[f'{name} (ms)']) for name in ('inference', 'overhead')])
    results = int(status['pairs processed']) - count
    inference, overhead = np.median(times, axis=0)
    return inference, overhead, 1e3 * (cpu_seconds(subscriber) - cpu) / results


def cpu_seconds(subscriber: Subscriber) -> float:
    times = subscriber.process.cpu_times()
    return float(times.user + times.system)


def cpu_of_inference(resolution: str, threads: int, samples: int) -> float:
    """Return the CPU time in milliseconds of the inference alone."""
    matcher = StereoMatcher(provider='cpu', threads=threads)
    left, right = (
        cv2.resize(np.asarray(cv2.imread(str(DATA / x))), (640, 480))
        for x in ('left.png', 'right.png')
    )
    matcher.match(left, right, resolution=resolution)
    start = time.process_time()
    for _ in range(samples):
        matcher.match(left, right, resolution=resolution)
    return 1e3 * (time.process_time() - start) / samples


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description='Measure the overhead of the depth node.')
    parser.add_argument('--rate', type=float, default=3.0, help='pairs a second')
    parser.add_argument('--resolution', choices=RESOLUTION_WORDS, default=FAST)
    parser.add_argument('--threads', type=int, default=2, help='threads of the network')
    parser.add_argument('--samples', type=int, default=15, help='samples of each step')
    arguments = parser.parse_args()
    rows = []
    settings = {'resolution': arguments.resolution, 'threads': arguments.threads}
    with demo_pair_playing(arguments.rate, **settings) as subscriber:
        for number, outputs in enumerate(STEPS.values()):
            subscriber.subscribe(outputs)
            if not number:
                subscriber.wait_for_results(10)
            rows.append(measure(subscriber, arguments.samples))
    alone = cpu_of_inference(arguments.resolution, arguments.threads, arguments.samples)
    print_head(
        f'Not inference, of pairs of 640x480 at `{arguments.resolution}` with '
        f'{arguments.threads} threads',
        'Subscribed',
        'Inference',
        'Overhead',
        'Share of the time',
        'CPU time',
        'Not inference',
    )
    for step, (inference, overhead, cpu) in zip(STEPS, rows, strict=True):
        print_row(
            step,
            f'{inference:.1f} ms',
            f'{overhead:.1f} ms',
            f'{100 * overhead / (inference + overhead):.1f} %',
            f'{cpu:.0f} ms',
            f'{100 * (cpu - alone) / cpu:.0f} %',
        )


if __name__ == '__main__':
    main()
