# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Times that can be compared: taken in turns, since machines get faster and slower."""

from collections.abc import Callable
import time

import numpy as np


def medians(*calls: Callable[[], object], rounds: int = 5) -> np.ndarray:
    """
    Return the median time of each call; they are made in turns.

    :param rounds: how often each call is timed, after one that is not
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
