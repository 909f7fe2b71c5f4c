# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The base of every error that the package expects."""


class CrestereoError(Exception):
    """Something that the user can mend: the text names what is wrong and the fix."""


class StereoError(CrestereoError):
    """Anything that keeps a pair from being matched; the text says what and the fix."""


class SettingsError(StereoError):
    """Settings that are out of range, or that a model cannot do."""
