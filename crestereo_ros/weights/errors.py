# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a file of weights."""

from crestereo_ros.errors import CrestereoError


class WeightsError(CrestereoError):
    """A file that has no CREStereo weights to read; the text says why and the fix."""
