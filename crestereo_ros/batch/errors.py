# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of batches."""

from crestereo_ros.errors import CrestereoError


class BatchError(CrestereoError):
    """Something that keeps a whole batch from being done; the text says what and the fix."""


class FullError(BatchError):
    """The place of the results is full, so that no further task can succeed."""
