# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of downloads."""

from crestereo_ros.errors import CrestereoError


class DownloadError(CrestereoError):
    """A download that failed or gave the wrong file. The text gives the reason and the fix."""
