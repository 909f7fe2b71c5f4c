# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which pixels of a disparity are known, and with what confidence."""

from crestereo_ros.validity.confidence import Search
from crestereo_ros.validity.left_right import right_disparity
from crestereo_ros.validity.texture import texture_support
from crestereo_ros.validity.validity import Checks, confidence_of, pixels_that_pass

__all__ = [
    'Checks',
    'confidence_of',
    'pixels_that_pass',
    'right_disparity',
    'Search',
    'texture_support',
]
