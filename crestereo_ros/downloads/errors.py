# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a download."""

from crestereo_ros.errors import CrestereoError


class DownloadError(CrestereoError):
    """A file that did not come, or not as it should be; the text says why and the fix."""
