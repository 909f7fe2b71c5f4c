# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth`: the disparity of every source."""

import argparse
import os
from pathlib import Path

import cv2

from crestereo_ros.alignment import Aligner
from crestereo_ros.commands.depth_job import DepthJob
from crestereo_ros.commands.depth_of_still import depth_of_still
from crestereo_ros.commands.depth_of_video import depth_of_video
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.native_stderr import native_stderr_silenced
from crestereo_ros.commands.video_file import require_encoder
from crestereo_ros.commands.warnings_told import warnings_told
from crestereo_ros.commands.window import require_window
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import FAST, FINE, parse_resolution
from crestereo_ros.sources import open_source, SOURCE_TYPES, StereoSource


def add_parser(commands):
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'depth',
        help='disparity of a pair of images or of a stereo video',
        description='Compute the disparity of a stereo source, print what it is like and write '
        'or show it where asked. Views whose rows do not line up are aligned first; disparities '
        'are then in pixels of the aligned left image.',
    )
    parser.add_argument(
        'source',
        metavar='SOURCE',
        help='left image, folder, pattern in quotes or video; or one video with both views, a '
        'page with one, a camera (camera:0, /dev/video0). Files or web addresses',
    )
    parser.add_argument(
        'right',
        metavar='RIGHT',
        nargs='?',
        default='',
        help='the right one, where it is a source of its own',
    )
    parser.add_argument(
        '--disparity',
        type=Path,
        metavar='OUT',
        help='write the disparity, float32 (height, width) in pixels of the left image: as one '
        'NumPy file; of a video as a folder of them, 000000.npy and on',
    )
    parser.add_argument(
        '--color',
        type=Path,
        metavar='OUT',
        help='write the disparity in colours, red is near: an image as OUT.png; a video beside '
        'its left view as OUT.mp4 (H.264)',
    )
    parser.add_argument(
        '--show', action='store_true', help='show it in a window; q, Esc or closing it ends'
    )
    parser.add_argument(
        '--source-type',
        choices=SOURCE_TYPES,
        default='auto',
        help='what SOURCE is taken for (default: auto, what it looks like)',
    )
    parser.add_argument(
        '--max-height',
        type=int,
        default=1080,
        metavar='ROWS',
        help='most rows of a video that is found on a web page (default: 1080)',
    )
    parser.add_argument(
        '--swap',
        choices=('auto', 'yes', 'no'),
        default='auto',
        help='exchange left and right (default: auto, if aligning leaves no doubt that they are '
        'exchanged)',
    )
    parser.add_argument(
        '--align',
        choices=('auto', 'on', 'off'),
        default='auto',
        help='line up the rows and make all disparities positive (default: auto, which is on: '
        'images that line up already are left untouched)',
    )
    parser.add_argument(
        '--model',
        default='',
        help='name that `crestereo models list` shows, or an .onnx file (default: shipped)',
    )
    parser.add_argument(
        '--iterations',
        type=int,
        default=0,
        help="1 to 32 (default: 0, the model's own number, half at fast and twice at fine)",
    )
    parser.add_argument(
        '--resolution',
        default='',
        metavar='SIZE',
        help='resolution of the network: HEIGHTxWIDTH, fast (about 240x320), image (that of the '
        'left image) or fine (more; default: fine for one pair, fast for a video)',
    )
    parser.add_argument(
        '--provider',
        default='auto',
        help='auto, cpu, cuda, tensorrt or openvino (default: auto, the best that works)',
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace):
    """Do it; everything that can be wrong is looked at before the network runs."""
    with warnings_told('crestereo depth'):
        job = prepare(options)
        (depth_of_still if job.source.length == 1 else depth_of_video)(job)


def prepare(options: argparse.Namespace) -> DepthJob:
    check_outputs(options)
    resolution = parse_resolution(options.resolution)
    align = options.align != 'off'
    with native_stderr_silenced():
        source = open_source(
            options.source,
            options.right,
            source_type=options.source_type,
            swap=options.swap == 'yes' and not align,
            max_height=options.max_height,
        )
    check_outputs_of(source, options)
    if resolution is None:
        resolution = FINE if source.length == 1 else FAST
    return DepthJob(
        source=source,
        matcher=StereoMatcher(options.model, options.provider),
        aligner=Aligner(options.swap) if align else None,
        iterations=options.iterations,
        resolution=resolution,
        disparity=options.disparity,
        color=options.color,
        show=options.show,
    )


def check_outputs(options):
    """Raise CommandError for outputs that cannot be written, whatever the source is."""
    for path in filter(None, (options.disparity, options.color)):
        if not path.parent.is_dir():
            raise CommandError(f'{path} cannot be written: there is no folder {path.parent}')
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise CommandError(f'{path} cannot be written: you are not allowed to')
        for source in (options.source, options.right):
            if path.exists() and os.path.exists(source) and path.samefile(source):
                raise CommandError(f'{path} cannot be written: it is what is read')
    if options.color:
        if options.color.is_dir():
            raise CommandError(f'{options.color} cannot be written: it is a folder, name a file')
        if is_video(options.color):
            require_encoder(options.color)
        elif not cv2.haveImageWriter(str(options.color)):
            raise CommandError(
                f'{options.color} is no kind of image or video that can be written: use .png for '
                'an image, .mp4 for a video'
            )
    if options.show:
        require_window()


def check_outputs_of(source: StereoSource, options):
    """Raise CommandError for outputs that do not go with the source."""
    disparity, color = options.disparity, options.color
    if source.length == 1:
        if disparity and disparity.is_dir():
            raise CommandError(f'{disparity} cannot be written: it is a folder, name a file in it')
        if color and is_video(color):
            raise CommandError(f'{color} is a video, but {source.name} is one pair: use .png')
        return
    if not (disparity or color or options.show):
        raise CommandError(
            f'{source.name}: say where all its disparities go, with --color OUT.mp4, '
            '--disparity FOLDER or --show'
        )
    if color and not is_video(color):
        raise CommandError(f'{color} is one image, but {source.name} has many: use .mp4')
    if disparity and disparity.exists() and not disparity.is_dir():
        raise CommandError(
            f'{disparity} is a file, but {source.name} has a disparity for each frame: name a '
            'folder'
        )
    if disparity and disparity.is_dir() and any(disparity.iterdir()):
        raise CommandError(f'{disparity} is a folder with files in it: name a new or empty one')


def is_video(path: Path) -> bool:
    return path.suffix.lower() == '.mp4'
