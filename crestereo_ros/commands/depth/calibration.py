# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration that `crestereo depth` is given, and frames rectified by it."""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from crestereo_ros.calibration import (
    CalibrationError,
    concerning,
    read_calibration,
    Rectifier,
    StereoCalibration,
)
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.sources import StereoFrame, StereoSource

# Where the cameras saw what the left and the right image show, each as `Rectifier.seen`.
Seen = tuple[np.ndarray | None, np.ndarray | None]
HOW_TO = '--calibration LEFT.yaml RIGHT.yaml, or --focal-length PIXELS and --baseline METRES'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `frame_calibration` reads."""
    parser.add_argument(
        '--calibration',
        nargs=2,
        metavar=('LEFT', 'RIGHT'),
        help='YAML files as camera_calibration saves them; turns alignment off',
    )
    parser.add_argument(
        '--rectify',
        choices=('auto', 'on', 'off'),
        default='auto',
        help='rectify the images by --calibration or that of a bag (default: auto, which means '
        'on: a calibration without distortion and rotation leaves them as they are); off: they '
        'are rectified',
    )
    parser.add_argument(
        '--focal-length',
        type=float,
        metavar='PIXELS',
        help='with --baseline, in place of --calibration, of images that are rectified: the '
        'principal point is their centre',
    )
    parser.add_argument(
        '--baseline', type=float, metavar='METRES', help='the distance between both cameras'
    )


def frame_calibration(options: argparse.Namespace) -> FrameCalibration | None:
    """
    Return the calibration that the options give, None without one.

    :raises CommandError: if the options contradict each other
    :raises CalibrationError: if a file cannot be used
    """
    numbers = options.focal_length, options.baseline
    if options.calibration is None and numbers == (None, None):
        return None
    if options.align == 'on':
        raise CommandError(
            '--align on moves the pixels that a calibration describes: leave out one of them'
        )
    if options.calibration is None:
        return _of_numbers(options)
    if numbers != (None, None):
        raise CommandError('--focal-length and --baseline are in --calibration: leave them out')
    paths = dict(zip(('left', 'right'), options.calibration, strict=True))
    pair = StereoCalibration(*(read_calibration(path) for path in paths.values()))
    try:
        pair.check()
        if options.rectify != 'off':
            _rectifiers(pair)
    except CalibrationError as error:
        names = paths[error.side] if error.side else ' and '.join(paths.values())
        raise CalibrationError(f'{names}: {error}', error.side) from error
    return FrameCalibration(pair, rectify=options.rectify != 'off')


def source_calibration(
    options: argparse.Namespace, source: StereoSource
) -> FrameCalibration | None:
    """
    Return the calibration that a source has, None without one or where the options align it.

    :raises CommandError: if the options contradict it
    """
    if source.calibration is None or options.align == 'on':
        return None
    if options.swap == 'yes':
        raise CommandError(
            f'{source.name} has a calibration, which --swap yes contradicts: exchange '
            '--left-topic and --right-topic'
        )
    return FrameCalibration(source.calibration, rectify=options.rectify != 'off')


def _of_numbers(options: argparse.Namespace) -> FrameCalibration:
    if options.focal_length is None or options.baseline is None:
        raise CommandError('--focal-length and --baseline belong together: give both')
    for name in ('focal_length', 'baseline'):
        value = getattr(options, name)
        if not 0 < value < float('inf'):
            option = name.replace('_', '-')
            raise CommandError(f'--{option} must be above 0: {value:g}')
    if options.rectify == 'on':
        raise CommandError(
            '--rectify on needs --calibration LEFT.yaml RIGHT.yaml, which has the distortion'
        )
    return FrameCalibration((options.focal_length, options.baseline), rectify=False)


class FrameCalibration:
    """Rectifies frames, and gives their calibrations; it keeps what the latest size needs."""

    def __init__(self, given: StereoCalibration | tuple[float, float], rectify: bool) -> None:
        """
        Keep what is given.

        :param given: a calibration, or a focal length in pixels and a baseline in metres
        :param rectify: whether the frames are raw, and to be rectified by the calibration
        """
        self._given = given
        self._rectify = rectify
        self._size: tuple[int, int] | None = None

    def apply(self, frame: StereoFrame) -> tuple[StereoFrame, StereoCalibration, Seen]:
        """
        Rectify a frame.

        :returns: the frame, the calibration of its images, and where the cameras saw what they
            show
        :raises CalibrationError: if the frame is not of the cameras' shape
        """
        height, width = frame.left.shape[:2]
        if self._size != (width, height):
            self._calibration = self._for_image(width, height)
            self._rectifiers = _rectifiers(self._calibration) if self._rectify else None
            self._size = width, height
        if not self._rectifiers:
            return frame, self._calibration, (None, None)
        left, right = self._rectifiers
        frame = replace(frame, left=left.rectify(frame.left), right=right.rectify(frame.right))
        return frame, self._calibration, (left.seen, right.seen)

    def _for_image(self, width: int, height: int) -> StereoCalibration:
        if isinstance(self._given, StereoCalibration):
            return self._given.for_image(width, height)
        return StereoCalibration.of_numbers(width, height, *self._given)

    def __str__(self) -> str:
        """Return what is known of the latest frame."""
        calibration = self._calibration
        rectified = self._rectifiers and not all(each.is_identity for each in self._rectifiers)
        return (
            f'focal length {calibration.focal_length:.1f} px, baseline {calibration.baseline:.4g} '
            f'm, {"images rectified by it" if rectified else "images taken as rectified"}'
        )


def _rectifiers(pair: StereoCalibration) -> tuple[Rectifier, Rectifier]:
    with concerning('left'):
        left = Rectifier(pair.left)
    with concerning('right'):
        right = Rectifier(pair.right)
    return left, right
