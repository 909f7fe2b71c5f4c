# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo benchmark` without ROS."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from itertools import chain
import json
from pathlib import Path
import sys

from crestereo_ros.benchmarking.advice import advice, fastest_good
from crestereo_ros.benchmarking.benchmark import Benchmark
from crestereo_ros.benchmarking.grid import Grid, Setting
from crestereo_ros.benchmarking.machine import machine
from crestereo_ros.benchmarking.measurement import Measurement
from crestereo_ros.benchmarking.params_file import write_params
from crestereo_ros.benchmarking.plot import draw
from crestereo_ros.benchmarking.results_file import ResultsFile
from crestereo_ros.benchmarking.samples import read_samples
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.native_stderr import silence_native_stderr
from crestereo_ros.commands.progress import clear_progress, progress_bar, Unit
from crestereo_ros.evaluation.table import print_head, print_row

MATCHES = Unit('matches')


def benchmark_of_grid(grid: Grid, options: argparse.Namespace) -> None:
    """Measure the grid, then print and write the results."""
    with silence_native_stderr():
        samples = read_samples(options.sources, options.pairs)
    options.out.mkdir(parents=True, exist_ok=True)
    results = ResultsFile(options.out / 'results.csv')
    benchmark = Benchmark(samples, ' '.join(options.sources), grid, options.rounds, results)
    write_results(benchmark, measure(benchmark), options)


def measure(benchmark: Benchmark) -> list[Measurement]:
    """Return all measurements, and print what is skipped."""
    measurements = []
    with progress_bar('benchmark', sys.stderr, MATCHES) as report:
        for result in chain(benchmark.skips, benchmark.run(report)):
            if isinstance(result, Measurement):
                measurements.append(result)
                continue
            clear_progress(sys.stderr)
            reason = ' '.join(result.reason.split())
            print(f'crestereo benchmark: skipped: {reason}', file=sys.stderr)
    return measurements


def print_table(measurements: list[Measurement], reference: Setting | None) -> None:
    print_head(
        '**Times and errors of a pair.**',
        'Model',
        'Resolution',
        'Iterations',
        'Provider',
        'Threads',
        'Time (fastest to slowest)',
        'EPE',
        'bad-2.0',
    )
    for x in measurements:
        setting = (x.resolution, x.iterations, x.provider, x.threads or 'all')
        print_row(
            Path(x.model).stem,
            *(['-'] * len(setting) if x.is_sgbm else setting),
            f'{x.time_ms:.0f} ms ({min(x.times_ms):.0f} to {max(x.times_ms):.0f})',
            *(
                ('reference', 'reference')
                if x.setting == reference
                else (f'{x.end_point_error:.2f} px', f'{x.bad_2:.1f} %')
            ),
        )


def write_results(
    benchmark: Benchmark, measurements: list[Measurement], options: argparse.Namespace
) -> None:
    """Write and print the measurements and the advice."""
    if all(x.is_sgbm for x in measurements):
        raise CommandError('no setting could be measured')
    against = f'reference: {benchmark.reference}' if benchmark.reference else 'against the truth'
    chosen = fastest_good(measurements, options.within)
    sentence = advice(measurements, options.within, benchmark.reference)
    text = json.dumps(
        {
            'source': ' '.join(options.sources),
            'machine': machine(),
            'quality': against,
            'measurements': [{**asdict(x), 'time_ms': x.time_ms} for x in measurements],
            'advice': sentence,
            'parameters': asdict(chosen.setting),
        },
        indent=2,
    )
    (options.out / 'results.json').write_text(text + '\n')
    if not options.no_plot:
        pairs = measurements[0].pairs
        title = f'{machine()}\n{pairs} {"pair" if pairs == 1 else "pairs"}, {against}'
        draw(options.out / 'plot.png', measurements, title, options.within)
    if options.write_params:
        comment = f'Written by `crestereo benchmark` on {machine()}'
        write_params(options.write_params, chosen.setting, comment)
    if options.json:
        print(text)
        return
    print_table(measurements, benchmark.reference)
    print(f'\n{machine()}; {against}.\n{sentence}')
    written = ['results.csv', 'results.json', *([] if options.no_plot else ['plot.png'])]
    print(f'Wrote {", ".join(str(options.out / name) for name in written)}', end='')
    print(f', {options.write_params}' if options.write_params else '')
