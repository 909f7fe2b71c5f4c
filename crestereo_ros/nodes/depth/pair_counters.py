# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Counts what happened to the pairs."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import Enum
import math
from threading import Lock

from crestereo_ros.nodes.depth.settings import MatcherKey
from crestereo_ros.providers.node_placement import Placement

KEPT = 100  # results
ERRORS_UNTIL_FAILURE = 3  # in a row: by then it is not just a single broken pair


class PairDrop(Enum):
    """Why a complete pair did not give a disparity."""

    NEWER_PAIR = 'newer pair'
    NO_SUBSCRIBER = 'no subscriber'
    NO_MODEL = 'model not loaded'
    UNUSABLE = 'unusable images'
    NOT_RECTIFIED = 'not rectified'
    FAILED = 'inference failed'


@dataclass(frozen=True)
class Latest:
    """How the latest disparity was computed; times in seconds."""

    key: MatcherKey  # of the matcher
    provider: str  # as in `Match`, like the next three fields
    placement: Placement | None
    resolution: tuple[int, int]  # (height, width) of the network's input
    iterations: int
    inference: float  # how long the matcher took
    overhead: float  # how long everything else took: decoding, checks, messages, publishing
    age: float  # from the arrival of the pair's second image to its publication
    known: float = math.nan  # share of the pixels
    confidence: float = math.nan  # median of all pixels, of this result or a recent one
    started_from: str = 'nothing'  # or 'previous disparity'


class PairCounters:
    """What happened to the pairs. Any thread may add to the counts."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._drops: Counter[PairDrop] = Counter()
        self._results = 0
        self._recent: deque[Latest] = deque(maxlen=KEPT)
        self._errors = 0  # since the latest result
        self._last_error = ''
        self._fails = False

    def add_drop(self, reason: PairDrop, error: str = '') -> None:
        """Count a pair without a result; `error` is what the user has to fix, if anything."""
        with self._lock:
            self._drops[reason] += 1
            if error:
                self._errors += 1
                self._last_error = error
                self._fails = reason is PairDrop.FAILED or self._errors >= ERRORS_UNTIL_FAILURE

    def add_result(self, latest: Latest) -> None:
        """Count a pair that gave a disparity."""
        with self._lock:
            self._results += 1
            self._recent.append(latest)
            self._errors, self._last_error, self._fails = 0, '', False

    @property
    def results(self) -> int:
        """How many pairs gave a disparity."""
        return self._results

    @property
    def latest(self) -> Latest | None:
        """The latest disparity, None before the first."""
        recent = self.recent
        return recent[-1] if recent else None

    @property
    def recent(self) -> list[Latest]:
        """The latest disparities, at most `KEPT`, oldest first."""
        with self._lock:
            return list(self._recent)

    @property
    def last_error(self) -> str:
        """What was wrong with the latest pair, empty if it gave a disparity."""
        return self._last_error

    @property
    def fails(self) -> bool:
        """Whether no pair gives a result: inference failed, or several pairs in a row were bad."""
        return self._fails

    @property
    def drops(self) -> dict[PairDrop, int]:
        """How many pairs gave no result, by reason."""
        with self._lock:
            return {reason: self._drops[reason] for reason in PairDrop}
