# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Show depth end to end: a player process, a depth process, and this one that looks on.

The three talk over DDS, on this machine alone and in a ROS domain of their own. It ends by
itself: after FRAMES disparities, or with what came within ENOUGH seconds of the first, or with
an error after PATIENCE seconds.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import random
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time

import cv2
from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image
from stereo_msgs.msg import DisparityImage

from crestereo_ros.nodes.image_messages import to_array
from crestereo_ros.pictures import DisparityRange, side_by_side

HERE = Path(__file__).parent
FRAMES = 10
ENOUGH = 60.0  # s, and at least two frames: a rate needs two
PATIENCE = 180.0  # s, for a slow machine
LOG_LINES = 15
TOLD = {'resolution', 'iterations', 'provider'}  # in the diagnostics of the depth node


class DemoError(Exception):
    """Nothing to show; the message says why, and ``code`` is what the process ends with."""

    code = 1


class EndedBySignal(DemoError):
    def __init__(self, number: int):
        super().__init__(f'ended by {signal.Signals(number).name}')
        self.code = 128 + number


def main() -> int:
    options = parse_arguments()
    source = ' and '.join(filter(None, [options.left, options.right]))
    print(f'Depth from {source}, after {PATIENCE:g} s at most', flush=True)
    try:
        print(show(options.left, options.right, options.picture))
    except DemoError as error:
        print(f'error: {error}', file=sys.stderr)
        return error.code
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--left', default='', help='image or video; alone, a side-by-side video')
    parser.add_argument('--right', default='', help='image or video')
    parser.add_argument('--picture', type=Path, default=HERE / 'depth.png')
    options = parser.parse_args()
    if options.right and not options.left:
        parser.error('a right image needs a left one')
    if not options.left:
        options.left, options.right = str(HERE / 'data/left.png'), str(HERE / 'data/right.png')
    return options


def show(left: str, right: str, picture: Path) -> str:
    """
    Run player and depth node on a source and write what came out as a picture.

    :returns: frames, frames per second, resolution, iterations and provider in one line
    :raises DemoError: when a node dies or nothing comes
    """
    source = {'source': left, 'loop': True} | ({'source_right': right} if right else {})
    # Kept for watch() to find: an exception while a process starts would leave that one behind.
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
        with (
            running('stereo_depth_node', Path(logs), {'resolution': 'image'}) as depth,
            running('stereo_player_node', Path(logs), source, remapped) as player,
            viewer_node() as viewer,
        ):
            viewer.watch([depth, player], signals)
            viewer.write(picture)
            return viewer.summary()


def unused_domain() -> int:
    """Return a ROS domain whose discovery port nobody on this machine listens to."""
    for domain in random.sample(range(1, 102), 101):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7400 + 250 * domain))
            except OSError:
                continue
            return domain
    raise DemoError('every ROS domain from 1 to 101 is in use on this machine')


@dataclass
class NodeProcess:
    """A node's executable in a process of its own, and the file that takes its output."""

    name: str
    process: subprocess.Popen
    log: Path

    def last_lines(self) -> str:
        lines = self.log.read_text(errors='replace').splitlines()[-LOG_LINES:]
        return '\n'.join([f'{self.name}, last lines:', *(f'    {line}' for line in lines)])


@contextmanager
def running(
    name: str, logs: Path, parameters: dict | None = None, remappings: list[str] | None = None
) -> Iterator[NodeProcess]:
    """Run one of the package's executables for the length of a ``with`` block."""
    # JSON is YAML, which is how ROS reads a parameter: it keeps a file named 1 a string.
    settings = [f'{key}:={json.dumps(value)}' for key, value in (parameters or {}).items()]
    command = [Path(sysconfig.get_path('scripts'), name), '--ros-args']
    command += [word for setting in settings for word in ('-p', setting)]
    command += [word for remapping in remappings or [] for word in ('-r', remapping)]
    log = logs / f'{name}.out'
    with log.open('wb') as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield NodeProcess(name, process, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def viewer_node() -> Iterator['Viewer']:
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield Viewer()
    finally:
        rclpy.shutdown()


class Viewer(Node):
    """Receives what the two nodes publish and keeps the newest disparity with its left image."""

    def __init__(self):
        super().__init__('demo')
        self._lefts = {}  # messages by stamp, the disparity of which is still to come
        self._newest = None  # left message, disparity
        self._limits = None
        self._range = DisparityRange()
        self._arrivals = []
        self._status = {}
        self.create_subscription(Image, 'left/image_rect', self._on_left, 10)
        self.create_subscription(DisparityImage, 'disparity', self._on_disparity, 10)
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def _on_left(self, message: Image):
        self._lefts[stamp(message)] = message

    def _on_disparity(self, message: DisparityImage):
        of_message = stamp(message)
        self._lefts = {key: left for key, left in self._lefts.items() if key >= of_message}
        if of_message not in self._lefts:
            return  # published before this node was known to the player
        image = message.image
        disparity = np.frombuffer(image.data, np.float32).reshape(image.height, image.width)
        self._limits = self._range.update(disparity)
        self._newest = self._lefts[of_message], disparity
        self._arrivals.append(time.monotonic())

    def _on_diagnostics(self, message: DiagnosticArray):
        for status in message.status:
            self._status.update((item.key, item.value) for item in status.values)

    def watch(self, nodes: list[NodeProcess], signals: list[int]):
        """
        Receive until there is enough to show.

        :raises DemoError: at the first signal, when a node dies, or when there is too little
            after PATIENCE seconds
        """
        end = time.monotonic() + PATIENCE
        while not self._has_enough():
            if signals:
                raise EndedBySignal(signals[0])
            for node in nodes:
                if node.process.poll() is not None:
                    print(node.last_lines(), file=sys.stderr)
                    raise DemoError(f'{node.name} ended with code {node.process.returncode}')
            if time.monotonic() > end:
                print('\n'.join(node.last_lines() for node in nodes), file=sys.stderr)
                raise DemoError(f'only {len(self._arrivals)} disparities within {PATIENCE:g} s')
            rclpy.spin_once(self, timeout_sec=0.1)

    def _has_enough(self) -> bool:
        if len(self._arrivals) < 2 or not self._status.keys() >= TOLD:
            return False
        return len(self._arrivals) >= FRAMES or time.monotonic() - self._arrivals[0] > ENOUGH

    def write(self, picture: Path):
        """Write the newest left image beside its disparity in colours."""
        left, disparity = self._newest
        shown = side_by_side(to_array(left), disparity, self._limits)
        if not cv2.imwrite(str(picture), shown):
            raise DemoError(f'{picture} cannot be written')
        print(f'Wrote {picture}')

    def summary(self) -> str:
        """Return what was measured, as one line."""
        rate = (len(self._arrivals) - 1) / (self._arrivals[-1] - self._arrivals[0])
        told = self._status
        return (
            f'{len(self._arrivals)} frames, {rate:.2f} frames per second, '
            f'resolution {told["resolution"]}, {told["iterations"]} iterations, '
            f'provider {told["provider"]}'
        )


def stamp(message: Image | DisparityImage) -> tuple[int, int]:
    """Return a message's stamp in a form that sorts by time."""
    return message.header.stamp.sec, message.header.stamp.nanosec


if __name__ == '__main__':
    sys.exit(main())
