# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Show depth end to end: a player process, a depth process, and this process as the viewer.

The three communicate over DDS, only on this machine and in a separate ROS domain. The demo ends
after FRAMES disparities, or ENOUGH seconds after the first one, or with an error after PATIENCE
seconds. With calibrations, there is a point cloud as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import signal
import sys
import tempfile
import time

from cloud_view import view_from_side
import cv2
from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image, PointCloud2
from stereo_msgs.msg import DisparityImage

from crestereo_ros.benchmarking.processes import (
    node_command,
    running,
    RunningProcess,
    unused_domain,
)
from crestereo_ros.errors import CrestereoError
from crestereo_ros.nodes.image_messages import to_array
from crestereo_ros.pictures import DisparityRange, side_by_side, write_ply

HERE = Path(__file__).parent
FRAMES = 10
ENOUGH = 60.0  # s, with at least two frames, which a rate needs
PATIENCE = 180.0  # s, for a slow machine
SETTINGS = {'resolution', 'iterations', 'provider'}  # in the diagnostics of the depth node


class DemoError(Exception):
    """There is nothing to show. The text says why; `code` is the exit code."""

    code = 1


class EndedBySignal(DemoError):
    def __init__(self, number: int) -> None:
        super().__init__(f'ended by {signal.Signals(number).name}')
        self.code = 128 + number


def main() -> int:
    options = parse_arguments()
    source = ' and '.join(filter(None, [options.left, options.right]))
    print(f'Depth from {source}, within {PATIENCE:g} s', flush=True)
    try:
        print(show(options))
    except DemoError as error:
        print(f'error: {error}', file=sys.stderr)
        return error.code
    except CrestereoError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


def parse_arguments() -> argparse.Namespace:
    description = 'Show depth end to end: a player, a depth node and a viewer over DDS.'
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        '--left', default='', help='image or video; without --right, a side-by-side video'
    )
    parser.add_argument('--right', default='', help='image or video')
    parser.add_argument(
        '--calibration',
        nargs=2,
        metavar=('LEFT', 'RIGHT'),
        help='YAML files from camera_calibration, for rectified images',
    )
    parser.add_argument('--picture', type=Path, default=HERE / 'depth.png')
    parser.add_argument(
        '--points',
        type=Path,
        default=HERE / 'points.ply',
        help='where to write the point cloud, with a picture of it',
    )
    options = parser.parse_args()
    if options.right and not options.left:
        parser.error('a right image needs a left one')
    if not options.left:
        options.left, options.right = str(HERE / 'data/left.png'), str(HERE / 'data/right.png')
        options.calibration = [str(HERE / 'data/left.yaml'), str(HERE / 'data/right.yaml')]
    return options


def show(options: argparse.Namespace) -> str:
    """
    Run the player and the depth node on a source, and write the results.

    :param options: from `parse_arguments`
    :returns: frames, frames per second, resolution, iterations and provider in one line
    :raises CrestereoError: if a node ends, or no ROS domain is free
    :raises DemoError: if nothing arrives
    """
    source: dict[str, object] = {'source': options.left, 'loop': True}
    if options.right:
        source['source_right'] = options.right
    if options.calibration:
        source['camera_info_left'], source['camera_info_right'] = options.calibration
    # watch() handles signals: an exception while a process starts would leave that process
    # running.
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))
    remapped = [f'{side}/image_raw:={side}/image_rect' for side in ('left', 'right')]
    with tempfile.TemporaryDirectory() as logs:
        os.environ.update(
            ROS_DOMAIN_ID=str(unused_domain()),
            ROS_AUTOMATIC_DISCOVERY_RANGE='LOCALHOST',
            ROS_LOG_DIR=logs,
        )
        # The viewer comes first: the depth node is idle until somebody subscribes to its outputs.
        with (
            viewer_node(wants_points=bool(options.calibration)) as viewer,
            running(
                'stereo_depth_node',
                node_command('stereo_depth', {'resolution': 'image'}),
                Path(logs),
            ) as depth,
            running(
                'stereo_player_node',
                node_command('stereo_player', source, remapped),
                Path(logs),
            ) as player,
        ):
            viewer.watch([depth, player], signals)
            viewer.write(options.picture, options.points)
            return viewer.summary()


