# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The base classes of all expected errors."""


class CrestereoError(Exception):
    """Something that the user can fix. The text names the problem and the fix."""


class StereoError(CrestereoError):
    """Anything that prevents a match. The text names the problem and the fix."""


class SettingsError(StereoError):
    """Settings that are out of range or that a model does not support."""
