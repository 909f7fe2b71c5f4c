# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes files of one size and number of iterations from run-time-sized ones; with a cache."""

from crestereo_ros.freezing.build import FreezeJob
from crestereo_ros.freezing.cache import FrozenCache, make_room
from crestereo_ros.freezing.errors import FreezingError
from crestereo_ros.freezing.freeze import freeze, IDENTITY, Target

__all__ = [
    'freeze',
    'FreezingError',
    'FrozenCache',
    'IDENTITY',
    'make_room',
    'FreezeJob',
    'Target',
]
