# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The range that colours span."""

import numpy as np
import pytest

from crestereo_ros.pictures import DisparityRange


def frame(lowest, highest, shape=(300, 400)):
    return np.linspace(lowest, highest, shape[0] * shape[1], dtype=np.float32).reshape(shape)


def test_the_first_frame_sets_the_range():
    lowest, highest = DisparityRange().update(frame(10, 60))
    assert lowest == pytest.approx(11, abs=0.2)
    assert highest == pytest.approx(59, abs=0.2)


def test_outliers_do_not_use_up_the_colours():
    outliers = frame(10, 60)
    outliers[:, :2] = 1e6
    outliers[:, 2:4] = np.nan, np.inf
    assert DisparityRange().update(outliers) == pytest.approx((11, 59), abs=0.7)


def test_the_range_follows_the_video_slowly():
    limits = DisparityRange()
    limits.update(frame(0, 100))
    steps = [limits.update(frame(100, 200)) for _ in range(60)]
    lowest = [low for low, _ in steps]
    assert lowest == sorted(lowest)
    assert max(np.diff(lowest)) < 12
    assert steps[-1] == pytest.approx((102, 198), abs=1)


def test_a_frame_without_valid_values_does_not_change_the_range():
    limits = DisparityRange()
    nothing = np.full((4, 4), np.nan, np.float32)
    assert limits.update(nothing) == (0, 1)
    before = limits.update(frame(10, 60))
    assert limits.update(nothing) == before


def test_invalid_values_are_ignored():
    values, valid = frame(10, 60), np.ones((300, 400), bool)
    values[:150], valid[:150] = 500, False
    assert DisparityRange().update(values, valid) == pytest.approx((35.5, 59.5), abs=0.2)


def test_a_flat_frame_has_a_range():
    lowest, highest = DisparityRange().update(np.full((5, 5), 7, np.float32))
    assert (lowest, highest) == (7, 8)
