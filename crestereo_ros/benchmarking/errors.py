# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of benchmarks."""

from crestereo_ros.errors import CrestereoError


class BenchmarkError(CrestereoError):
    """A benchmark that cannot be run. The text says why and what to do instead."""
