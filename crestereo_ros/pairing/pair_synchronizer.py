# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairs left and right items by their stamps, and counts those without a partner."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar('Item')


class Side(Enum):
    LEFT = 'left'
    RIGHT = 'right'

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class DropReason(Enum):
    """Why an item left the synchroniser without a partner."""

    UNMATCHED = 'unmatched'  # a later stamp found its partner first
    OVERFLOW = 'overflow'  # the queue was full
    DUPLICATE = 'duplicate'  # it has the stamp of the previous item on its side
    TIME_JUMP = 'time jump'  # it was waiting when the stamps of its side went back
    INVALID_STAMP = 'invalid stamp'  # its stamp is not a valid time


class PairingProblem(Enum):
    """Why items do not become pairs."""

    NO_ITEMS = 'no items'
    ONLY_LEFT = 'only left'
    ONLY_RIGHT = 'only right'
    FROZEN_STAMPS = 'frozen stamps'  # most items of a side repeat the previous stamp, or have none
    STAMPS_DIFFER = 'stamps differ'


@dataclass(frozen=True)
class Pair(Generic[Item]):
    """Two items that belong together, with their stamps in nanoseconds."""

    left_stamp: int
    right_stamp: int
    left: Item
    right: Item


@dataclass(frozen=True)
class PairingSnapshot:
    """
    The counts of a synchroniser so far.

    `received`, `pairs` and `dropped` count from the start. `since_pair` and `fresh_since_pair`
    (the same without duplicates and invalid stamps) count the items of each side after the last
    pair.
    `nearest_miss` is the smallest difference of stamps, in nanoseconds, between the two sides
    since the last pair, None if there was nothing to compare.
    """

    received: Mapping[Side, int]
    pairs: int
    dropped: Mapping[tuple[Side, DropReason], int]
    since_pair: Mapping[Side, int]
    fresh_since_pair: Mapping[Side, int]
    nearest_miss: int | None

    @property
    def problem(self) -> PairingProblem | None:
        """
        Why the items since the last pair do not become one, None if nothing is wrong.

        A single item of one side is not a problem yet: its partner may be on the way. The caller
        decides how long a lack of items is not a problem.
        """
        left, right = (self.since_pair[side] for side in Side)
        if left == right == 0:
            return PairingProblem.NO_ITEMS
        if max(left, right) < 2:
            return None
        if right == 0:
            return PairingProblem.ONLY_LEFT
        if left == 0:
            return PairingProblem.ONLY_RIGHT
        if left > 2 * self.fresh_since_pair[Side.LEFT]:
            return PairingProblem.FROZEN_STAMPS
        if right > 2 * self.fresh_since_pair[Side.RIGHT]:
            return PairingProblem.FROZEN_STAMPS
        return PairingProblem.STAMPS_DIFFER


@dataclass
class _Waiting(Generic[Item]):
    """The items of one side that wait for a partner, in order of arrival."""

    items: deque[tuple[int, Item]] = field(default_factory=deque)
    newest_stamp: int | None = None


class PairSynchronizer(Generic[Item]):
    """
    Pairs the items of two sides by stamp, within a tolerance. Any thread may use it.

    An item gets the nearest partner that is waiting when it arrives. It does not wait for a nearer
    one, which would delay every pair by a frame: keep the tolerance below half the time between
    two frames, so that the match is unambiguous. Each item is in at most one pair, and the stamps
    of both sides increase from pair to pair, until the stamps of a side go back (a looped bag, a
    restarted player): then that side starts again.
    """

    def __init__(self, tolerance: int = 0, queue_size: int = 10) -> None:
        """
        Make an empty synchroniser.

        :param tolerance: largest difference of a pair's stamps in nanoseconds; 0 for equal stamps
        :param queue_size: how many items of each side may wait for a partner, at least 1
        :raises ValueError: if a parameter is out of range
        """
        self._lock = Lock()
        self._waiting: dict[Side, _Waiting[Item]] = {side: _Waiting() for side in Side}
        self._received: Counter[Side] = Counter()
        self._since_pair: Counter[Side] = Counter()
        self._fresh_since_pair: Counter[Side] = Counter()
        self._dropped: Counter[tuple[Side, DropReason]] = Counter()
        self._pairs = 0
        self._nearest_miss: int | None = None
        self.configure(tolerance, queue_size)

    def configure(self, tolerance: int, queue_size: int) -> None:
        """
        Change the tolerance and the queue size for the next items.

        The parameters are those of `__init__`.
        """
        if tolerance < 0:
            raise ValueError(f'tolerance must be 0 ns or more, not {tolerance}')
        if queue_size < 1:
            raise ValueError(f'queue_size must be 1 or more, not {queue_size}')
        with self._lock:
            self._tolerance = tolerance
            self._queue_size = queue_size

    def add(self, side: Side, stamp: int, item: Item) -> Pair[Item] | None:
        """
        Add an item.

        :param side: the side of the item
        :param stamp: the item's time in nanoseconds
        :param item: returned in its pair
        :returns: the pair that the item completes, None if it completes none
        """
        with self._lock:
            self._received[side] += 1
            self._since_pair[side] += 1
            own, partners = self._waiting[side], self._waiting[side.other].items

            if stamp == own.newest_stamp:
                self._dropped[side, DropReason.DUPLICATE] += 1
                return None
            if own.newest_stamp is not None and stamp < own.newest_stamp:
                self._drop_oldest(side, len(own.items), DropReason.TIME_JUMP)
            own.newest_stamp = stamp
            self._fresh_since_pair[side] += 1

            nearest = min(
                range(len(partners)), key=lambda i: abs(partners[i][0] - stamp), default=None
            )
            if nearest is not None:
                difference = abs(partners[nearest][0] - stamp)
                if difference <= self._tolerance:
                    return self._take_pair(side, stamp, item, nearest)
                if self._nearest_miss is None or difference < self._nearest_miss:
                    self._nearest_miss = difference

            own.items.append((stamp, item))
            self._drop_oldest(side, len(own.items) - self._queue_size, DropReason.OVERFLOW)
            return None

    def reject(self, side: Side) -> None:
        """Count an item with an invalid stamp instead of adding it."""
        with self._lock:
            self._received[side] += 1
            self._since_pair[side] += 1
            self._dropped[side, DropReason.INVALID_STAMP] += 1

    def snapshot(self) -> PairingSnapshot:
        """Return the counts so far."""
        with self._lock:
            return PairingSnapshot(
                received={side: self._received[side] for side in Side},
                pairs=self._pairs,
                dropped=dict(self._dropped),
                since_pair={side: self._since_pair[side] for side in Side},
                fresh_since_pair={side: self._fresh_since_pair[side] for side in Side},
                nearest_miss=self._nearest_miss,
            )

    def _take_pair(self, side: Side, stamp: int, item: Item, partner_index: int) -> Pair[Item]:
        # Older items on either side cannot find a partner any more: stamps only increase.
        self._drop_oldest(side, len(self._waiting[side].items), DropReason.UNMATCHED)
        self._drop_oldest(side.other, partner_index, DropReason.UNMATCHED)
        partner = self._waiting[side.other].items.popleft()

        self._pairs += 1
        self._since_pair.clear()
        self._fresh_since_pair.clear()
        self._nearest_miss = None
        if side is Side.LEFT:
            return Pair(stamp, partner[0], item, partner[1])
        return Pair(partner[0], stamp, partner[1], item)

    def _drop_oldest(self, side: Side, count: int, reason: DropReason) -> None:
        for _ in range(count):
            self._waiting[side].items.popleft()
            self._dropped[side, reason] += 1
