# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The arguments of `crestereo depth`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from crestereo_ros.commands.depth import calibration
from crestereo_ros.commands.depth.job import DepthJob
from crestereo_ros.commands.depth.outputs import Output, OUTPUTS
from crestereo_ros.commands.depth.run import run_job
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.log_warnings import log_warnings
from crestereo_ros.commands.native_stderr import silence_native_stderr
from crestereo_ros.commands.parameter_options import add_parameter_options, values_of
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import FINE
from crestereo_ros.pipeline import DepthPipeline, DepthSettings
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import open_source, SOURCE_TYPES, STAMPS, StereoSource

# The node's parameters that are options too, in the order of the help.
PARAMETERS = (
    'model',
    'iterations',
    'resolution',
    'refine',
    'provider',
    'device',
    'precision',
    'threads',
    'temporal',
    'left_right_check',
    'confidence_threshold',
    'mask_out_of_view',
    'mask_occluded',
    'mask_flying_pixels',
    'mask_textureless',
    'min_depth',
    'max_depth',
    'color_range',
    'intensity_range',
)
DEFAULTS = {'model': 'crestereo_compact', 'resolution': 'fast; fine for one pair'}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'depth',
        description='Compute the disparity of a stereo source, print a summary, and write or show '
        'the result on request. If the rows of the two views do not line up, the views are '
        'aligned first, and disparities are in pixels of the aligned left image.',
    )
    parser.add_argument(
        'source',
        metavar='SOURCE',
        help='left image, folder, pattern in quotes or video; or one video with both views, a '
        'page with a video, a camera (camera:0, /dev/video0), a bag (folder, .mcap or .db3). '
        'Files or web addresses',
    )
    parser.add_argument(
        'right',
        metavar='RIGHT',
        nargs='?',
        default='',
        help='right image, folder, pattern or video, if SOURCE is the left one only',
    )
    for output in OUTPUTS:
        output.add_argument(parser)
    add_options(parser, DEFAULTS)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser, defaults: Mapping[str, str]) -> None:
    """
    Add the options that say how sources are read, matched and written.

    :param defaults: in words, of parameters whose defaults are others than the node's
    """
    for output in OUTPUTS:
        output.add_options(parser)
    calibration.add_arguments(parser)
    parser.add_argument(
        '--source-type',
        choices=SOURCE_TYPES,
        default='auto',
        help='the type of SOURCE (default: auto, by its name and content)',
    )
    parser.add_argument(
        '--max-height',
        type=int,
        default=1080,
        metavar='ROWS',
        help='largest number of rows of a video from a web page (default: 1080)',
    )
    parser.add_argument(
        '--left-topic',
        default='',
        metavar='TOPIC',
        help='topic of the left images in a bag (default: left and right by the usual names, '
        'rectified before raw)',
    )
    parser.add_argument(
        '--right-topic', default='', metavar='TOPIC', help='topic of the right images in a bag'
    )
    parser.add_argument(
        '--pair-tolerance',
        type=float,
        default=0.0,
        metavar='SECONDS',
        help='largest difference between the stamps of a pair in a bag (default: 0, equal ones)',
    )
    parser.add_argument(
        '--pair-by',
        choices=STAMPS,
        default=STAMPS[0],
        help='what pairs the images in a bag: the stamps in their headers, or the times of '
        'recording, for drivers that leave the stamps empty (default: header)',
    )
    parser.add_argument(
        '--swap',
        choices=('auto', 'yes', 'no'),
        default='auto',
        help='exchange left and right (default: auto, if the alignment leaves no doubt that they '
        'are exchanged)',
    )
    parser.add_argument(
        '--align',
        choices=('auto', 'on', 'off'),
        default='auto',
        help='line up the rows and make all disparities positive (default: auto, which means on: '
        'images that already line up are not changed; with a calibration it means off)',
    )
    add_parameter_options(parser, PARAMETERS, defaults)


def run(options: argparse.Namespace) -> None:
    """
    Run the command; all arguments are checked before the network runs.

    :raises CrestereoError: if the source, the model or an output cannot be used
    """
    with log_warnings('crestereo depth'):
        outputs = [output(options) for output in OUTPUTS if getattr(options, output.name)]
        run_job(make_job(options, outputs), outputs)


@dataclass(frozen=True)
class OpenSource:
    """A source; `rectifier` is None without a calibration by cameras' files or of the source."""

    source: StereoSource
    rectifier: calibration.FrameRectifier | None
    is_calibrated: bool

    def aligns(self, options: argparse.Namespace) -> bool:
        """Return whether the rows of its frames are lined up."""
        return options.align != 'off' and not self.is_calibrated


def open_options(
    options: argparse.Namespace, outputs: Iterable[Output | type[Output]]
) -> OpenSource:
    """
    Open the source that options name.

    :param outputs: that will be written
    :raises CrestereoError: if it cannot be opened, or does not go with the other options
    """
    rectifier = calibration.frame_rectifier(options)
    with silence_native_stderr():
        source = open_source(
            options.source,
            options.right,
            source_type=options.source_type,
            max_height=options.max_height,
            left_topic=options.left_topic,
            right_topic=options.right_topic,
            pair_tolerance=options.pair_tolerance,
            pair_by=options.pair_by,
            intensity_range=options.intensity_range,
        )
    rectifier = rectifier or calibration.source_rectifier(options, source)
    is_calibrated = rectifier is not None or calibration.has_numbers(options)
    if options.rectify == 'on' and not is_calibrated:
        raise CommandError('--rectify on needs --calibration FILE [RIGHT]')
    for output in outputs:
        if output.needs_calibration and not is_calibrated:
            raise CommandError(f'--{output.name} needs a calibration: {calibration.HOW_TO}')
    return OpenSource(source, rectifier, is_calibrated)


def open_matcher(options: argparse.Namespace) -> StereoMatcher:
    """Open the model that options name."""
    return StereoMatcher(
        options.model,
        options.provider,
        options.threads,
        options.device,
        options.precision,
        wait=options.provider != 'auto',  # there may be no second pair that it could be ready for
    )


def make_job(
    options: argparse.Namespace, outputs: Sequence[Output], matcher: StereoMatcher | None = None
) -> DepthJob:
    """
    Open and check everything that options name.

    :param matcher: is used in place of one that is opened
    :raises CrestereoError: if something cannot be used
    """
    settings = DepthSettings.of(values_of(options, PARAMETERS))
    opened = open_options(options, outputs)
    source = opened.source
    if source.length != 1 and not outputs:
        raise CommandError(
            f'{source.name} has many frames: choose an output, --color OUT.mp4, '
            '--disparity FOLDER, --bag FOLDER or --show'
        )
    for output in outputs:
        output.check(source)
    if calibration.has_numbers(options):
        settings = replace(
            settings,
            focal_length=options.focal_length,
            baseline=options.baseline,
            disparity_offset=-(options.doffs or 0.0),
        )
    if not options.resolution and source.length == 1:
        settings = replace(settings, resolution=FINE)
    matcher = matcher or open_matcher(options)
    matcher.check(settings.iterations, settings.resolution)
    return DepthJob(
        source=source,
        preparation=FramePreparation(
            align=opened.aligns(options), swap=options.swap, by_frames=source.seekable
        ),
        pipeline=DepthPipeline(matcher, settings),
        rectifier=opened.rectifier,
        checks_views=options.align != 'off',
    )
