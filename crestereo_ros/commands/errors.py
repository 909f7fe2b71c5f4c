# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a command cannot do."""

from crestereo_ros.errors import CrestereoError


class CommandError(CrestereoError):
    """A request that cannot be fulfilled; the message says why and what would work."""
