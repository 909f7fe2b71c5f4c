# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Raw frames rectified by their calibration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from crestereo_ros.calibration import CalibrationError, Rectifier, StereoCalibration
from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource


class Rectified(StereoSource):
    """
    The frames of a source, rectified by a calibration of its images as they are.

    `calibration` is that of the rectified images.
    """

    def __init__(self, source: StereoSource, calibration: StereoCalibration) -> None:
        self.name, self.rate, self.length = source.name, source.rate, source.length
        self.seekable, self.frame_id = source.seekable, source.frame_id
        self.calibration = StereoCalibration(
            calibration.left.rectified(), calibration.right.rectified()
        )
        self._source = source
        self._raw_calibration = calibration

    @property
    def duration(self) -> float | None:
        return self._source.duration

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        size, rectifiers = None, []
        for frame in self._source.frames(start):
            height, width = frame.left.shape[:2]
            if size != (width, height):
                size = width, height
                rectifiers = list(self._rectifiers(width, height))
            left, right = (
                rectifier.rectify(image)
                for rectifier, image in zip(rectifiers, (frame.left, frame.right), strict=True)
            )
            yield replace(frame, left=left, right=right)

    def _rectifiers(self, width: int, height: int) -> Iterator[Rectifier]:
        """Return those of left and right, for images of a size."""
        side = ''
        try:
            calibration = self._raw_calibration.for_image(width, height)
            for side in ('left ', 'right '):
                yield Rectifier(calibration.left if side == 'left ' else calibration.right)
        except CalibrationError as error:
            raise SourceError(
                f'{self.name} cannot be rectified by its {side}calibration: {error}'
            ) from error
