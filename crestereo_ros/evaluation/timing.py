# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures times that can be compared, in turns, because machines get faster and slower."""

from collections.abc import Callable
import time

import numpy as np


def medians(*calls: Callable[[], object], rounds: int = 5) -> np.ndarray:
    """
    Return the median time of each call. The calls take turns.

    :param rounds: how often each call is timed, after one run to warm up
    :returns: float64 (calls,), milliseconds
    """
    times = []
    for number in range(rounds + 1):
        for call in calls:
            start = time.perf_counter()
            call()
            if number:
                times.append(time.perf_counter() - start)
    return 1000 * np.median(np.reshape(times, (rounds, len(calls))), axis=0)
