# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a source."""

from pathlib import Path

from crestereo_ros.errors import CrestereoError


class SourceError(CrestereoError):
    """A source cannot be played; the message names the file and what to do about it."""


class StartError(SourceError):
    """A source cannot start at a time; the message names both and says what can be done."""


class UnequalSizesError(SourceError):
    """The two sides of a source are not of one size."""

    def __init__(
        self,
        left: str | Path,
        left_shape: tuple[int, ...],
        right: str | Path,
        right_shape: tuple[int, ...],
    ) -> None:
        """
        Name both sides.

        :param left_shape: (height, width, ...) of the left one
        :param right_shape: the same of the right one
        """
        super().__init__(
            f'{left} is {left_shape[1]}x{left_shape[0]} and {right} is '
            f'{right_shape[1]}x{right_shape[0]} (width x height): the left and the right of a '
            'stereo pair must be of one size, scale one of them first'
        )
