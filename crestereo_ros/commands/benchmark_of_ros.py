# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo benchmark --ros`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
import json
from pathlib import Path
import signal
import sys
from typing import TypeVar

from crestereo_ros.benchmarking.end_to_end import check_ros, end_to_end, EndToEnd
from crestereo_ros.benchmarking.grid import Setting
from crestereo_ros.benchmarking.machine import machine
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.native_stderr import silence_native_stderr
from crestereo_ros.commands.progress import clear_progress, progress_bar, Unit
from crestereo_ros.evaluation.pairs import pair_folders
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.parameters import DEPTH_PARAMETERS
from crestereo_ros.sources import open_source

RUNS = Unit('runs')
DEFAULTS = {each.name: each.default for each in DEPTH_PARAMETERS}  # of the depth node

Value = TypeVar('Value')


def benchmark_of_ros(options: argparse.Namespace) -> None:
    """Measure the way over ROS, then print and write the results."""
    check_ros()
    sources = played_sources(options.sources)
    # As an exception, so that the nodes end with this process.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    setting = Setting(
        model=only('models', options.models, DEFAULTS['model']),
        iterations=only('iterations', options.iterations, DEFAULTS['iterations']),
        resolution=only('resolutions', options.resolutions, DEFAULTS['resolution']),
        provider=only('providers', options.providers, DEFAULTS['provider']),
        threads=only('threads', options.threads, DEFAULTS['threads']),
    )
    results = []
    if not options.json:
        print_head(
            f'**Pairs over ROS, played at {options.rate:g} Hz, beside a loop without ROS.**',
            'Images',
            'Path',
            'Played',
            'Received',
            'Results',
            'Latency (95th percentile)',
            'Delivery',
            'Message',
            'Inference',
            'Not inference',
            'CPU',
            'Memory',
        )
    with progress_bar('benchmark', sys.stderr, RUNS) as report:
        total = 2 * len(options.sizes)
        report(0, total)
        measured = end_to_end(
            sources, options.sizes, setting, options.rate, options.seconds, options.topic
        )
        for result in measured:
            results.append(result)
            if not options.json:
                clear_progress(sys.stderr)
                print_end_to_end(result)
            report(len(results), total)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / 'ros.json'
    text = json.dumps(
        {
            'source': ' '.join(options.sources),
            'machine': machine(),
            'parameters': asdict(setting),
            'rate': options.rate,
            'topic': options.topic,
            'seconds': options.seconds,
            'measurements': [asdict(x) for x in results],
        },
        indent=2,
    )
    path.write_text(text + '\n')
    print(text if options.json else f'\n{machine()}; {setting}.\nWrote {path}')


def played_sources(sources: list[str]) -> list[str]:
    """Return one or two sources that the player can open; raise a CrestereoError for others."""
    pairs = pair_folders(Path(sources[0]))
    if len(sources) == 1 and pairs:
        sources = [str(pairs[0] / f'{side}.png') for side in ('left', 'right')]
    if len(sources) > 2:
        raise CommandError('--ros takes a folder of a pair, a video, or a left and a right source')
    with silence_native_stderr():
        open_source(*sources)
    return sources


def only(option: str, values: tuple[Value, ...] | None, default: Value) -> Value:
    """Return the one value of an option, or the default; raise CommandError for several."""
    if values and len(values) > 1:
        raise CommandError(f'--{option} takes one value with --ros')
    return values[0] if values else default


def print_end_to_end(x: EndToEnd) -> None:
    print_row(
        f'{x.height}x{x.width}',
        x.path,
        *(f'{rate:.1f} Hz' for rate in (x.published_hz, x.in_hz, x.out_hz)),
        f'{x.latency_ms:.0f} ms ({x.latency_95_ms:.0f})',
        '-' if x.delivery_ms is None else f'{x.delivery_ms:.1f} ms',
        '-' if x.message_kb is None else f'{x.message_kb:.0f} kB',
        f'{x.inference_ms:.0f} ms',
        f'{x.not_inference:.0f} %',
        f'{x.cpu_percent:.0f} %',
        f'{x.memory_mb:.0f} MB',
    )
