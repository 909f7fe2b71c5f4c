# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the nodes tell about themselves: counts, times, and problems with their fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from threading import Lock
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node


class PairDrop(Enum):
    """Why a complete pair gave no disparity."""

    NEWER_PAIR = 'newer pair'
    NO_SUBSCRIBER = 'no subscriber'
    NO_MODEL = 'model not loaded'
    UNUSABLE = 'unusable images'
    FAILED = 'inference failed'


@dataclass(frozen=True)
class Result:
    """How a disparity came about; times in seconds."""

    resolution: tuple[int, int]  # (height, width) of the network's input
    iterations: int
    inference: float  # how long the matcher took
    age: float  # from the arrival of the pair's second image to its publication


class Tally:
    """What became of the pairs, to be counted from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._drops: Counter[PairDrop] = Counter()
        self._results = 0
        self._latest: Result | None = None
        self._trouble = ''

    def add_drop(self, reason: PairDrop, trouble: str = '') -> None:
        """Count a pair that gave nothing; `trouble` is what the user has to mend, if anything."""
        with self._lock:
            self._drops[reason] += 1
            self._trouble = trouble or self._trouble

    def add_result(self, result: Result) -> None:
        with self._lock:
            self._results += 1
            self._latest = result
            self._trouble = ''

    @property
    def results(self) -> int:
        return self._results

    @property
    def latest(self) -> Result | None:
        return self._latest

    @property
    def trouble(self) -> str:
        """Tell what was wrong with the latest pair, empty if it gave a disparity."""
        return self._trouble

    @property
    def drops(self) -> dict[PairDrop, int]:
        with self._lock:
            return {reason: self._drops[reason] for reason in PairDrop}


def status(name: str, level: bytes, message: str, values: Mapping[str, Any]) -> DiagnosticStatus:
    """Fill a diagnostic_msgs/DiagnosticStatus."""
    return DiagnosticStatus(
        name=name,
        level=level,
        message=message,
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
    )


def array_of(
    node: Node, part: str, level: bytes, message: str, values: Mapping[str, Any]
) -> DiagnosticArray:
    """Fill a diagnostic_msgs/DiagnosticArray with the status of one part of a node, as of now."""
    name = f'{node.get_fully_qualified_name()[1:]}: {part}'
    array = DiagnosticArray(status=[status(name, level, message, values)])
    array.header.stamp = node.get_clock().now().to_msg()
    return array
