# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 node: receives results of a depth node and writes the measurements."""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.subscription import Subscription

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.processes import Usage
from crestereo_ros.messages.stamps import nanoseconds
from crestereo_ros.nodes.depth.outputs import OUTPUTS
from crestereo_ros.nodes.depth.outputs.output import size_of
from crestereo_ros.nodes.running import run

# The nodes whose diagnostics are read, and the counts that are used.
COUNTS = {'depth': 'pairs received', 'player': 'frames published'}
POLL_INTERVAL = 0.1  # s

# Stamp in nanoseconds, and the values by name.
Report = tuple[int, Mapping[str, str]]


class ResultProbeNode(Node):
    """
    Measure for some seconds, write the figures as JSON, and end.

    Parameters: `output`, the file to write; `topic`, the result to receive; `seconds`, how long to
    measure; `warm_up`, the seconds from the first result to the measurement; `patience`, the
    seconds until the node gives up; `pid`, the process of the depth node.
    """

    def __init__(self) -> None:
        super().__init__('result_probe')
        self._output = Path(self.declare_parameter('output', '').value)
        self._seconds: float = self.declare_parameter('seconds', 10.0).value
        self._warm_up: float = self.declare_parameter('warm_up', 2.0).value
        self._pid: int = self.declare_parameter('pid', 0).value
        self._patience = time.monotonic() + self.declare_parameter('patience', 120.0).value
        self._begin = 0.0  # monotonic seconds; 0 before the first result
        self._usage: Usage | None = None  # at the start of the measurement
        self._latencies: list[float] = []  # ms
        self._deliveries: list[float] = []  # ms
        self._bytes = 0  # of the latest message
        self._reports: dict[str, list[Report]] = {part: [] for part in COUNTS}
        topic: str = self.declare_parameter('topic', 'disparity/image_color').value
        kinds = {output.topic: output.message_type for output in OUTPUTS}
        if topic not in kinds:
            raise BenchmarkError(f"there is no result '{topic}', only {', '.join(kinds)}")
        # From Iron on, rclpy tells when a message was published.
        has_times = hasattr(Subscription, 'CallbackType')
        on_result: Any = self._on_timed_result if has_times else self._on_result
        self.create_subscription(kinds[topic], topic, on_result, 10)
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self.create_timer(POLL_INTERVAL, self._poll, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_timed_result(self, message: Any, info: Mapping[str, int]) -> None:  # noqa: ANN401
        if self._usage is not None:
            self._deliveries.append((time.time_ns() - info['source_timestamp']) / 1e6)
        self._on_result(message)

    def _on_result(self, message: Any) -> None:  # noqa: ANN401
        latency = self.get_clock().now().nanoseconds - nanoseconds(message.header.stamp)
        if not self._begin:
            self._begin = time.monotonic() + self._warm_up
        if self._usage is not None:
            self._latencies.append(latency / 1e6)
            self._bytes = size_of(message)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        if self._usage is None:
            return
        for status in message.status:
            part = status.name.rpartition(': ')[2]
            values = {item.key: item.value for item in status.values}
            if part in COUNTS and COUNTS[part] in values:
                self._reports[part].append((nanoseconds(message.header.stamp), values))

    def _poll(self) -> None:
        now = time.monotonic()
        if self._begin and now >= self._begin and self._usage is None:
            self._begin, self._usage = now, Usage.of(self._pid)
        complete = self._latencies and all(len(x) > 1 for x in self._reports.values())
        if self._usage is not None and complete and now - self._begin >= self._seconds:
            self._output.write_text(json.dumps(self._figures(self._usage, now - self._begin)))
            self.context.try_shutdown()
        elif now > self._patience:
            raise BenchmarkError(
                f'only {len(self._latencies)} results arrived: lower resolution, iterations or '
                'rate'
            )

    def _figures(self, before: Usage, seconds: float) -> dict[str, float | None]:
        after = Usage.of(self._pid)
        median, high = np.percentile(self._latencies, (50, 95))
        _, values = self._reports['depth'][-1]
        return {
            'published_hz': self._rate('player'),
            'in_hz': self._rate('depth'),
            'out_hz': len(self._latencies) / seconds,
            'latency_ms': float(median),
            'latency_95_ms': float(high),
            'delivery_ms': float(np.median(self._deliveries)) if self._deliveries else None,
            'message_kb': self._bytes / 1e3,
            'inference_ms': float(values['inference: median (ms)']),
            'cpu_percent': 100 * (after.cpu_seconds - before.cpu_seconds) / seconds,
            'memory_mb': after.memory_mb,
        }

    def _rate(self, part: str) -> float:
        (first, before), *_, (last, after) = self._reports[part]
        count = int(after[COUNTS[part]]) - int(before[COUNTS[part]])
        return count / (last - first) * 1e9


def main(args: list[str] | None = None) -> int:
    """Run the node until it has measured, and return the exit code."""
    return run(ResultProbeNode, lambda node: None, args)


if __name__ == '__main__':
    sys.exit(main())
