# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The large field of a message, without a copy."""

from __future__ import annotations

from array import array
from contextlib import suppress
from typing import TypeVar

from sensor_msgs.msg import Image, PointCloud2

Message = TypeVar('Message', Image, PointCloud2)


def with_data(message: Message, data: array[int]) -> Message:
    """
    Set the data of a message without a copy.

    From Jazzy on, the public setter and the constructor copy it. For a cloud of 640x480 points,
    that took longer than computing the points.
    """
    with suppress(AttributeError):  # where a later distribution calls it otherwise
        message._data = data
    if message.data is not data:
        message.data = data
    return message
