# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors of the command itself."""

from crestereo_ros.errors import CrestereoError


class CommandError(CrestereoError):
    """A request that cannot be met; the text says why and what to do instead."""
