# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs the depth node and a player of the demo's pair, and subscribes to the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, ExitStack
import os
from pathlib import Path
import tempfile
import time

from diagnostic_msgs.msg import DiagnosticArray
import psutil
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.processes import (
    node_command,
    running,
    RunningProcess,
    unused_domain,
)
from crestereo_ros.nodes.depth.outputs import Output

DATA = Path(__file__).parents[1] / 'demo/data'
PATIENCE = 300.0  # seconds, for a slow or busy machine


class Subscriber(Node):
    """
    Subscribes to outputs of the depth node.

    Attributes: `received`, the number of messages of each output; `status`, the values of the
    latest diagnostics; `process`, the process of the depth node.
    """

    def __init__(self, depth: RunningProcess) -> None:
        super().__init__('benchmark')
        self.received: Counter[type[Output]] = Counter()
        self.status: dict[str, str] = {}
        self.process = psutil.Process(depth.process.pid)
        self._depth = depth
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def subscribe(self, outputs: Iterable[type[Output]]) -> None:
        """Subscribe to outputs; their messages are only counted."""
        for output in outputs:

            def count(_: bytes, output: type[Output] = output) -> None:
                self.received[output] += 1

            self.create_subscription(output.message_type, output.topic, count, 5, raw=True)

    def next_status(self) -> dict[str, str]:
        """
        Spin until the next diagnostics, and return their values.

        :raises BenchmarkError: if none arrive, or the depth node fails
        """
        self.status = {}
        end = time.monotonic() + PATIENCE
        while not self.status:
            self._executor.spin_once(0.1)
            self._depth.check()
            if time.monotonic() > end:
                raise BenchmarkError('the depth node does not publish diagnostics')
        return self.status

    def wait_for_results(self, number: int) -> None:
        """
        Spin until the depth node has computed `number` results since its start.

        :raises BenchmarkError: if they do not arrive, or the depth node fails
        """
        end = time.monotonic() + PATIENCE
        while int(self.next_status().get('pairs processed', 0)) < number:
            if time.monotonic() > end:
                raise BenchmarkError(f'no results arrive: {self.status["message"]}')

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.endswith('stereo_depth: depth'):
                self.status = {item.key: item.value for item in status.values}
                self.status['message'] = status.message


@contextmanager
def demo_pair_playing(rate: float, **parameters: object) -> Iterator[Subscriber]:
    """
    Play the demo's pair to a depth node over DDS, only on this machine; give a subscriber.

    :param rate: pairs a second
    :param parameters: parameters of the depth node
    :raises SystemExit: with the reason, for a BenchmarkError of the subscriber
    """
    source: dict[str, object] = {'loop': True, 'rate': rate, 'resize': '480x640'}
    for key, name in (
        ('source', 'left.png'),
        ('source_right', 'right.png'),
        ('camera_info_left', 'left.yaml'),
        ('camera_info_right', 'right.yaml'),
    ):
        source[key] = str(DATA / name)
    remapped = [f'{side}/image_raw:={side}/image_rect' for side in ('left', 'right')]
    with ExitStack() as stack:
        logs = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.update(
            ROS_DOMAIN_ID=str(unused_domain()),
            ROS_AUTOMATIC_DISCOVERY_RANGE='LOCALHOST',
            ROS_LOG_DIR=logs,
        )
        commands = {
            'stereo_depth': node_command('stereo_depth', parameters),
            'stereo_player': node_command('stereo_player', source, remapped),
        }
        depth, _ = (
            stack.enter_context(running(name, command, Path(logs)))
            for name, command in commands.items()
        )
        rclpy.init()
        stack.callback(rclpy.shutdown)
        subscriber = Subscriber(depth)
        stack.callback(subscriber.destroy_node)
        try:
            yield subscriber
        except BenchmarkError as error:
            raise SystemExit(f'error: {error}') from error
