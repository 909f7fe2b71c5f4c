# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Times measured in turns."""

import numpy as np

from crestereo_ros.evaluation.timing import medians


def test_calls_take_turns_after_one_to_warm_up():
    called = []

    times = medians(lambda: called.append('a'), lambda: called.append('b'), rounds=3)

    assert called == ['a', 'b'] * 4
    assert times.shape == (2,)
    assert np.all(times > 0)
