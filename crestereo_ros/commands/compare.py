# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo compare`: how alike two disparities or two pictures are."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.native_stderr import silence_native_stderr
from crestereo_ros.evaluation.comparison import disparity_figures, scaled_disparity, unit_factor
from crestereo_ros.evaluation.disparity_files import read_disparity
from crestereo_ros.evaluation.picture_measures import (
    histogram_distance,
    structural_similarity,
)
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.pictures import error_map
from crestereo_ros.preparation import ImageSize
from crestereo_ros.sources.image_pair import read_image
from crestereo_ros.sources.local_file import LocalFile

INSTALL = 'pip install scikit-image (the extra `compare`)'
LABELS = {
    'end_point_error': 'End-point error',
    'd1': 'D1',
    'density': 'Density',
    'compared': 'Compared pixels',
    'histogram_distance': 'Histogram distance',
    'ssim': 'SSIM',
}
IN_PIXELS = ('end_point_error',)
WITHOUT_UNIT = 'histogram_distance', 'ssim'


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'compare',
        description='Compare two disparities (.npy, .npz, .pfm, 16-bit PNG with --scale) by '
        'end-point error, bad pixels, D1 and density, where B is the truth; or two pictures by '
        'their colours (histogram distance: 0 same, 1 different) and their structure (SSIM: 1 '
        'same). If the sizes differ, A is scaled to B.',
    )
    parser.add_argument('a', metavar='A', type=Path, help='disparity or picture to judge')
    parser.add_argument('b', metavar='B', type=Path, help='the truth, or what to compare with')
    parser.add_argument(
        '--scale',
        type=scale_factor,
        metavar='N',
        help='number by which the disparities in PNG images with one channel are multiplied: 256 '
        'in 16-bit PNG of KITTI; 0 is unknown',
    )
    parser.add_argument(
        '--mask',
        type=Path,
        metavar='PICTURE',
        help='count only pixels where this picture, of the size of B, is brightest (white)',
    )
    parser.add_argument(
        '--picture',
        type=Path,
        metavar='OUT',
        help='draw the error of disparities in colours, with a legend: OUT.png',
    )
    parser.add_argument(
        '--json', action='store_true', help='print JSON instead of a table; shares are 0 to 1'
    )
    parser.set_defaults(run=run)


