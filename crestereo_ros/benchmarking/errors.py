# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a benchmark."""

from crestereo_ros.errors import CrestereoError


class BenchmarkError(CrestereoError):
    """A benchmark that cannot be run; the text says why and what to do instead."""
