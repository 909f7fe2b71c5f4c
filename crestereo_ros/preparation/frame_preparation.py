# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the player does to a frame before it is published."""

from collections.abc import Callable

import numpy as np

from crestereo_ros.alignment import Aligner
from crestereo_ros.preparation.image_size import ImageSize
from crestereo_ros.sources import StereoFrame


class FramePreparation:
    """
    Scales, exchanges and aligns the images of the frames of one source.

    It may be configured by another thread at any time.
    """

    def __init__(self, on_estimated: Callable[[], None] = lambda: None):
        """
        Do nothing to frames until it is configured otherwise.

        :param on_estimated: called when a frame was held up by a first look at how it is aligned
        """
        self._on_estimated = on_estimated
        self._aligner: Aligner | None = None
        self._wanted = (False, 'no', ImageSize())
        self._used = self._wanted

    def configure(self, *, align: bool, swap: str, resize: ImageSize):
        """
        Change what is done from the next frame on.

        :param swap: 'yes', 'no', or 'auto': exchange left and right if the alignment, of frames
            that are aligned, finds that they are exchanged
        """
        self._wanted = align, swap, resize

    @property
    def report(self) -> str:
        """Say how frames are aligned."""
        aligner = self._aligner
        return aligner.alignment.report if aligner else 'off'

    def prepare(self, frame: StereoFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return left and right, uint8 (H, W, 3), BGR, of the size that is configured."""
        wanted = align, swap, resize = self._wanted
        first = align and (self._aligner is None or wanted[:2] != self._used[:2])
        if first or not align:
            self.close()
        if first:
            self._aligner = Aligner(swap)
        self._used = wanted
        # Scaled first: that leaves fewer pixels to align, and it is those published that count.
        left, right = (resize.apply(image) for image in (frame.left, frame.right))
        if self._aligner is None:
            return (right, left) if swap == 'yes' else (left, right)
        images = self._aligner.align(left, right)
        if first:
            self._on_estimated()
        return images

    def close(self):
        """Give up what was learnt of the alignment."""
        if self._aligner is not None:
            self._aligner.close()
            self._aligner = None
