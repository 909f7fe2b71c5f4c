# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a download."""


class DownloadError(Exception):
    """A file that did not come, or not as it should be; the text says why and the fix."""
