# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two images."""

from collections.abc import Iterator

import numpy as np

from crestereo_ros.messages.intensities import Intensities
from crestereo_ros.sources.errors import SourceError, UnequalSizesError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource
from crestereo_ros.sources.still_image import decode_image

RATE = 10.0  # Hz; a still has no rate of its own, and a player that repeats it needs one


class ImagePair(StereoSource):
    """A left and a right image: a source of one frame."""

    rate = RATE
    length = 1

    def __init__(
        self, left: Location, right: Location, intensities: Intensities | None = None
    ) -> None:
        """
        Read both.

        :param intensities: makes 8 bits of images with more; None: by what they use
        :raises SourceError: when one cannot be read or decoded, or their sizes differ
        """
        self.name = f'{left.name} and {right.name}'
        images = read_numbers(left), read_numbers(right)
        if images[0].shape != images[1].shape:
            raise UnequalSizesError(left.name, images[0].shape, right.name, images[1].shape)
        refuse_identical(*images, self.name)
        left_image, right_image = (intensities or Intensities()).to_8_bits(*images)
        self._frame = StereoFrame(left_image, right_image, time=0.0)

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        if start <= self._frame.time:
            yield self._frame


def refuse_identical(left: np.ndarray, right: np.ndarray, name: str) -> None:
    """
    Refuse a pair of one and the same picture.

    :raises SourceError: if both are equal and show anything
    """
    if np.array_equal(left, right) and (left != left[0, 0]).any():
        raise SourceError(
            f'{name} are one and the same picture, so there is no depth in them: name the images '
            'of two cameras'
        )


def read_image(location: Location) -> np.ndarray:
    """
    Read an image by itself, turned upright.

    :returns: uint8 (H, W, 3), BGR
    :raises SourceError: if it cannot be read or decoded
    """
    return Intensities().to_8_bits(read_numbers(location))[0]


def read_numbers(location: Location) -> np.ndarray:
    """
    Read an image, turned upright.

    :returns: (H, W, 3), BGR, of as many bits as the file has; see `decode_image`
    :raises SourceError: if it cannot be read or decoded
    """
    if not location.is_image():
        raise SourceError(
            f'{location.name} is not an image that can be read: give a PNG, JPEG or HEIC file'
        )
    return decode_image(location.read(), location.name)
