# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with pairs to measure with."""

from crestereo_ros.errors import CrestereoError


class EvaluationError(CrestereoError):
    """A pair that cannot be measured with; the text names the file and what is wrong with it."""
