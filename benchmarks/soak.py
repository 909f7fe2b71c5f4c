# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Checks that nothing of the depth node grows while it runs at full rate.

    python -m benchmarks.soak --minutes 30

The node runs as a process, a player publishes pairs of 640x480 to it over DDS faster than it can
match them, and this program subscribes to all outputs. It prints memory, latency, threads and
descriptors of the node's process in Markdown: a row for each tenth of the time, then the slope of
each in units per hour. The exit code is 1 if one of them grows.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import NamedTuple

import numpy as np

from benchmarks.demo_pair import demo_pair_playing, Subscriber
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.nodes.depth.outputs import OUTPUTS

ROWS = 10
WARM_UP = 30  # results until all memory is allocated


class Sample(NamedTuple):
    """A measurement and its time."""

    seconds: float
    memory: float  # MiB, resident
    latency: float  # milliseconds, the age of the latest result
    threads: int
    descriptors: int


class Quantity(NamedTuple):
    """
    A column of the samples.

    `growth`: the increase from the first to the last third that counts as growing. Memory may
    still settle, and latency follows the load of the machine; threads and descriptors are counts.
    """

    name: str
    unit: str
    growth: float  # share of the median of the first third


QUANTITIES = {
    'memory': Quantity('Memory', 'MiB', 0.15),
    'latency': Quantity('Latency', 'ms', 2.0),
    'threads': Quantity('Threads', '', 0.0),
    'descriptors': Quantity('Descriptors', '', 0.0),
}


def sample(subscriber: Subscriber, start: float) -> Sample:
    """Wait for the next diagnostics, and measure the node's process."""
    latency = float(subscriber.next_status()['age of result (ms)'])
    process = subscriber.process
    with process.oneshot():
        memory = process.memory_info().rss / 2**20
        threads = process.num_threads()
    return Sample(time.monotonic() - start, memory, latency, threads, process.num_fds())


def print_samples(samples: list[Sample]) -> None:
    """Print the medians of each tenth of the time."""
    print_head('Medians', 'Until', *(quantity.name for quantity in QUANTITIES.values()))
    for part in np.array_split(np.array(samples), min(ROWS, len(samples))):
        median = Sample(*np.median(part, axis=0))
        values = (f'{getattr(median, x):.0f} {QUANTITIES[x].unit}' for x in QUANTITIES)
        print_row(f'{part[-1, 0] / 60:.1f} min', *values)


def print_slopes(samples: list[Sample]) -> list[str]:
    """Print the slopes, and return the names of quantities that grow."""
    growing = []
    print_head('Slopes', 'Quantity', 'First third', 'Last third', 'Slope, an hour')
    hours = np.array([x.seconds for x in samples]) / 3600
    third = len(samples) // 3
    for field, (name, unit, growth) in QUANTITIES.items():
        values = np.array([getattr(x, field) for x in samples], float)
        first, last = (round(float(np.median(x)), 1) for x in (values[:third], values[-third:]))
        slope = round(float(np.polyfit(hours, values, 1)[0]), 1) or 0.0
        print_row(name, f'{first:g} {unit}', f'{last:g} {unit}', f'{slope:+.1f} {unit}')
        if last > first * (1 + growth):
            growing.append(name)
    return growing


def main() -> int:
    """Print the tables, and return 1 if something grows."""
    parser = argparse.ArgumentParser(
        description='Run the depth node at full rate for a long time.'
    )
    parser.add_argument('--minutes', type=float, default=30.0)
    parser.add_argument('--rate', type=float, default=30.0, help='pairs a second')
    arguments = parser.parse_args()
    with demo_pair_playing(arguments.rate) as subscriber:
        subscriber.subscribe(OUTPUTS)
        subscriber.wait_for_results(WARM_UP)
        subscriber.received.clear()
        start, samples = time.monotonic(), list[Sample]()
        while time.monotonic() - start < 60 * arguments.minutes:
            samples.append(sample(subscriber, start))
        status = subscriber.next_status()
    print_samples(samples)
    growing = print_slopes(samples)
    counts = ', '.join(f'{x.topic} {subscriber.received[x]}' for x in OUTPUTS)
    print(f'\nReceived: {counts}. Diagnostics: {status["message"]}')
    silent = [x.topic for x in OUTPUTS if not subscriber.received[x]]
    if silent or growing:
        print(f'Silent: {silent or "nothing"}. Growing: {growing or "nothing"}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
