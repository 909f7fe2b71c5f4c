# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The window of a disparity; the rest is tested with the depth node's output."""

import pytest

from crestereo_ros.messages.disparities import seen_by_both


@pytest.mark.parametrize(
    ('least', 'most', 'columns'),
    [(0, 8, (0, 100)), (3.2, 40, (4, 96)), (-7.5, -2.5, (0, 97)), (120, 130, (0, 0))],
)
def test_window_is_what_both_cameras_see(least, most, columns):
    window = seen_by_both(least, most, 50, 100)
    assert (window.x_offset, window.width) == columns
    assert (window.y_offset, window.height) == (0, 50 if columns[1] else 0)
