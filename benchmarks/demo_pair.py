# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node and a player of the demo's pair as processes, and this one as the subscriber."""

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

from crestereo_ros.nodes.depth.outputs import Output, OUTPUTS
from demo.run import NodeProcess, running, unused_domain

DATA = Path(__file__).parents[1] / 'demo/data'
PATIENCE = 120.0  # seconds, for a slow machine


class Subscriber(Node):
    """
    Subscribes to outputs of the depth node.

    Attributes: `received`, how many messages came of each output; `status`, the values of the
    latest diagnostics; `process`, that of the depth node.
    """

    def __init__(self, depth: NodeProcess) -> None:
        super().__init__('benchmark')
        self.received: Counter[type[Output]] = Counter()
        self.status: dict[str, str] = {}
        self.process = psutil.Process(depth.process.pid)
        self._depth = depth
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def subscribe(self, outputs: Iterable[type[Output]]) -> None:
        """Subscribe to outputs; their messages are counted and left as they came."""
        for output in outputs:

            def count(_: bytes, output: type[Output] = output) -> None:
                self.received[output] += 1

            self.create_subscription(output.message_type, output.topic, count, 5, raw=True)

    def spin_for(self, seconds: float) -> None:
        """
        Receive for a time.

        :raises SystemExit: if the depth node ends
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(0.1)
            if self._depth.process.poll() is not None:
                raise SystemExit(self._depth.last_lines())

    def next_status(self) -> dict[str, str]:
        """
        Return the values of diagnostics that are yet to come.

        :raises SystemExit: if none come, or the depth node ends
        """
        self.status = {}
        end = time.monotonic() + PATIENCE
        while not self.status:
            self.spin_for(0.1)
            if time.monotonic() > end:
                raise SystemExit(self._depth.last_lines())
        return self.status

    def wait_for_results(self, number: int) -> None:
        """
        Receive until the depth node has made so many results since its start.

        :raises SystemExit: if they do not come
        """
        end = time.monotonic() + PATIENCE
        while int(self.next_status().get('pairs processed', 0)) < number:
            if time.monotonic() > end:
                raise SystemExit(f'too few results: {self.status}\n{self._depth.last_lines()}')

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.endswith('stereo_depth: depth'):
                self.status = {item.key: item.value for item in status.values}
                self.status['message'] = status.message


@contextmanager
def demo_pair_playing(rate: float, **parameters: object) -> Iterator[Subscriber]:
    """
    Play the demo's pair to a depth node over DDS, on this machine only, and give a subscriber.

    :param rate: pairs a second
    :param parameters: of the depth node
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
        depth = stack.enter_context(running('stereo_depth_node', Path(logs), parameters))
        stack.enter_context(running('stereo_player_node', Path(logs), source, remapped))
        rclpy.init()
        stack.callback(rclpy.shutdown)
        subscriber = Subscriber(depth)
        stack.callback(subscriber.destroy_node)
        yield subscriber


def outputs_but(*topics: str) -> list[type[Output]]:
    """Return all outputs of the depth node but some."""
    return [output for output in OUTPUTS if output.topic not in topics]