@contextmanager
def viewer_node(wants_points: bool) -> Iterator[Viewer]:
    """Give a viewer, which is a ROS node, during the block."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield Viewer(wants_points)
    finally:
        rclpy.shutdown()


class Viewer(Node):
    """Receives the topics of both nodes, and keeps the latest disparity with its left image."""

    def __init__(self, wants_points: bool) -> None:
        super().__init__('demo')
        self._wants_points = wants_points
        self._cloud: PointCloud2 | None = None
        self._lefts: dict[tuple[int, int], Image] = {}  # by stamp, still without a disparity
        self._picture: np.ndarray | None = None
        self._range = DisparityRange()
        self._arrivals: list[float] = []
        self._status: dict[str, str] = {}
        self.create_subscription(Image, 'left/image_rect', self._on_left, 10)
        self.create_subscription(DisparityImage, 'disparity', self._on_disparity, 10)
        if wants_points:
            self.create_subscription(PointCloud2, 'points2', self._on_points, 1)
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def _on_left(self, message: Image) -> None:
        self._lefts[stamp(message)] = message

    def _on_disparity(self, message: DisparityImage) -> None:
        of_message = stamp(message)
        self._lefts = {key: left for key, left in self._lefts.items() if key >= of_message}
        if of_message not in self._lefts:
            return  # its left image was published before this node was connected
        image = message.image
        disparity = np.frombuffer(image.data, np.float32).reshape(image.height, image.width)
        disparity = np.where(disparity < message.min_disparity, np.nan, disparity)
        left = to_array(self._lefts[of_message])
        self._picture = side_by_side(left, disparity, self._range.update(disparity))
        self._arrivals.append(time.monotonic())

    def _on_points(self, message: PointCloud2) -> None:
        self._cloud = message

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self._status.update((item.key, item.value) for item in status.values)

    def watch(self, nodes: list[RunningProcess], signals: list[int]) -> None:
        """
        Spin until there is enough to show.

        :param signals: the signals that this process has received
        :raises DemoError: after a signal, or after PATIENCE seconds
        :raises CrestereoError: if a node ends; the text has its last line
        """
        end = time.monotonic() + PATIENCE
        while not self._has_enough():
            if signals:
                raise EndedBySignal(signals[0])
            for node in nodes:
                node.check()
            if time.monotonic() > end:
                print('\n'.join(node.last_lines() for node in nodes), file=sys.stderr)
                raise DemoError(f'only {len(self._arrivals)} disparities within {PATIENCE:g} s')
            rclpy.spin_once(self, timeout_sec=0.1)

    def _has_enough(self) -> bool:
        if len(self._arrivals) < 2 or not self._status.keys() >= SETTINGS:
            return False
        if self._wants_points and self._cloud is None:
            return False
        return len(self._arrivals) >= FRAMES or time.monotonic() - self._arrivals[0] > ENOUGH

    def write(self, picture: Path, points: Path) -> None:
        """
        Write the latest left image beside its disparity in colours, and the latest cloud.

        :raises DemoError: if a file cannot be written
        """
        write_picture(picture, self._picture)
        if self._cloud is None:
            print('No point cloud: this source has no calibration')
            return
        xyz, colors = points_of(self._cloud)
        try:
            count = write_ply(points, xyz, colors)
        except OSError as error:
            raise DemoError(f'{points} cannot be written: {error.strerror}') from error
        print(f'Wrote {points}: {count} points')
        write_picture(points.with_suffix('.png'), view_from_side(xyz, colors))

    def summary(self) -> str:
        """Return the measurements in one line."""
        rate = (len(self._arrivals) - 1) / (self._arrivals[-1] - self._arrivals[0])
        status = self._status
        return (
            f'{len(self._arrivals)} frames, {rate:.2f} frames per second, '
            f'resolution {status["resolution"]}, {status["iterations"]} iterations, '
            f'provider {status["provider"]}'
        )


def write_picture(path: Path, picture: np.ndarray | None) -> None:
    """
    Write a picture.

    :raises DemoError: if the file cannot be written
    """
    if picture is None or not cv2.imwrite(str(path), picture):
        raise DemoError(f'{path} cannot be written')
    print(f'Wrote {path}')


def points_of(cloud: PointCloud2) -> tuple[np.ndarray, np.ndarray]:
    """Return x, y and z as (H, W, 3) float32, and the colours as (H, W, 3) BGR."""
    offsets = {field.name: field.offset for field in cloud.fields}
    rows = np.frombuffer(cloud.data, np.uint8).reshape(cloud.height, cloud.width, cloud.point_step)
    xyz = np.ascontiguousarray(rows[..., offsets['x'] : offsets['x'] + 12]).view(np.float32)
    return xyz, rows[..., offsets['rgb'] : offsets['rgb'] + 3]


def stamp(message: Image | DisparityImage) -> tuple[int, int]:
    """Return a message's stamp as a tuple that sorts by time."""
    return message.header.stamp.sec, message.header.stamp.nanosec


if __name__ == '__main__':
    sys.exit(main())
