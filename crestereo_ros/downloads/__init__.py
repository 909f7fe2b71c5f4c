# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Downloads model files to the user's cache."""

from crestereo_ros.downloads.errors import DownloadError
from crestereo_ros.downloads.zoo import ADDRESS, fetch, fetch_described, NAMES

__all__ = ['ADDRESS', 'DownloadError', 'fetch', 'fetch_described', 'NAMES']
