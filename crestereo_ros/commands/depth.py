# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth`: the disparity of any source."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import cv2

from crestereo_ros.commands.depth_job import DepthJob
from crestereo_ros.commands.depth_of_still import depth_of_still
from crestereo_ros.commands.depth_of_video import depth_of_video
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.log_warnings import log_warnings
from crestereo_ros.commands.native_stderr import silence_native_stderr
from crestereo_ros.commands.video_file import require_encoder
from crestereo_ros.commands.window import require_window
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import FAST, FINE, parse_resolution
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import open_source, SOURCE_TYPES, StereoSource


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
        'page with a video, a camera (camera:0, /dev/video0). Files or web addresses',
    )
    parser.add_argument(
        'right',
        metavar='RIGHT',
        nargs='?',
        default='',
        help='right image, folder, pattern or video, if SOURCE is the left one only',
    )
    parser.add_argument(
        '--disparity',
        type=Path,
        metavar='OUT',
        help='write the disparity as float32 (height, width) in pixels of the left image: one '
        'NumPy file for a pair, a folder of them for a video (000000.npy and so on)',
    )
    parser.add_argument(
        '--color',
        type=Path,
        metavar='OUT',
        help='write the disparity in colours, where red is near: OUT.png for a pair; OUT.mp4 '
        '(H.264) for a video, beside its left view',
    )
    parser.add_argument(
        '--show',
        action='store_true',
        help='show the result in a window; q, Esc or closing the window ends the command',
    )
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
        'images that already line up are not changed)',
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
        job = make_job(options)
        (depth_of_still if job.source.length == 1 else depth_of_video)(job)


def make_job(options: argparse.Namespace) -> DepthJob:
    check_outputs(options)
    resolution = parse_resolution(options.resolution)
    with silence_native_stderr():
        source = open_source(
            options.source,
            options.right,
            source_type=options.source_type,
            max_height=options.max_height,
        )
    check_outputs_of(source, options)
    if resolution is None:
        resolution = FINE if source.length == 1 else FAST
    matcher = StereoMatcher(
        options.model, options.provider, device=options.device, precision=options.precision
    )
    matcher.check(options.iterations, resolution)
    return DepthJob(
        source=source,
        preparation=FramePreparation(align=options.align != 'off', swap=options.swap),
        matcher=matcher,
        iterations=options.iterations,
        resolution=resolution,
        disparity=options.disparity,
        color=options.color,
        show=options.show,
    )


def check_outputs(options: argparse.Namespace) -> None:
    """Raise CommandError for outputs that cannot be written, whatever the source is."""
    for path in filter(None, (options.disparity, options.color)):
        if not path.parent.is_dir():
            raise CommandError(f'{path} cannot be written: there is no folder {path.parent}')
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise CommandError(f'{path} cannot be written: you do not have permission')
        for source in (options.source, options.right):
            if path.exists() and os.path.exists(source) and path.samefile(source):
                raise CommandError(f'{path} cannot be written: it is the source')
    if options.color:
        if options.color.is_dir():
            raise CommandError(f'{options.color} cannot be written: it is a folder, name a file')
        if is_video(options.color):
            require_encoder(options.color)
        elif not cv2.haveImageWriter(str(options.color)):
            raise CommandError(
                f'{options.color} is not an image or a video that can be written: use .png for an '
                'image, .mp4 for a video'
            )
    if options.show:
        require_window()


def check_outputs_of(source: StereoSource, options: argparse.Namespace) -> None:
    """Raise CommandError for outputs that do not fit the source."""
    disparity, color = options.disparity, options.color
    if source.length == 1:
        if disparity and disparity.is_dir():
            raise CommandError(f'{disparity} cannot be written: it is a folder, name a file in it')
        if color and is_video(color):
            raise CommandError(f'{color} is a video, but {source.name} is one pair: use .png')
        return
    if not (disparity or color or options.show):
        raise CommandError(
            f'{source.name} has many frames: choose an output, --color OUT.mp4, '
            '--disparity FOLDER or --show'
        )
    if color and not is_video(color):
        raise CommandError(f'{color} is one image, but {source.name} has many frames: use .mp4')
    if disparity and disparity.exists() and not disparity.is_dir():
        raise CommandError(
            f'{disparity} is a file, but {source.name} has a disparity for each frame: name a '
            'folder'
        )
    if disparity and disparity.is_dir() and any(disparity.iterdir()):
        raise CommandError(f'{disparity} is not empty: name a new or an empty folder')


def is_video(path: Path) -> bool:
    return path.suffix.lower() == '.mp4'
