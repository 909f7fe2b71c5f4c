# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo offset`: by how much the disparities of a rig are too large."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

from crestereo_ros.calibration import CalibrationError, read_stereo_calibration
from crestereo_ros.calibration.disparity_offset import (
    DisparityOffset,
    find_offset,
    measure_wall,
    Wall,
)
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.option_values import in_range
from crestereo_ros.evaluation.disparity_files import read_disparity

MIDDLE = 1 / 3  # of the sides of the image, the region unless another is given


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'offset',
        description='Find disparity_offset: by how many pixels all disparities of a rig are too '
        'large. Put the cameras straight before a flat wall with texture, at two or more measured '
        'distances, and give the disparities that `crestereo depth --disparity` writes of them.',
    )
    parser.add_argument(
        'disparities', metavar='DISPARITY', nargs='+', type=Path, help='.npy, .npz or .pfm files'
    )
    parser.add_argument(
        '--distances',
        nargs='+',
        required=True,
        type=in_range(float, 0.01, 1e4),
        metavar='METRES',
        help='from the left camera to the wall, one for each file',
    )
    parser.add_argument(
        '--distance-error',
        type=in_range(float, 0.0, 10.0),
        default=0.005,
        metavar='METRES',
        help='standard uncertainty of each distance (default: 0.005)',
    )
    parser.add_argument(
        '--region',
        type=region,
        metavar='X,Y,WIDTH,HEIGHT',
        help='pixels that show the wall (default: the middle third of both sides)',
    )
    parser.add_argument(
        '--calibration',
        nargs='+',
        metavar='FILE',
        help='calibration of both cameras, in one file or two, as of `crestereo depth`. It gives '
        'the principal points, and focal length and baseline to compare with',
    )
    parser.add_argument(
        '--keep-baseline',
        action='store_true',
        help='rely on focal length and baseline of --calibration: one distance is then enough',
    )
    parser.add_argument('--json', action='store_true', help='print JSON in place of text')
    parser.set_defaults(run=run)


def region(text: str) -> tuple[int, int, int, int]:
    try:
        x, y, width, height = map(int, text.split(','))
    except ValueError:
        x = y = width = height = -1
    if min(x, y) < 0 or min(width, height) < 1:
        raise argparse.ArgumentTypeError(f'{text} is not X,Y,WIDTH,HEIGHT in pixels')
    return x, y, width, height


def run(options: argparse.Namespace) -> None:
    """
    Run the command.

    :raises CrestereoError: if a file cannot be read, or the walls do not tell
    """
    if len(options.disparities) != len(options.distances):
        raise CommandError(
            f'{len(options.disparities)} disparities have {len(options.distances)} distances: '
            'give one for each, in their order'
        )
    if options.keep_baseline and not options.calibration:
        raise CommandError('--keep-baseline needs --calibration')
    planes = [read(path) for path in options.disparities]
    shapes = {plane.shape for plane in planes}
    if len(shapes) > 1:
        raise CommandError('the disparities have different sizes: use images of one camera')
    height, width = shapes.pop()
    product, principal = None, 0.0
    if options.calibration:
        if len(options.calibration) > 2:
            raise CommandError('--calibration takes one or two files')
        calibration = read_stereo_calibration(*options.calibration).for_image(width, height)
        product = calibration.focal_length * calibration.baseline
        principal = calibration.principal_offset
    walls = [
        wall_in(plane - principal, options.region, path)
        for plane, path in zip(planes, options.disparities, strict=True)
    ]
    found = find_offset(
        walls,
        options.distances,
        options.distance_error,
        product if options.keep_baseline else None,
    )
    if options.json:
        print(json.dumps(as_json(options, walls, found, product), indent=2))
    else:
        print_report(options, walls, found, product)


def read(path: Path) -> np.ndarray:
    disparity = read_disparity(path)
    if disparity is None:
        raise CommandError(f'{path} is no disparity: give what crestereo depth --disparity writes')
    return disparity


def wall_in(disparity: np.ndarray, region: tuple[int, int, int, int] | None, path: Path) -> Wall:
    height, width = disparity.shape
    if region is None:
        rows, columns = (round(MIDDLE * side) for side in (height, width))
        region = (width - columns) // 2, (height - rows) // 2, columns, rows
    x, y, columns, rows = region
    if x + columns > width or y + rows > height:
        raise CommandError(f'--region is not inside of {path}, which is {width}x{height} pixels')
    try:
        return measure_wall(disparity[y : y + rows, x : x + columns])
    except CalibrationError as error:
        raise CommandError(f'{path}: {error}') from error


def as_json(
    options: argparse.Namespace,
    walls: list[Wall],
    found: DisparityOffset,
    product: float | None,
) -> dict[str, object]:
    return {
        'disparity_offset': found.pixels,
        'uncertainty': found.uncertainty,
        'focal_length_times_baseline': None if math.isnan(found.product) else found.product,
        'its_uncertainty': None if math.isnan(found.product) else found.product_uncertainty,
        'of_calibration': product,
        'walls': [
            {
                'file': str(path),
                'distance': distance,
                'disparity': wall.disparity,
                'spread': wall.spread,
                'residual': residual,
            }
            for path, distance, wall, residual in zip(
                options.disparities, options.distances, walls, found.residuals, strict=True
            )
        ],
    }


def print_report(
    options: argparse.Namespace,
    walls: list[Wall],
    found: DisparityOffset,
    product: float | None,
) -> None:
    for path, distance, wall, residual in zip(
        options.disparities, options.distances, walls, found.residuals, strict=True
    ):
        print(
            f'{path}: {distance:g} m, {wall.disparity:.3f} px; parts of the wall differ by '
            f'{wall.spread:.3f} px; off by {residual:+.3f} px'
        )
    print(f'disparity_offset {found.pixels:.3f} px, give or take {found.uncertainty:.3f} px')
    if not math.isnan(found.product):
        compared = '' if product is None else f'; the calibration says {product:.3f}'
        print(
            f'focal length times baseline {found.product:.3f} px m, give or take '
            f'{found.product_uncertainty:.3f}{compared}'
        )
        off = 0.0 if product is None else abs(found.product - product)
        if off > 3 * found.product_uncertainty:
            print(
                'warning: they differ by more than three times that, so not only the offset is '
                'wrong: measure the distances from the left lens, or calibrate again'
            )
    if abs(found.pixels) < 2 * found.uncertainty:
        print('this is within the uncertainty: no offset has been shown')
    else:
        print(
            f'set it as: ros2 param set /stereo_depth disparity_offset {found.pixels:.3f}, or '
            f'crestereo depth --doffs with {-found.pixels:.3f} more than without'
        )
