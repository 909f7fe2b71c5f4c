# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration that `crestereo depth` is given, and frames rectified by it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import logging
from typing import Any

import numpy as np

from crestereo_ros.calibration import (
    CalibrationError,
    read_stereo_calibration,
    StereoCalibration,
    StereoRectifier,
)
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.pipeline import RectifiedPair
from crestereo_ros.sources import StereoFrame, StereoSource

HOW_TO = '--calibration FILE [RIGHT], or --focal-length PIXELS and --baseline METRES'

logger = logging.getLogger(__name__)


class OneOrTwo(argparse.Action):
    """Takes one file or two."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        if values is None or len(values) > 2:
            raise argparse.ArgumentError(
                self, 'takes one or two files: name them behind SOURCE and RIGHT'
            )
        setattr(namespace, self.dest, values)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `frame_rectifier` reads."""
    parser.add_argument(
        '--calibration',
        nargs='+',
        action=OneOrTwo,
        metavar=('FILE', 'RIGHT'),
        help='calibration of both cameras, in one file or two: of camera_calibration, OpenCV, '
        'Kalibr, Middlebury, KITTI, ZED or OAK (docs/calibration.md); turns alignment off',
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
    parser.add_argument(
        '--doffs',
        type=float,
        metavar='PIXELS',
        help='with --focal-length, how much further right the principal point of the right image '
        'is (default: 0)',
    )


def frame_rectifier(options: argparse.Namespace) -> FrameRectifier | None:
    """
    Return the rectifier by the calibration that the options give, None without one.

    :raises CommandError: if the options contradict each other
    :raises CalibrationError: if a file cannot be used
    """
    numbers = has_numbers(options)
    if options.calibration is None and not numbers:
        return None
    if options.align == 'on':
        raise CommandError(
            '--align on moves the pixels that a calibration describes: leave out one of them'
        )
    if options.calibration is None:
        _check_numbers(options)
        return None
    if numbers:
        raise CommandError(
            '--focal-length, --baseline and --doffs are in --calibration: leave them out'
        )
    paths = options.calibration
    pair = read_stereo_calibration(*paths)
    rectifier = FrameRectifier(pair, rectify=options.rectify != 'off')
    try:
        rectifier.check()
    except CalibrationError as error:
        name = paths[-1] if error.side == 'right' else paths[0]
        names = name if error.side else ' and '.join(paths)
        raise CalibrationError(f'{names}: {error}', error.side) from error
    if pair.doubt:
        logger.warning(f'{" and ".join(paths)}: {pair.doubt}')
    return rectifier


def source_rectifier(options: argparse.Namespace, source: StereoSource) -> FrameRectifier | None:
    """
    Return the rectifier by the calibration of a source; None without one, or if options align it.

    :raises CommandError: if the options contradict it
    """
    if source.calibration is None or options.align == 'on' or has_numbers(options):
        return None
    if options.swap == 'yes':
        raise CommandError(
            f'{source.name} has a calibration, which --swap yes contradicts: exchange '
            '--left-topic and --right-topic'
        )
    if source.calibration.doubt:
        logger.warning(f'{source.name}: {source.calibration.doubt}')
    return FrameRectifier(source.calibration, rectify=options.rectify != 'off')


def has_numbers(options: argparse.Namespace) -> bool:
    """Return whether the options give a focal length, a baseline or an offset."""
    return (options.focal_length, options.baseline, options.doffs) != (None, None, None)


def _check_numbers(options: argparse.Namespace) -> None:
    if options.focal_length is None or options.baseline is None:
        raise CommandError('--focal-length and --baseline belong together: give both')
    for name in ('focal_length', 'baseline'):
        value = getattr(options, name)
        if not 0 < value < float('inf'):
            option = name.replace('_', '-')
            raise CommandError(f'--{option} must be above 0: {value:g}')
    if options.rectify == 'on':
        raise CommandError('--rectify on needs --calibration, which has the distortion')
    doubt = StereoCalibration.of_numbers(2, 2, options.focal_length, options.baseline).doubt
    if doubt:
        logger.warning(f'--baseline: {doubt}')


class FrameRectifier:
    """
    Gives frames their calibration, and rectifies those that are raw.

    Attributes: `changes_images`, whether there was anything to rectify in the latest frame.
    """

    def __init__(self, calibration: StereoCalibration, rectify: bool) -> None:
        """
        Keep the calibration.

        :param rectify: whether the frames are raw, and to be rectified by the calibration
        """
        self._calibration = calibration
        self._rectifier = StereoRectifier() if rectify else None
        self.changes_images = False

    def check(self) -> None:
        """
        Check that frames can be rectified, and that they have depth.

        :raises CalibrationError: if not
        """
        self._calibration.check()
        for calibration in (self._calibration, *self._calibration.alternatives):
            width, height = calibration.left.image_size
            blank = np.zeros((height, width), np.uint8)
            self.rectify(StereoFrame(blank, blank, 0.0))

    def rectify(self, frame: StereoFrame) -> RectifiedPair:
        """
        Return a frame as it is matched.

        :raises CalibrationError: if the frame is not of the cameras' shape
        """
        height, width = frame.left.shape[:2]
        calibration = self._calibration.for_image(width, height)
        left, right, seen, seen_right = frame.left, frame.right, None, None
        if self._rectifier:
            left, right, seen, seen_right, self.changes_images = self._rectifier.rectify(
                left, right, calibration
            )
        return RectifiedPair(
            left, right, calibration, seen, seen_right, stamp=round(1e9 * frame.time)
        )
