# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two images."""

from collections.abc import Iterator

import cv2
import numpy as np

from crestereo_ros.sources.errors import SourceError, UnequalSizesError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource

RATE = 10.0  # Hz; a still has no rate of its own, and a player that repeats it needs one


class ImagePair(StereoSource):
    """A left and a right image: a source of one frame."""

    rate = RATE
    length = 1

    def __init__(self, left: Location, right: Location) -> None:
        """
        Read both.

        :raises SourceError: when one cannot be read or decoded, or their sizes differ
        """
        self.name = f'{left.name} and {right.name}'
        images = read_image(left), read_image(right)
        if images[0].shape != images[1].shape:
            raise UnequalSizesError(left.name, images[0].shape, right.name, images[1].shape)
        self._frame = StereoFrame(*images, time=0.0)

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        if start <= self._frame.time:
            yield self._frame


def read_image(location: Location) -> np.ndarray:
    """
    Read an image, turned upright as its EXIF orientation says.

    :returns: uint8 (H, W, 3), BGR; grey becomes three equal channels, 16 bits keep the upper 8,
        transparency is left out
    :raises SourceError: when it cannot be read or decoded
    """
    if not location.is_image():
        raise SourceError(
            f'{location.name} is no image that OpenCV can read: give a PNG or JPEG file'
        )
    # From memory OpenCV 5 refuses a JPEG that is cut short; imread fills it up in grey.
    try:
        image = cv2.imdecode(np.frombuffer(location.read(), np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # more pixels than OpenCV takes
        image = None
    if image is None:
        raise SourceError(
            f'{location.name} cannot be decoded: it is damaged or cut off, get it again'
        )
    return image
