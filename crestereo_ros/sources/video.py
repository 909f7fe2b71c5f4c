# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One video, frame by frame."""

from __future__ import annotations

from collections.abc import Generator
import logging

import cv2
import numpy as np

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.pyav_capture import Capture, INSTALL
from crestereo_ros.sources.video_tags import read_tags

FALLBACK_RATE = 30.0  # Hz
PLAUSIBLE_RATES = (0.01, 999)  # Hz; FFmpeg gives the clock, 1000 and more, where a rate is missing
PRECISION = 1e-3  # s; that of the times in many files
INEXACT_DURATION = 1.0  # s; by how much less what the header announces may be there
LEAD = 0.1  # s; how much before a time decoding starts, to be sure to come by it

logger = logging.getLogger(__name__)


class Video:
    """
    A video that OpenCV can decode.

    `shape` is that of every frame, (H, W, 3); `rate` is in frames per second, `length` the
    number of frames and `duration` the seconds that the file's header announces, or None. Where
    frames come at unequal intervals, some headers have the duration only, and `length` is what it
    comes to at that rate.
    """

    def __init__(self, location: Location) -> None:
        """
        Decode the first frame, so that what opens can be played.

        :raises SourceError: when there is none
        """
        self._location, self.name = location, location.name
        self.tags = read_tags(location.part)
        self._other = False  # whether PyAV decodes it
        capture = self._open()
        image = first_image(capture)
        if image is None:
            capture.release()
            self._other = True
            capture = self._open()
            image = first_image(capture)
        if image is None:
            raise SourceError(
                f'{self.name} has no frame that can be decoded{self._codec_text()}'
                f'{location.advice}'
            )
        self.shape = self.tags.upright(image).shape
        self.rate = capture.get(cv2.CAP_PROP_FPS)
        self._timed = PLAUSIBLE_RATES[0] <= self.rate <= PLAUSIBLE_RATES[1]
        if not self._timed:
            logger.warning(
                f'{self.name}: its header says {self.rate:g} frames a second, which is not '
                f'plausible: played at {FALLBACK_RATE:g} Hz, unless rate says otherwise'
            )
            self.rate = FALLBACK_RATE
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.length = int(count) if count > 0 else None
        self.duration = self.length / self.rate if self.length else None
        capture.release()

    def frames(self, start: float = 0.0) -> Generator[tuple[np.ndarray, float], None, None]:
        """
        Give (image, time) from the first frame on that is not before `start`; maybe none.

        An image is uint8 (H, W, 3), BGR; its time is in seconds from the first frame, as the
        file has it, or by the rate where it has none that grows. What is given at a time is the
        same whatever the start.

        :raises SourceError: when it is no longer what it was when it was opened
        """
        count, resumed_at, time = 0, 0, 0.0
        decoding = self._decode_from(start)
        try:
            while True:
                while (frame := decoding.frame()) is not None:
                    count += 1
                    image, time = frame
                    yield self.tags.upright(image), time
                    decoding.advance()
                missing = 0.0 if self.duration is None else self.duration - time - 1 / self.rate
                if (
                    count == resumed_at
                    or not self._location.resumable
                    or missing <= INEXACT_DURATION
                ):
                    break
                logger.warning(f'{self.name} broke off after {time:.1f} s: opened again')
                resumed_at = count
                decoding.close()
                decoding = self._decode_from(time + 2 * PRECISION)
        finally:
            decoding.close()
        if start <= 0:
            self._compare_with_header(count, time, missing)

    def _compare_with_header(self, count: int, time: float, missing: float) -> None:
        """Compare what was decoded from the first frame on with what the header announces."""
        if count == 0:
            raise SourceError(f'{self.name} can no longer be decoded: it has changed')
        # Where frames come at equal intervals, each one is counted on.
        steady = abs(time * self.rate - (count - 1)) < 0.5
        if missing > (0.5 / self.rate if steady else INEXACT_DURATION + 1 / self.rate):
            logger.warning(
                f'{self.name} ended after {count} of the {self.length} frames that its header '
                'announces: it is damaged or cut off'
            )
        # What was found holds from now on, and is logged once.
        self.length, self.duration = count, time + 1 / self.rate

    def _decode_from(self, start: float) -> Decoding:
        """
        Decode up to the first frame that is not before a time.

        OpenCV's seeking is exact for some files only: where it leads is looked at, and from
        there or from a place before it all frames are decoded. Where there is neither a rate
        nor a length it is not tried: such files have no index.
        """
        decoding = Decoding(self._open(), self.rate, self._timed)
        lead = LEAD
        while self._timed and self.duration is not None and start > lead:
            reached = decoding.jump(start - lead)
            if reached is not None and reached <= start:
                decoding.skip_to(start)
                if decoding.time is not None or start > self.duration:
                    return decoding
            lead *= 8
        if lead > LEAD:
            decoding.close()
            decoding = Decoding(self._open(), self.rate, self._timed)
        decoding.skip_to(start)
        return decoding

    def _open(self) -> Capture:
        if self._other:
            other = self._location.other_capture()
            if other is not None:
                return other
        capture = self._location.capture()
        # Some versions of OpenCV turn pictures the wrong way, and none mirrors them.
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        if capture.isOpened() or self._other:
            return capture
        other = self._location.other_capture()
        if other is None:
            raise SourceError(
                f'{self.name} is neither an image nor a video that can be decoded'
                f'{self._codec_text()}; MP4 with H.264 works{self._location.advice}'
            )
        self._other = True
        return other

    def _codec_text(self) -> str:
        if not self.tags.codec:
            return ': it is empty, damaged, cut off, or of another kind'
        return (
            f': its codec is {self.tags.codec}, which this OpenCV may not know; to decode it, '
            f'{INSTALL}. Otherwise it is damaged or cut off'
        )


def first_image(capture: Capture) -> np.ndarray | None:
    """Decode the first image of a video, None if that cannot be done."""
    read, image = capture.retrieve() if capture.grab() else (False, None)
    return image if read else None


class Decoding:
    """
    One video while it is decoded.

    `time` is that of the frame at hand in seconds from the first one, None after the last.
    """

    def __init__(self, capture: Capture, rate: float, timed: bool) -> None:
        """Take the first frame; `timed`: whether the times in the file can be used."""
        self._capture, self._rate, self._timed = capture, rate, timed
        self.time: float | None = 0.0 if capture.grab() else None
        self._first = self._stamp()

    def advance(self) -> None:
        """Go to the next frame."""
        if self.time is None or not self._capture.grab():
            self.time = None
            return
        time = self._stamp() - self._first
        self.time = time if self._timed and time > self.time else self.time + 1 / self._rate

    def skip_to(self, start: float) -> None:
        """Go to the first frame from here on that is not before a time."""
        while self.time is not None and self.time < start - PRECISION:
            self.advance()

    def jump(self, to: float) -> float | None:
        """Go to some frame, near a time at best; return its time, None if there is none."""
        jumped = (
            self._capture.set(cv2.CAP_PROP_POS_MSEC, 1000 * (self._first + to))
            and self._capture.grab()
        )
        self.time = max(0.0, self._stamp() - self._first) if jumped else None
        return self.time

    def frame(self) -> tuple[np.ndarray, float] | None:
        """
        Decode the frame at hand.

        :returns: its image, uint8 (H, W, 3), BGR, and its time; None after the last frame, and
            where it is damaged
        """
        if self.time is None:
            return None
        decoded, image = self._capture.retrieve()
        return (image, self.time) if decoded and image is not None else None

    def close(self) -> None:
        self._capture.release()

    def _stamp(self) -> float:
        return self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
