# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Stereo frames from files, the web, bags and cameras.

Each kind of source is one class in a file of its own behind `StereoSource`; `open_source`
is the one place that knows all of them. Where an image or a video is, is a `Location`.
`Playback` hands their frames out in time.
"""

from crestereo_ros.sources.bag import STAMPS
from crestereo_ros.sources.errors import SourceError, StartError, UnequalSizesError
from crestereo_ros.sources.opening import open_source, SOURCE_TYPES
from crestereo_ros.sources.playback import Playback
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource

__all__ = [
    'Playback',
    'SOURCE_TYPES',
    'STAMPS',
    'SourceError',
    'StartError',
    'StereoFrame',
    'StereoSource',
    'UnequalSizesError',
    'open_source',
]
