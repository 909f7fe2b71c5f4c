# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A NumPy pair in, disparity out."""

from crestereo_ros.errors import SettingsError, StereoError
from crestereo_ros.matching.errors import (
    ImagePairError,
    ImageSizeError,
    ImageTypeError,
    InferenceError,
    MatchCancelledError,
    ProviderFailedError,
    UnequalPairError,
)
from crestereo_ros.matching.matcher import Match, StereoMatcher
from crestereo_ros.models.errors import (
    ModelFileError,
    ModelNotFoundError,
    NotOnnxError,
    NotStereoModelError,
)
from crestereo_ros.providers.errors import ProviderError
from crestereo_ros.providers.opening import available_providers

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
