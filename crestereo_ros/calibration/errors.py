# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a calibration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crestereo_ros.errors import CrestereoError


class CalibrationError(CrestereoError):
    """
    A calibration that cannot be used.

    The text begins with the field at fault, as sensor_msgs/CameraInfo names it, or with the
    path of the file that it was read from.
    """

    def __init__(self, text: str, side: str | None = None) -> None:
        """
        Store the text and the camera that it is about.

        :param side: 'left' or 'right'; None where it concerns both cameras, or a single camera
            whose side is not known
        """
        super().__init__(text)
        self.side = side


@contextmanager
def concerning(side: str) -> Iterator[None]:
    """
    Say of a CalibrationError in the block which camera it is about.

    :param side: 'left' or 'right'
    """
    try:
        yield
    except CalibrationError as error:
        error.side = side
        raise
