# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of evaluation."""

from crestereo_ros.errors import CrestereoError


class EvaluationError(CrestereoError):
    """A pair or a file that cannot be evaluated. The text names the file and the problem."""