def scale_factor(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = math.nan
    if not 0 < scale < math.inf:
        raise argparse.ArgumentTypeError(f'{text} is no number above 0')
    return scale


def run(options: argparse.Namespace) -> None:
    """
    Run the command.

    :raises CrestereoError: if a file cannot be read, or the two cannot be compared
    """
    if options.picture and not cv2.haveImageWriter(str(options.picture)):
        raise CommandError(f'{options.picture} is no image that can be written: use .png')
    with silence_native_stderr():
        a, b = (read(path, options.scale) for path in (options.a, options.b))
        mask = read_mask(options.mask, b.shape) if options.mask else None
    kinds = ['disparity' if each.ndim == 2 else 'picture' for each in (a, b)]
    if kinds[0] != kinds[1]:
        raise CommandError(
            f'{options.a} is a {kinds[0]}, but {options.b} is a {kinds[1]}: compare two of one '
            'kind (a PNG with one channel is read as disparity with --scale)'
        )
    notes = []
    if a.shape != b.shape:
        notes.append(
            f'{options.a} ({size(a)}) was scaled to the size of {options.b} ({size(b)})'
            + (', and its disparities with the width' if kinds[0] == 'disparity' else '')
        )
    if kinds[0] == 'disparity':
        figures = compare_disparities(options, a, b, mask, notes)
    else:
        figures = compare_pictures(options, a, b, notes)
    if options.json:
        print(json.dumps(as_json(options, kinds[0], figures, notes), indent=2))
    else:
        print_table(options, figures, notes)


def read(path: Path, scale: float | None) -> np.ndarray:
    """Return a disparity, float32 (H, W), or a picture, uint8 (H, W, 3), BGR."""
    file = LocalFile(path)
    disparity = read_disparity(file.path, scale)
    if disparity is not None:
        return disparity
    if not file.is_image():
        raise CommandError(
            f'{path} is neither a disparity (.npy, .npz, .pfm, 16-bit PNG) nor a picture'
        )
    return read_image(file)


def read_mask(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Return where the mask is brightest, bool (H, W)."""
    mask = read_image(LocalFile(path)).max(axis=2)
    if mask.shape != shape[:2]:
        raise CommandError(
            f'the mask {path} is {size(mask)}, not {shape[1]}x{shape[0]} (width x height) as B'
        )
    return (mask == mask.max()) & (mask > 0)


def compare_disparities(
    options: argparse.Namespace,
    a: np.ndarray,
    b: np.ndarray,
    mask: np.ndarray | None,
    notes: list[str],
) -> dict[str, float]:
    """Return the figures by name; draw the picture, and add to the notes."""
    for path, disparity in (options.a, a), (options.b, b):
        if not np.isfinite(disparity).any():
            raise CommandError(f'{path} has no known disparity: all pixels are unknown')
    if a.shape != b.shape:
        a = scaled_disparity(a, b.shape)
    truth = np.isfinite(b) if mask is None else np.isfinite(b) & mask
    compared = truth & np.isfinite(a)
    if not compared.any():
        within = f' within the mask {options.mask}' if options.mask else ''
        raise CommandError(f'{options.a} and {options.b} have no known pixel in common{within}')
    factor = unit_factor(a[compared], b[compared])
    if factor != 1:
        larger, smaller = (options.a, options.b) if factor > 1 else (options.b, options.a)
        unit = round(max(factor, 1 / factor))
        notes.append(
            f'{larger} has about {unit} times the values of {smaller}, so one of them is probably '
            f'not in pixels: check --scale, or divide an array by {unit}'
        )
    if options.picture:
        errors = np.full(b.shape, np.nan, np.float32)
        errors[compared] = np.abs(a[compared] - b[compared])
        image = cv2.imencode(options.picture.suffix, error_map(errors, truth & ~compared))[1]
        options.picture.write_bytes(image.tobytes())
        notes.append(f'wrote {options.picture}')
    return {**disparity_figures(a, b, mask), 'compared': float(compared.mean())}


def compare_pictures(
    options: argparse.Namespace, a: np.ndarray, b: np.ndarray, notes: list[str]
) -> dict[str, float]:
    """Return the figures by name, and add to the notes."""
    for name in 'picture', 'mask':
        if getattr(options, name):
            raise CommandError(
                f'--{name} is for disparities, but {options.a} and {options.b} are pictures'
            )
    a = ImageSize(fixed=b.shape[:2]).apply(a)
    figures = {'histogram_distance': histogram_distance(a, b), 'ssim': math.nan}
    try:
        figures['ssim'] = structural_similarity(a, b)
    except ImportError as error:
        notes.append(f'no SSIM, which needs scikit-image ({error}): {INSTALL}')
    return figures


def as_json(
    options: argparse.Namespace, kind: str, figures: dict[str, float], notes: list[str]
) -> dict[str, object]:
    known = {name: None if math.isnan(value) else value for name, value in figures.items()}
    return {'a': str(options.a), 'b': str(options.b), 'kind': kind, **known, 'notes': notes}


def print_table(options: argparse.Namespace, figures: dict[str, float], notes: list[str]) -> None:
    print_head(f'**{options.a} against {options.b}.**', 'Measure', 'Value')
    for name, value in figures.items():
        print_row(LABELS.get(name, name.replace('_', '-')), with_unit(name, value))
    if notes:
        print('', *notes, sep='\n')


def with_unit(name: str, value: float) -> str:
    if math.isnan(value):
        return '-'
    if name in WITHOUT_UNIT:
        return f'{value:.4f}'
    return f'{value:.2f} px' if name in IN_PIXELS else f'{value:.1%}'.replace('%', ' %')


def size(image: np.ndarray) -> str:
    return f'{image.shape[1]}x{image.shape[0]}'
