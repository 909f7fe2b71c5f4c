# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Stereo images to depth with CREStereo on ONNX Runtime, for ROS 2 and without it.

The names in `__all__` are stable. docs/python.md shows how to use them.
"""

from importlib import import_module
import os
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from crestereo_ros.calibration import read_calibration, StereoCalibration, StereoRectifier
    from crestereo_ros.errors import CrestereoError
    from crestereo_ros.matching import Match, StereoMatcher
    from crestereo_ros.pipeline import DepthPipeline, DepthResult, DepthSettings, RectifiedPair
    from crestereo_ros.sources import open_source

# ONNX Runtime reads this on import. Otherwise it reports its use to its vendor.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')

__version__ = '0.2.0'

_ROOMS = {
    'CrestereoError': 'errors',
    'DepthPipeline': 'pipeline',
    'DepthResult': 'pipeline',
    'DepthSettings': 'pipeline',
    'Match': 'matching',
    'open_source': 'sources',
    'read_calibration': 'calibration',
    'RectifiedPair': 'pipeline',
    'StereoCalibration': 'calibration',
    'StereoMatcher': 'matching',
    'StereoRectifier': 'calibration',
}

__all__ = [
    'CrestereoError',
    'DepthPipeline',
    'DepthResult',
    'DepthSettings',
    'Match',
    'open_source',
    'read_calibration',
    'RectifiedPair',
    'StereoCalibration',
    'StereoMatcher',
    'StereoRectifier',
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    # Import lazily, so that the nodes and the command do not wait for what they do not use.
    if name not in _ROOMS:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_ROOMS[name]}'), name)
