# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of execution providers."""

from crestereo_ros.errors import StereoError


class ProviderError(StereoError):
    """An execution provider that is not available, or does not run the model."""
