# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can keep a model from being frozen."""

from crestereo_ros.errors import CrestereoError


class FreezingError(CrestereoError):
    """A model that cannot be frozen; the text says why and the fix."""
