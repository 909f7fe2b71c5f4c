# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a source."""

from crestereo_ros.errors import CrestereoError


class SourceError(CrestereoError):
    """A source cannot be played; the message names the file and what to do about it."""


class StartError(SourceError):
    """A source cannot start at a time; the message names both and says what can be done."""


class UnequalSizesError(SourceError):
    """The two sides of a source are not of one size."""

    def __init__(self, left, left_shape, right, right_shape):
        """Name both files and their shapes, (height, width, ...) each."""
        super().__init__(
            f'{left} is {left_shape[1]}x{left_shape[0]} and {right} is '
            f'{right_shape[1]}x{right_shape[0]} (width x height): the left and the right of a '
            'stereo pair must be of one size, scale one of them first'
        )
