# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo benchmark`: which model, resolution and iterations suit this machine."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from crestereo_ros.benchmarking.end_to_end import COLORS, SIZES
from crestereo_ros.benchmarking.grid import default_models, DEFAULT_RESOLUTIONS, Grid
from crestereo_ros.benchmarking.plot import require_matplotlib
from crestereo_ros.commands.benchmark_of_grid import benchmark_of_grid
from crestereo_ros.commands.benchmark_of_ros import benchmark_of_ros
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.log_warnings import log_warnings
from crestereo_ros.commands.option_values import image_size, in_range, listed
from crestereo_ros.matching.resolution import parse_resolution
from crestereo_ros.models.contracts import ITERATIONS
from crestereo_ros.models.model_files import find_model
from crestereo_ros.providers.engine import PROVIDERS


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'benchmark',
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
        help='names or paths (default: all that the package ships; those in half precision only '
        'where there is a GPU)',
    )
    parser.add_argument(
        '--iterations',
        type=listed(in_range(int, ITERATIONS[0], ITERATIONS[-1])),
        metavar='N,...',
        help="1 to 32 each (default: half of the model's own number, that number, twice as many)",
    )
    parser.add_argument(
        '--resolutions',
        type=listed(str),
        metavar='SIZE,...',
        help='of the network: fast, medium, image, fine or HEIGHTxWIDTH (default: '
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
        type=listed(in_range(int, 0)),
        metavar='N,...',
        help='of the network on the CPU; 0 is as many as there are cores (default: 0)',
    )
    parser.add_argument(
        '--pairs',
        type=in_range(int, 1),
        default=3,
        metavar='N',
        help='how many pairs of a folder or frames of a video to take, spread evenly (default: 3)',
    )
    parser.add_argument(
        '--rounds',
        type=in_range(int, 1),
        default=3,
        metavar='N',
        help='how often each pair is matched at each setting (default: 3)',
    )
    parser.add_argument(
        '--within',
        type=in_range(float, 0, 100),
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
        type=in_range(float, 0.01, 1000),
        default=10.0,
        metavar='HZ',
        help='pairs a second that are played (default: 10)',
    )
    ros.add_argument(
        '--seconds',
        type=in_range(float, 1, 3600),
        default=10.0,
        metavar='S',
        help='how long each size is measured (default: 10)',
    )
    ros.add_argument(
        '--topic',
        default=COLORS,
        help=f'of the depth node, that is subscribed, such as points2 (default: {COLORS})',
    )
    parser.add_argument('--json', action='store_true', help='print JSON in place of the table')
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """
    Run the command; all arguments are checked before the network runs.

    :raises CrestereoError: if a source, a model or an output cannot be used
    """
    with log_warnings('crestereo benchmark'):
        grid = make_grid(options)
        check_outputs(options)
        if options.ros:
            benchmark_of_ros(options)
        else:
            benchmark_of_grid(grid, options)


def make_grid(options: argparse.Namespace) -> Grid:
    """Return the grid; raise a CrestereoError for settings that no machine could run."""
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
