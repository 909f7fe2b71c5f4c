# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with an execution provider."""

from crestereo_ros.errors import StereoError


class ProviderError(StereoError):
    """An execution provider that is not available, or does not run the model."""
