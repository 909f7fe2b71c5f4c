# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where an image or a video is."""

from abc import ABC, abstractmethod

import cv2

from crestereo_ros.sources.pyav_capture import Capture
from crestereo_ros.sources.still_image import looks_like_image, START


class Location(ABC):
    """
    One image or video, wherever it is.

    Every method raises `SourceError`, which names it, when it cannot be loaded.
    """

    #: What users read in messages.
    name: str
    #: Whether a video that breaks off may go on when it is opened again.
    resumable: bool = False
    #: What else to do about a video that cannot be decoded, to end a message with.
    advice: str = ''

    @abstractmethod
    def part(self, start: int, size: int) -> bytes:
        """Return so many bytes from a place in the content, fewer at its end."""

    def is_image(self) -> bool:
        """Return whether it begins as an image that can be read."""
        return looks_like_image(self.part(0, START))

    @abstractmethod
    def read(self) -> bytes:
        """Return the whole content; for images, which fit into memory."""

    @abstractmethod
    def capture(self) -> cv2.VideoCapture:
        """Open it as a video; what cannot be decoded gives a capture that is not opened."""

    @abstractmethod
    def other_capture(self) -> Capture | None:
        """Open it with PyAV, whose FFmpeg decodes more; None if that cannot be done either."""
