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
from crestereo_ros.benchmarking.end_to_end import check_ros, end_to_end, EndToEnd, SIZES
from crestereo_ros.benchmarking.grid import (
    default_models,
    DEFAULT_RESOLUTIONS,
    Grid,
    Setting,
    Skip,
)
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
from crestereo_ros.evaluation.pairs import pair_folders
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching.contracts import ITERATIONS
from crestereo_ros.matching.model_files import DEFAULT_MODEL, find_model
from crestereo_ros.matching.providers import PROVIDERS
from crestereo_ros.matching.resolution import FAST, parse_resolution
from crestereo_ros.preparation import ImageSize
from crestereo_ros.sources import open_source

NAME = 'crestereo benchmark'
MATCHES = Unit('matches')
RUNS = Unit('runs')

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
        metavar='N,...',
        help="1 to 32 each (default: half of the model's own number, that number, twice as many)",
    )
    parser.add_argument(
        '--resolutions',
        type=listed(str),
        metavar='SIZE,...',
        help='of the network: fast, image, fine or HEIGHTxWIDTH (default: '
        f'{",".join(DEFAULT_RESOLUTIONS)})',
    )
    parser.add_argument(
        '--providers',
        type=listed(str),
        metavar='NAME,...',
        help=f'{", ".join(PROVIDERS)} (default: auto)',
    )
    parser.add_argument(
        '--threads',
        type=listed(natural),
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
    ros = parser.add_argument_group(
        'with --ros',
        'Measure the way over ROS instead, from the player to the depth node to a subscriber, '
        'beside a loop without ROS. The options of the grid take one value each; their defaults '
        'are those of the depth node. Of a folder the first pair is played.',
    )
    ros.add_argument('--ros', action='store_true', help='measure rates, latency and load')
    ros.add_argument(
        '--sizes',
        type=listed(image_size),
        default=SIZES,
        metavar='SIZE,...',
        help='HEIGHTxWIDTH that the images are given (default: 240x320,480x640,720x1280)',
    )
    ros.add_argument(
        '--rate',
        type=rate,
        default=10.0,
        metavar='HZ',
        help='pairs a second that are played (default: 10)',
    )
    ros.add_argument(
        '--seconds',
        type=duration,
        default=10.0,
        metavar='S',
        help='how long each size is measured (default: 10)',
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


def rate(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError(f'{text} is not above 0 and up to 1000')
    return number


def duration(text: str) -> float:
    number = float(text)
    if not 1 <= number <= 3600:
        raise argparse.ArgumentTypeError(f'{text} is not 1 to 3600')
    return number


def image_size(text: str) -> tuple[int, int]:
    fixed = ImageSize.of(text).fixed
    if fixed is None:
        raise argparse.ArgumentTypeError(f'{text} is not HEIGHTxWIDTH')
    return fixed


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
        if options.ros:
            measure_ros(options)
            return
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
    for resolution in options.resolutions or ():
        parse_resolution(resolution)
    for provider in options.providers or ():
        if provider not in PROVIDERS:
            raise CommandError(f'there is no provider {provider!r}, only {", ".join(PROVIDERS)}')
    return Grid(
        models=tuple(models),
        iterations=options.iterations or (),
        resolutions=options.resolutions or DEFAULT_RESOLUTIONS,
        providers=options.providers or ('auto',),
        threads=options.threads or (0,),
    )


def check_outputs(options: argparse.Namespace) -> None:
    """Raise a CrestereoError for outputs that cannot be written."""
    if not (options.no_plot or options.ros):
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
            clear_progress()
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


def measure_ros(options: argparse.Namespace) -> None:
    """Measure the way over ROS, and print and write what came of it."""
    check_ros()
    sources = played_sources(options.sources)
    setting = Setting(
        model=only('models', options.models, DEFAULT_MODEL),
        iterations=only('iterations', options.iterations, 0),
        resolution=only('resolutions', options.resolutions, FAST),
        provider=only('providers', options.providers, 'auto'),
        threads=only('threads', options.threads, 0),
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
            'Inference',
            'Not inference',
            'CPU',
            'Memory',
        )
    with progress_bar('benchmark', sys.stderr, RUNS) as report:
        total = 2 * len(options.sizes)
        report(0, total)
        for result in end_to_end(sources, options.sizes, setting, options.rate, options.seconds):
            results.append(result)
            if not options.json:
                clear_progress()
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
        f'{x.inference_ms:.0f} ms',
        f'{x.not_inference:.0f} %',
        f'{x.cpu_percent:.0f} %',
        f'{x.memory_mb:.0f} MB',
    )


def clear_progress() -> None:
    """Remove the progress bar, so that a line can be printed."""
    if sys.stderr.isatty():
        sys.stderr.write(CLEAR_LINE)
        sys.stderr.flush()
