# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The fields of the messages, as builtin_interfaces and sensor_msgs define them."""

from typing import Any, Protocol


class Time(Protocol):
    sec: int
    nanosec: int


class Image(Protocol):
    """`data` is any buffer of bytes."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class CompressedImage(Protocol):
    """`data` is any buffer of bytes."""

    format: str
    data: Any


class CameraInfo(Protocol):
    """Sequences of numbers are lists, arrays or NumPy arrays."""

    width: int
    height: int
    distortion_model: str
    d: Any
    k: Any
    r: Any
    p: Any
    binning_x: int
    binning_y: int
    roi: Any
