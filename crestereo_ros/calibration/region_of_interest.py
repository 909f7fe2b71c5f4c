# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The part of a sensor that an image shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RegionOfInterest:
    """
    A window of the full resolution, in pixels, as sensor_msgs/RegionOfInterest defines it.

    A width or height of 0 stands for that of the whole image.
    """

    x_offset: int = 0
    y_offset: int = 0
    width: int = 0
    height: int = 0
