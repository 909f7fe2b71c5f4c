# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of freezing a model."""

from crestereo_ros.errors import CrestereoError


class FreezingError(CrestereoError):
    """A model that cannot be frozen. The text gives the reason and the fix."""
