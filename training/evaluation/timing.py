# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Times that can be compared: taken in turns, since machines get faster and slower."""

import time

import numpy as np


def medians(*calls, rounds=5):
    """Return the median time in ms of each call, which are made in turns after one of each."""
    times = []
    for number in range(rounds + 1):
        for call in calls:
            start = time.perf_counter()
            call()
            if number:
                times.append(time.perf_counter() - start)
    return 1000 * np.median(np.reshape(times, (rounds, len(calls))), axis=0)
