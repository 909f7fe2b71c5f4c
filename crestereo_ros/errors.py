# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The base of every error that the package expects."""


class CrestereoError(Exception):
    """Something that the user can mend: the text names what is wrong and the fix."""
