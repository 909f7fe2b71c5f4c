# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The arguments of `crestereo depth`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from crestereo_ros.commands.depth import calibration
from crestereo_ros.commands.depth.job import DepthJob
from crestereo_ros.commands.depth.outputs import Output, OUTPUTS
from crestereo_ros.commands.depth.run import run_job
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.log_warnings import log_warnings
from crestereo_ros.commands.native_stderr import silence_native_stderr
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import FAST, FINE, parse_resolution
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import open_source, SOURCE_TYPES


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'depth',
        help='compute the disparity of a pair of images or of a stereo video',
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
    parser.add_argument(
        '--model',
        default='',
        help='name of a model that `crestereo models list` shows, or path of an .onnx file '
        '(default: the model that the package ships)',
    )
    parser.add_argument(
        '--iterations',
        type=int,
        default=0,
        help="1 to 32 (default: 0, the model's own number; half of it for the resolution fast, "
        'twice as many for fine)',
    )
    parser.add_argument(
        '--resolution',
        default='',
        metavar='SIZE',
        help='resolution of the network: HEIGHTxWIDTH, fast (about 240x320), image (that of the '
        'left image) or fine (higher) (default: fine for one pair, fast for a video)',
    )
    parser.add_argument(
        '--provider',
        default='auto',
        help='auto, cpu, cuda, tensorrt or openvino (default: auto, the fastest that works)',
    )
    parser.add_argument(
        '--device',
        default='',
        help='device of the provider: the number of a GPU for cuda and tensorrt; CPU, GPU or NPU '
        'for openvino (default: its first)',
    )
    parser.add_argument(
        '--precision',
        choices=('fp32', 'fp16'),
        default='',
        help='numbers that the provider computes with (default: its own choice; cuda and tensorrt '
        'multiply with three digits, TF32)',
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """
    Run the command; all arguments are checked before the network runs.

    :raises CrestereoError: if the source, the model or an output cannot be used
    """
    with log_warnings('crestereo depth'):
        outputs = [output(options) for output in OUTPUTS if getattr(options, output.name)]
        run_job(make_job(options, outputs), outputs)


def make_job(options: argparse.Namespace, outputs: Sequence[Output]) -> DepthJob:
    resolution = parse_resolution(options.resolution)
    calibrated = calibration.frame_calibration(options)
    with silence_native_stderr():
        source = open_source(
            options.source,
            options.right,
            source_type=options.source_type,
            max_height=options.max_height,
            left_topic=options.left_topic,
            right_topic=options.right_topic,
            pair_tolerance=options.pair_tolerance,
        )
    calibrated = calibrated or calibration.source_calibration(options, source)
    if options.rectify == 'on' and not calibrated:
        raise CommandError('--rectify on needs --calibration LEFT.yaml RIGHT.yaml')
    for output in outputs:
        if output.needs_calibration and not calibrated:
            raise CommandError(f'--{output.name} needs a calibration: {calibration.HOW_TO}')
    if source.length != 1 and not outputs:
        raise CommandError(
            f'{source.name} has many frames: choose an output, --color OUT.mp4, '
            '--disparity FOLDER, --bag FOLDER or --show'
        )
    for output in outputs:
        output.check(source)
    if resolution is None:
        resolution = FINE if source.length == 1 else FAST
    matcher = StereoMatcher(
        options.model, options.provider, device=options.device, precision=options.precision
    )
    matcher.check(options.iterations, resolution)
    return DepthJob(
        source=source,
        preparation=FramePreparation(
            align=options.align != 'off' and not calibrated, swap=options.swap
        ),
        matcher=matcher,
        iterations=options.iterations,
        resolution=resolution,
        calibration=calibrated,
    )
