# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth`: the disparity of two images."""

import argparse
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.native_stderr import native_stderr_silenced
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import parse_resolution
from crestereo_ros.pictures import colorize, DisparityRange
from crestereo_ros.sources import open_source


def add_parser(commands):
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'depth',
        help='disparity of two images',
        description='Compute the disparity of a rectified pair of images, print what it is like '
        'and write it where asked.',
    )
    parser.add_argument('left', metavar='LEFT', help='left image file')
    parser.add_argument('right', metavar='RIGHT', help='right image file, of the same size')
    parser.add_argument(
        '--disparity',
        type=Path,
        metavar='OUT.npy',
        help='write the disparity as a NumPy file: float32 (height, width), in pixels of LEFT',
    )
    parser.add_argument(
        '--color', type=Path, metavar='OUT.png', help='write the disparity in colours: red is near'
    )
    parser.add_argument(
        '--model',
        default='',
        help='name that `crestereo models list` shows, or an .onnx file (default: shipped)',
    )
    parser.add_argument(
        '--iterations', type=int, default=0, help="1 to 32 (default: 0, the model's own number)"
    )
    parser.add_argument(
        '--resolution',
        default='',
        metavar='HEIGHTxWIDTH',
        help="resolution of the network (default: the model's, or that of LEFT)",
    )
    parser.add_argument(
        '--provider',
        default='auto',
        help='auto, cpu, cuda, tensorrt or openvino (default: auto, the best that works)',
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace):
    """Do it; everything that can be wrong is looked at before the network runs."""
    written = [path for path in (options.disparity, options.color) if path is not None]
    for path in written:
        if path.is_dir():
            raise CommandError(f'{path} cannot be written: it is a folder, name a file in it')
        if not path.parent.is_dir():
            raise CommandError(f'{path} cannot be written: there is no folder {path.parent}')
    if options.color and not cv2.haveImageWriter(str(options.color)):
        raise CommandError(f'{options.color} is no kind of image that can be written: use .png')
    resolution = parse_resolution(options.resolution)
    with native_stderr_silenced():
        source = open_source(options.left, options.right)
    if source.length != 1:
        raise CommandError(f'{source.name} are videos: give two images')
    (frame,) = source
    matcher = StereoMatcher(options.model, options.provider)
    start = perf_counter()
    disparity = matcher.match(frame.left, frame.right, options.iterations, resolution)
    milliseconds = 1000 * (perf_counter() - start)
    if options.disparity:
        with options.disparity.open('wb') as file:  # a name would get .npy at its end
            np.save(file, disparity)
    if options.color:
        colors = colorize(disparity, *DisparityRange().update(disparity))
        options.color.write_bytes(cv2.imencode(options.color.suffix, colors)[1])
    iterations, (height, width) = matcher.effective(
        frame.left.shape, options.iterations, resolution
    )
    print(
        f'disparity {disparity.min():.1f} to {disparity.max():.1f} px, '
        f'median {np.median(disparity):.1f} px; resolution {height}x{width}, '
        f'iterations {iterations}, provider {matcher.provider}, {milliseconds:.0f} ms'
        + ''.join(f'; wrote {path}' for path in written)
    )
