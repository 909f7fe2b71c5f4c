# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo benchmark`: which model, resolution and iterations suit this machine."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from itertools import chain
import json
import os
from pathlib import Path
import sys
from typing import TypeVar

from crestereo_ros.benchmarking.advice import advice, fastest_good
from crestereo_ros.benchmarking.benchmark import Benchmark
from crestereo_ros.benchmarking.grid import default_models, DEFAULT_RESOLUTIONS, Grid, Skip
from crestereo_ros.benchmarking.machine import machine
from crestereo_ros.benchmarking.measurement import Measurement
from crestereo_ros.benchmarking.params_file import write_params
from crestereo_ros.benchmarking.plot import draw, require_matplotlib
from crestereo_ros.benchmarking.results_file import ResultsFile
from crestereo_ros.benchmarking.samples import read_samples
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.log_warnings import log_warnings
from crestereo_ros.commands.native_stderr import silence_native_stderr
from crestereo_ros.commands.progress import CLEAR_LINE, progress_bar, Unit
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching.contracts import ITERATIONS
from crestereo_ros.matching.model_files import find_model
from crestereo_ros.matching.providers import PROVIDERS
from crestereo_ros.matching.resolution import parse_resolution

NAME = 'crestereo benchmark'
MATCHES = Unit('matches')

Value = TypeVar('Value')


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'benchmark',
        help='find the model, resolution and iterations that suit this machine',
        description='Match some pairs with every combination of models, iterations, resolutions, '
        'providers and threads, and with SGBM, which is what people would otherwise use. Print '
        'times and errors, draw them, and advise a setting. Measurements are written as they '
        'come; those that are in the folder already are not repeated.',
    )
    parser.add_argument(
        'sources',
        metavar='SOURCE',
        nargs='+',
        help='left and right image; a folder with left.png, right.png and, for errors against '
        'the truth, truth.npz (array disparity), or a folder of such folders; or a video as for '
        'crestereo depth. Without a truth, the slowest setting of the first model is the '
        'reference',
    )
    parser.add_argument(
        '--models',
        type=listed(str),
        metavar='NAME,...',
        help='names or paths (default: all that the package ships)',
    )
    parser.add_argument(
        '--iterations',
        type=listed(iteration_count),
        default=(),
        metavar='N,...',
        help="1 to 32 each (default: half of the model's own number, that number, twice as many)",
    )
    parser.add_argument(
        '--resolutions',
        type=listed(str),
        default=DEFAULT_RESOLUTIONS,
        metavar='SIZE,...',
        help='of the network: fast, image, fine or HEIGHTxWIDTH (default: '
        f'{",".join(DEFAULT_RESOLUTIONS)})',
    )
    parser.add_argument(
        '--providers',
        type=listed(str),
        default=('auto',),
        metavar='NAME,...',
        help=f'{", ".join(PROVIDERS)} (default: auto)',
    )
    parser.add_argument(
        '--threads',
        type=listed(natural),
        default=(0,),
        metavar='N,...',
        help='of the network on the CPU; 0 is as many as there are cores (default: 0)',
    )
    parser.add_argument(
        '--pairs',
        type=positive,
        default=3,
        metavar='N',
        help='how many pairs of a folder or frames of a video to take, spread evenly (default: 3)',
    )
    parser.add_argument(
        '--rounds',
        type=positive,
        default=3,
        metavar='N',
        help='how often each pair is matched at each setting (default: 3)',
    )
    parser.add_argument(
        '--within',
        type=percentage,
        default=5.0,
        metavar='PERCENT',
        help='advise the fastest setting with at most so many percent fewer pixels right within '
        '2 px than the best one (default: 5)',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('crestereo_benchmark'),
        metavar='FOLDER',
        help='where results.csv, results.json and plot.png go (default: crestereo_benchmark)',
    )
    parser.add_argument('--no-plot', action='store_true', help='draw nothing')
    parser.add_argument(
        '--write-params',
        type=Path,
        metavar='FILE',
        help='write the advised setting as parameters of the depth node: a YAML file for '
        'params_file:=FILE of the launch files, or --ros-args --params-file FILE',
    )
    parser.add_argument('--json', action='store_true', help='print JSON in place of the table')
    parser.set_defaults(run=run)


def listed(convert: Callable[[str], Value]) -> Callable[[str], tuple[Value, ...]]:
    """Return a function that reads values with commas between them."""

    def read(text: str) -> tuple[Value, ...]:
        parts = [part.strip() for part in text.split(',')]
        if not all(parts):
            raise argparse.ArgumentTypeError(f'{text!r} has an empty value')
        return tuple(dict.fromkeys(map(convert, parts)))

    read.__name__ = f'{convert.__name__} list'  # in the message of an error
    return read


def natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f'{text} is below 0')
    return number


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'{text} is below 1')
    return number


def iteration_count(text: str) -> int:
    number = int(text)
    if number not in ITERATIONS:
        raise argparse.ArgumentTypeError(f'{text} is not 1 to 32')
    return number


def percentage(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f'{text} is not 0 to 100')
    return number


def run(options: argparse.Namespace) -> None:
    """
    Run the command; all arguments are checked before the network runs.

    :raises CrestereoError: if a source, a model or an output cannot be used
    """
    with log_warnings(NAME):
        grid = make_grid(options)
        check_outputs(options)
        with silence_native_stderr():
            samples = read_samples(options.sources, options.pairs)
        options.out.mkdir(parents=True, exist_ok=True)
        results = ResultsFile(options.out / 'results.csv')
        source = ' '.join(options.sources)
        benchmark = Benchmark(samples, source, grid, options.rounds, results)
        measurements = measure(benchmark, quiet=options.json)
        write_results(benchmark, measurements, options)


def make_grid(options: argparse.Namespace) -> Grid:
    """Return the grid; raise a CrestereoError for what no machine could run."""
    models = options.models or default_models()
    for model in models:
        find_model(model)
    for resolution in options.resolutions:
        parse_resolution(resolution)
    for provider in options.providers:
        if provider not in PROVIDERS:
            raise CommandError(f'there is no provider {provider!r}, only {", ".join(PROVIDERS)}')
    return Grid(
        models=tuple(models),
        iterations=options.iterations,
        resolutions=options.resolutions,
        providers=options.providers,
        threads=options.threads,
    )


def check_outputs(options: argparse.Namespace) -> None:
    """Raise a CrestereoError for outputs that cannot be written."""
    if not options.no_plot:
        require_matplotlib()
    if options.out.exists() and not options.out.is_dir():
        raise CommandError(f'{options.out} is a file: --out names a folder')
    params = options.write_params
    if params and (params.is_dir() or not os.access(params.parent, os.W_OK)):
        raise CommandError(f'{params} cannot be written: name a file in a folder of yours')


def measure(benchmark: Benchmark, quiet: bool) -> list[Measurement]:
    """Return all measurements, and print each one as it comes unless `quiet`."""
    measurements = []
    if not quiet:
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
    with progress_bar('benchmark', sys.stderr, MATCHES) as report:
        for result in chain(benchmark.skips, benchmark.run(report)):
            if sys.stderr.isatty():
                sys.stderr.write(CLEAR_LINE)
                sys.stderr.flush()
            if isinstance(result, Skip):
                print(f'{NAME}: skipped:', *result.reason.splitlines(), file=sys.stderr)
                continue
            measurements.append(result)
            if not quiet:
                print_measurement(result)
    return measurements


def print_measurement(x: Measurement) -> None:
    print_row(
        Path(x.model).stem,
        *(
            ('-',) * 4
            if x.is_sgbm
            else (x.resolution, x.iterations, x.provider, x.threads or 'all')
        ),
        f'{x.time_ms:.0f} ms ({x.fastest_ms:.0f} to {x.slowest_ms:.0f})',
        f'{x.end_point_error:.2f} px',
        f'{x.bad_2:.1f} %',
    )


def write_results(
    benchmark: Benchmark, measurements: list[Measurement], options: argparse.Namespace
) -> None:
    """Write and print what the measurements say together."""
    if all(x.is_sgbm for x in measurements):
        raise CommandError('no setting could be measured')
    against = f'reference: {benchmark.reference}' if benchmark.reference else 'against the truth'
    chosen = fastest_good(measurements, options.within)
    sentence = advice(measurements, options.within)
    text = json.dumps(
        {
            'source': ' '.join(options.sources),
            'machine': machine(),
            'quality': against,
            'measurements': [asdict(x) for x in measurements],
            'advice': sentence,
            'parameters': asdict(chosen.setting),
        },
        indent=2,
    )
    (options.out / 'results.json').write_text(text + '\n')
    if not options.no_plot:
        draw(options.out / 'plot.png', measurements, f'{machine()}\n{against}', options.within)
    if options.write_params:
        comment = f'Written by `{NAME}` on {machine()}'
        write_params(options.write_params, chosen.setting, comment)
    if options.json:
        print(text)
        return
    print(f'\n{machine()}; {against}.\n{sentence}')
    written = ['results.csv', 'results.json', *([] if options.no_plot else ['plot.png'])]
    print(f'Wrote {", ".join(str(options.out / name) for name in written)}', end='')
    print(f', {options.write_params}' if options.write_params else '')
