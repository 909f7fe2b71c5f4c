# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo models check`: how a network's file is to be read, and whether it works."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.atomic_write import write_atomically
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.evaluation import sgbm
from crestereo_ros.evaluation.disparity_files import read_disparity
from crestereo_ros.evaluation.model_check import (
    difference,
    judge,
    POOR,
    Trial,
    try_described,
    try_readings,
    Verdict,
)
from crestereo_ros.evaluation.pairs import read_pair
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import NotStereoModelError
from crestereo_ros.models.checksums import digest_of
from crestereo_ros.models.description import Description
from crestereo_ros.models.entries import write_entries
from crestereo_ros.models.errors import DescriptionError
from crestereo_ros.models.model_files import find_model
from crestereo_ros.pictures import DisparityRange, side_by_side
from crestereo_ros.shared_folders import shared_folders

WIDEST = 256  # pixels that the right image is searched by where there is no truth
SubParsers = argparse._SubParsersAction  # the type of what add_subparsers returns


def add_parser(actions: SubParsers) -> None:
    """Add the action to the subparsers of `crestereo models`."""
    action = actions.add_parser(
        'check',
        help='find out how a file is to be read, and whether it works',
        description='Run a model on a pair whose disparity is known, the one of the demo unless '
        'another is named. A file that no description fits is run under every reading that its '
        'inputs and outputs allow: colours, scales, signs, units. A table shows which one fits.',
    )
    action.add_argument('model', metavar='MODEL', help='name or path, as for depth')
    action.add_argument('images', nargs='*', metavar='IMAGE', type=Path, help='left and right')
    action.add_argument(
        '--truth',
        type=Path,
        metavar='FILE',
        help='the true disparity of IMAGEs, .npy, .npz or .pfm (default: what semi-global '
        'matching finds)',
    )
    action.add_argument(
        '--write', action='store_true', help='write the reading that fits to a .yaml beside MODEL'
    )
    action.add_argument('--picture', type=Path, metavar='FILE', help='write the best disparity')
    action.add_argument('--provider', default='cpu', help='what runs MODEL (default: cpu)')
    action.set_defaults(run=check_model)


def check_model(options: argparse.Namespace) -> None:
    """
    Print what was tried and what fits.

    :raises CommandError: where nothing fits
    """
    path = find_model(options.model)
    left, right, truth = _pair(options.images, options.truth)
    trials: list[Trial] = []
    try:
        trials.append(try_described(path, left, right, truth, options.provider))
    except DescriptionError:
        raise
    except NotStereoModelError:
        if path.with_suffix('.yaml').is_file():
            raise
    is_described = bool(trials)
    readings = try_readings(path, left, right, truth, options.provider)
    if not is_described:  # before the table begins: whether there are any
        trials.append(next(readings))
    print_head(str(path), 'Reading', 'Error', 'Wrong pixels', 'Time')
    _print_trial(trials[0], 'as described' if is_described else _shown(trials[0].description))
    verdict = judge(trials, truth)
    if not is_described or not verdict.fits or verdict.best.wrong > POOR:
        with suppress(NotStereoModelError):  # it is described, and has no other reading
            for trial in readings:
                trials.append(trial)
                _print_trial(trial, _shown(trial.description))
        verdict = judge(trials, truth)
    if options.picture and verdict.best.disparity is not None:
        _write_picture(options.picture, left, verdict.best.disparity)
    _conclude(path, verdict, is_described and verdict.best is trials[0], trials, options.write)


def _conclude(
    path: Path, verdict: Verdict, is_described: bool, trials: Sequence[Trial], write: bool
) -> None:
    best, print_line = verdict.best, f'\n{path.name}: '
    if not verdict.fits:
        raise CommandError(f'{path.name} fits no reading: {verdict.hint}')
    name = best.description.name or 'a network without a name'
    print(
        f'{print_line}{name}, {100 * best.wrong:.1f} % wrong pixels, error {best.error:.2f} px. '
        f'Licence: {best.description.licence}'
        + (' (research only)' if best.description.research_only else '')
    )
    if best.wrong > POOR:
        print(
            'Poor: a network for other scenes, damaged weights, or a reading that was not tried.'
        )
    if is_described:
        print('Its description fits.')
        return
    for doubt in verdict.doubts:
        print(f'Not clear: {doubt} does as well.')
    others = [x for x in trials if difference(x, best)]
    if not verdict.doubts and others:
        second = min(others, key=lambda x: x.wrong)
        print(
            f'Clear: the next reading has {100 * second.wrong:.1f} % wrong pixels '
            f'({difference(second, best)}).'
        )
    file = path.with_suffix('.yaml')
    if write:
        described = replace(best.description, sha256=digest_of(path))
        write_atomically(file, write_entries(_named(described, path)).encode())
        print(
            f'wrote {file}: fill in licence and source'
            if not best.description.name
            else (f'wrote {file}')
        )
    else:
        print(f'--write puts this into {file}.')


def _named(description: Description, path: Path) -> Description:
    return description if description.name else replace(description, name=path.stem)


def _pair(images: Sequence[Path], truth: Path | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not images:
        if truth:
            raise CommandError('--truth needs the images that it is of')
        folder = next((x for x in shared_folders('demo/data') if x.is_dir()), None)
        if folder is None:
            raise CommandError('the pair of the demo is not installed: name LEFT and RIGHT')
        pair = read_pair(folder)
        return pair.left, pair.right, pair.truth
    if len(images) != 2:
        raise CommandError('name two images, LEFT and RIGHT, or none')
    left, right = (_image(path) for path in images)
    if truth is None:
        print('No truth: compared with semi-global matching, so errors below a few % mean little.')
        return left, right, sgbm.match(left, right, min(WIDEST, left.shape[1] // 3))
    disparity = read_disparity(truth)
    if disparity is None or disparity.shape != left.shape[:2]:
        raise CommandError(f'{truth} is no disparity of the size of {images[0]}')
    return left, right, disparity


def _image(path: Path) -> np.ndarray:
    image = cv2.imread(str(path)) if path.is_file() else None
    if image is None:
        raise CommandError(f'{path} is no image that can be read')
    return image


def _shown(description: Description) -> str:
    if description.name:
        return description.name
    images, roles = description.images, description.inputs
    places = [roles.pair] if roles.pair is not None else [roles.left, roles.right]
    low, high = images.range
    parts = [', '.join(map(str, places)), images.colour, f'{low:g} to {high:g}']
    parts += ['mean and std'] * (images.mean is not None)
    outputs = description.outputs
    parts += [
        f'{outputs.disparity}[{outputs.channel}]' if outputs.channel else f'{outputs.disparity}'
    ]
    parts += [outputs.sign] * (outputs.sign != 'positive') + [outputs.unit] * (
        outputs.unit != 'pixels'
    )
    return ', '.join(parts)


def _print_trial(trial: Trial, name: str) -> None:
    if trial.problem:
        print_row(name, trial.problem, '', '')
        return
    print_row(
        name, f'{trial.error:.2f} px', f'{100 * trial.wrong:.1f} %', f'{trial.seconds:.2f} s'
    )


def _write_picture(path: Path, left: np.ndarray, disparity: np.ndarray) -> None:
    picture = side_by_side(left, disparity, DisparityRange().update(disparity))
    if not cv2.imwrite(str(path), picture):
        raise CommandError(
            f'{path} cannot be written: name a .png or .jpg in a folder that there is'
        )
