# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Times in messages."""

from crestereo_ros.messages.types import Time


def nanoseconds(stamp: Time) -> int:
    """Return a time in nanoseconds; nothing is checked."""
    return stamp.sec * 10**9 + stamp.nanosec


def is_valid(stamp: Time) -> bool:
    """Return whether a time is valid: from 1970 on, with nanoseconds of less than a second."""
    return stamp.sec >= 0 and stamp.nanosec < 10**9
