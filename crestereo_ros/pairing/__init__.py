# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairs left and right images, and decides which pair is processed next."""

from crestereo_ros.pairing.newest_item_worker import NewestItemWorker, WorkerSnapshot
from crestereo_ros.pairing.pair_synchronizer import (
    DropReason,
    Pair,
    PairingProblem,
    PairingSnapshot,
    PairSynchronizer,
    Side,
)
from crestereo_ros.pairing.rhythm import common_period, is_multiple, Rhythm
from crestereo_ros.pairing.second_stage import SecondStage

__all__ = [
    'common_period',
    'DropReason',
    'is_multiple',
    'NewestItemWorker',
    'Pair',
    'PairSynchronizer',
    'PairingProblem',
    'PairingSnapshot',
    'Rhythm',
    'SecondStage',
    'Side',
    'WorkerSnapshot',
]
