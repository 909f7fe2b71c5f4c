# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a message."""

from crestereo_ros.errors import CrestereoError


class ImageMessageError(CrestereoError):
    """A message whose fields contradict one another, or an encoding that cannot be used."""
