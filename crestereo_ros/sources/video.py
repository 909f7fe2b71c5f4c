# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One video, frame by frame."""

from collections.abc import Iterator
import logging
import os

import cv2
import numpy as np

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.location import Location

# FFmpeg writes to stderr what this module raises and logs itself. Only set if the user did not.
os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '8')  # AV_LOG_FATAL

FALLBACK_RATE = 30.0  # Hz
PLAUSIBLE_RATES = (0.01, 999)  # Hz; FFmpeg gives the clock, 1000 and more, where a rate is missing
TEXT_ART = ('ansi', 'xbin', 'bint')  # FFmpeg "decodes" plain text files as pictures of a terminal

logger = logging.getLogger(__name__)


class Video:
    """
    A video that OpenCV can decode.

    `shape` is that of every frame, (H, W, 3); `rate` is in frames per second, `length` the
    number of frames that the file's header announces, or None.
    """

    def __init__(self, location: Location):
        """
        Decode the first frame, so that what opens can be played.

        :raises SourceError: when there is none
        """
        self._location, self.name = location, location.name
        capture = self._open()
        read, image = capture.read()
        if not read:
            raise SourceError(
                f'{self.name} has no frame that can be decoded: it is empty or damaged'
                f'{location.advice}'
            )
        self.shape = image.shape
        self.rate = capture.get(cv2.CAP_PROP_FPS)
        self._timed = PLAUSIBLE_RATES[0] <= self.rate <= PLAUSIBLE_RATES[1]
        if not self._timed:
            logger.warning(
                f'{self.name} states no plausible frame rate ({self.rate:g} Hz): '
                f'played at {FALLBACK_RATE:g} Hz'
            )
            self.rate = FALLBACK_RATE
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.length = int(count) if count > 0 else None
        capture.release()

    def frames(self) -> Iterator[tuple[np.ndarray, float]]:
        """
        Give (image, time) from the first frame on.

        An image is uint8 (H, W, 3), BGR; its time is in seconds from the first frame, as the
        file has it, or by the rate where it has none that grows.

        :raises SourceError: when it is no longer what it was when it was opened
        """
        count, first, time = 0, 0.0, 0.0
        for image, stamp in self._stamped_images():
            if count == 0:
                first = stamp
            elif self._timed and stamp - first > time:
                time = stamp - first
            else:
                time += 1 / self.rate
            count += 1
            yield image, time
        if count == 0:
            raise SourceError(f'{self.name} can no longer be decoded: it was changed meanwhile')
        if self.length is not None and count < self.length:
            logger.warning(
                f'{self.name} ended after {count} of the {self.length} frames that its header '
                'announces: it is damaged or cut off'
            )
        self.length = count  # what was counted holds from now on, and is not told again

    def _stamped_images(self) -> Iterator[tuple[np.ndarray, float]]:
        count = resumed_at = 0
        capture = self._open()
        try:
            while True:
                read, image = capture.read()
                if read:
                    count += 1
                    yield image, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                    continue
                if count == resumed_at or not self._broke_off(count):
                    return
                logger.warning(f'{self.name} broke off after {count} frames: opened anew')
                resumed_at = count
                capture.release()
                capture = self._open()
                if not capture.set(cv2.CAP_PROP_POS_FRAMES, count) or (
                    round(capture.get(cv2.CAP_PROP_POS_FRAMES)) != count
                ):
                    return
        finally:
            capture.release()

    def _broke_off(self, count: int) -> bool:
        """Tell whether more than the inexact end of what the header announces is missing."""
        return (
            self._location.resumable
            and self.length is not None
            and count < self.length - self.rate
        )

    def _open(self) -> cv2.VideoCapture:
        capture = self._location.capture()
        codec = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        if not capture.isOpened() or codec.to_bytes(4, 'little').decode('latin') in TEXT_ART:
            raise SourceError(
                f'{self.name} is neither an image nor a video that OpenCV can decode: it is '
                'damaged, cut off, or of another kind; MP4 with H.264 works'
                f'{self._location.advice}'
            )
        return capture
