# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
What a cloud of points costs: bytes of a message and milliseconds to make it, thinned in many ways.

    python -m benchmarks.clouds --sizes 480x640,720x1280

The pair of the demo is matched once for each size; its depth is not counted. A time is the least
of many, because other processes only ever make it longer.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from time import perf_counter
from typing import Any

import cv2
import numpy as np
import rclpy
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header

from benchmarks.demo_pair import DATA
from crestereo_ros.calibration import read_stereo_calibration, StereoCalibration
from crestereo_ros.commands.option_values import image_size, listed
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.nodes.depth.output_settings import OutputSettings
from crestereo_ros.nodes.depth.outputs import PointsOutput
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.parameters import DEPTH_PARAMETERS
from crestereo_ros.pipeline import DepthPipeline, DepthResult, RectifiedPair

TIMES = 30
PACKED = {'avoid_point_cloud_padding': True}
WAYS: dict[str, dict[str, Any]] = {
    'all, with padding': {},
    'packed': PACKED,
    'packed, stride 2': {**PACKED, 'point_cloud_stride': 2},
    'packed, stride 4': {**PACKED, 'point_cloud_stride': 4},
    'packed, voxels of 5 cm': {**PACKED, 'point_cloud_voxel': 0.05},
    'packed, stride 2, voxels of 5 cm': {
        **PACKED,
        'point_cloud_stride': 2,
        'point_cloud_voxel': 0.05,
    },
    'packed, 0.3 to 5 m': {**PACKED, 'point_cloud_region': '-inf,inf,-inf,inf,0.3,5'},
}


def result_of(size: tuple[int, int]) -> DepthResult:
    height, width = size
    left, right = (
        cv2.resize(np.asarray(cv2.imread(str(DATA / f'{x}.png'))), (width, height))
        for x in ('left', 'right')
    )
    own = read_stereo_calibration(DATA / 'left.yaml', DATA / 'right.yaml')
    focal_length = own.focal_length * width / own.left.width  # of a size of another shape too
    calibration = StereoCalibration.of_numbers(width, height, focal_length, own.baseline)
    pair = RectifiedPair(left, right, calibration)
    result = DepthPipeline(StereoMatcher()).process(pair)
    assert result.depth is not None
    return result


def measure(output: PointsOutput, result: DepthResult, ways: dict[str, Any]) -> tuple[int, float]:
    """Return bytes and milliseconds."""
    values = {**{x.name: x.default for x in DEPTH_PARAMETERS}, **ways}
    publication = Publication(Header(), replace(result), OutputSettings.of(values))
    publication.result.depth  # noqa: B018 - so that it is not counted
    times = []
    for _ in range(TIMES):
        begin = perf_counter()
        message = output.message(publication)
        times.append(perf_counter() - begin)
    assert message is not None
    return len(message.data), 1e3 * min(times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument('--sizes', type=listed(image_size), default=((480, 640), (720, 1280)))
    options = parser.parse_args()
    rclpy.init()
    output = PointsOutput(LifecycleNode('clouds'))
    for size in options.sizes:
        result = result_of(size)
        print_head(
            'Clouds at {}x{}'.format(*size), 'Points', 'Bytes of a message', 'Time to make it'
        )
        for name, ways in WAYS.items():
            count, milliseconds = measure(output, result, ways)
            print_row(name, f'{count:,}'.replace(',', ' '), f'{milliseconds:.1f} ms')
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
