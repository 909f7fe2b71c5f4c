# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One image file with both views."""

from __future__ import annotations

from collections.abc import Iterator
import math

import numpy as np

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.messages.intensities import Intensities
from crestereo_ros.sources import heif
from crestereo_ros.sources.errors import SourceError, UnequalSizesError
from crestereo_ros.sources.image_pair import RATE, refuse_identical
from crestereo_ros.sources.jpeg_views import jps_packing, multiple_images
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.packing import Packing
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource
from crestereo_ros.sources.still_image import decode_image

# Files for crossed eyes, whose endings say how the views are packed.
CROSSED = Packing(axis=1, right_first=True)
ENDINGS = {'.jps': CROSSED, '.pns': CROSSED}


class PackedImage(StereoSource):
    """A spatial photograph, an MPO or JPS file, or an image that shows both views."""

    rate = RATE
    length = 1

    def __init__(
        self,
        location: Location,
        packing: Packing | None = None,
        intensities: Intensities | None = None,
    ) -> None:
        """
        Read both views.

        :param packing: None: as the file says
        :param intensities: makes 8 bits of images with more; None: by what they use
        :raises SourceError: if it cannot be read, or shows one view as far as known
        """
        self.name = location.name
        content = location.read()
        left, right = self._views(content, packing)
        if left.shape != right.shape:
            raise UnequalSizesError(
                f'the left view of {self.name}', left.shape, 'the right one', right.shape
            )
        refuse_identical(left, right, f'both views of {self.name}')
        left, right = (intensities or Intensities()).to_8_bits(left, right)
        self._frame = StereoFrame(left, right, time=0.0)

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        if start <= self._frame.time:
            yield self._frame

    def _views(self, content: bytes, packing: Packing | None) -> tuple[np.ndarray, np.ndarray]:
        pair = heif.stereo_pair(content) if heif.is_heif(content) else None
        if packing is None and pair:
            left, right = (
                heif.decode_heif(heif.with_primary(content, item), self.name) for item in pair
            )
            self.calibration = _calibration(content, pair, left.shape)
            return left, right
        images = multiple_images(content)
        if packing is None and len(images) >= 2:
            left, right = (decode_image(image, self.name) for image in images[:2])
            if left.shape == right.shape:  # otherwise the second is a preview or the like
                return left, right
        ending = self.name[self.name.rfind('.') :].lower()
        packing = packing or jps_packing(content) or ENDINGS.get(ending)
        if packing is None:
            raise SourceError(
                f'{self.name} is one image: name the right one too (source_right), or set '
                'source_type to side_by_side or over_under if it shows both views'
            )
        return packing.split(decode_image(content, self.name))


def _calibration(
    content: bytes, pair: tuple[int, int], shape: tuple[int, ...]
) -> StereoCalibration | None:
    """Return what a spatial photograph says of its cameras, None if that is too little."""
    left, right = (heif.camera_of(content, item) for item in pair)
    if not (left.focal_length and left.position and right.position):
        return None
    baseline = math.dist(left.position, right.position)
    if not baseline:
        return None
    offset = right.centre[0] - left.centre[0] if left.centre and right.centre else 0.0
    height, width = shape[:2]
    return StereoCalibration.of_numbers(width, height, left.focal_length, baseline, offset)
