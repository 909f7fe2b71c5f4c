# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A NumPy pair in, disparity out."""

from crestereo_ros.matching.errors import (
    ImagePairError,
    ImageSizeError,
    ImageTypeError,
    InferenceError,
    MatchCancelledError,
    ModelFileError,
    ModelNotFoundError,
    NotOnnxError,
    NotStereoModelError,
    ProviderError,
    ProviderFailedError,
    SettingsError,
    StereoError,
    UnequalPairError,
)
from crestereo_ros.matching.matcher import Match, StereoMatcher
from crestereo_ros.matching.providers import available_providers

__all__ = [
    'available_providers',
    'ImagePairError',
    'ImageSizeError',
    'ImageTypeError',
    'InferenceError',
    'Match',
    'MatchCancelledError',
    'ModelFileError',
    'ModelNotFoundError',
    'NotOnnxError',
    'NotStereoModelError',
    'ProviderError',
    'ProviderFailedError',
    'SettingsError',
    'StereoError',
    'StereoMatcher',
    'UnequalPairError',
]
