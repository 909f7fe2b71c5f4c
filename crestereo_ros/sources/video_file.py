# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One video file, frame by frame."""

from collections.abc import Iterator
import logging
import os
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.sources.errors import SourceError

# FFmpeg writes to stderr what this module raises and logs itself. Only set if the user did not.
os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '8')  # AV_LOG_FATAL

FALLBACK_RATE = 30.0  # Hz
PLAUSIBLE_RATES = (0.01, 999)  # Hz; FFmpeg gives the clock, 1000 and more, where a rate is missing
TEXT_ART = ('ansi', 'xbin', 'bint')  # FFmpeg "decodes" plain text files as pictures of a terminal

logger = logging.getLogger(__name__)


class VideoFile:
    """
    A video file that OpenCV can decode.

    `shape` is that of every frame, (H, W, 3); `rate` is in frames per second, `length` the
    number of frames that the file's header announces, or None.
    """

    def __init__(self, path: Path):
        """
        Decode the first frame, so that what opens can be played.

        :raises SourceError: when there is none
        """
        self.path = path
        capture = self._open()
        read, image = capture.read()
        if not read:
            raise SourceError(f'{path} has no frame that can be decoded: it is empty or damaged')
        self.shape = image.shape
        self.rate = capture.get(cv2.CAP_PROP_FPS)
        self._timed = PLAUSIBLE_RATES[0] <= self.rate <= PLAUSIBLE_RATES[1]
        if not self._timed:
            logger.warning(
                f'{path} states no plausible frame rate ({self.rate:g} Hz): '
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

        :raises SourceError: when the file is no longer what it was when it was opened
        """
        capture = self._open()
        try:
            count, first, time = 0, 0.0, 0.0
            while True:
                read, image = capture.read()
                if not read:
                    break
                stamp = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if count == 0:
                    first = stamp
                elif self._timed and stamp - first > time:
                    time = stamp - first
                else:
                    time += 1 / self.rate
                count += 1
                yield image, time
        finally:
            capture.release()
        if count == 0:
            raise SourceError(f'{self.path} can no longer be decoded: it was changed meanwhile')
        if self.length is not None and count < self.length:
            logger.warning(
                f'{self.path} ended after {count} of the {self.length} frames that its header '
                'announces: it is damaged or cut off'
            )
        self.length = count  # what was counted holds from now on, and is not told again

    def _open(self) -> cv2.VideoCapture:
        if not self.path.exists():
            raise SourceError(f'{self.path} does not exist any more')
        capture = cv2.VideoCapture(str(self.path))
        codec = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        if not capture.isOpened() or codec.to_bytes(4, 'little').decode('latin') in TEXT_ART:
            raise SourceError(
                f'{self.path} is neither an image nor a video that OpenCV can decode: it is '
                'damaged, cut off, or of another kind; MP4 with H.264 works'
            )
        return capture
