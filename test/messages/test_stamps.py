# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Times in messages."""

from types import SimpleNamespace

import pytest

from crestereo_ros.messages.stamps import is_valid, nanoseconds

Time = SimpleNamespace


def test_all_digits_are_kept():
    assert nanoseconds(Time(sec=1_700_000_000, nanosec=123_456_789)) == 1_700_000_000_123_456_789


@pytest.mark.parametrize(
    ('sec', 'nanosec', 'valid'),
    [(0, 0, True), (2**31 - 1, 999_999_999, True), (-1, 0, False), (1, 10**9, False)],
)
def test_valid_and_invalid_times(sec, nanosec, valid):
    assert is_valid(Time(sec=sec, nanosec=nanosec)) is valid
