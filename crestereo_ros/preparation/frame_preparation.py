# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Prepares the frames of a source, for the player and for the command."""

from collections.abc import Callable
from dataclasses import replace

from crestereo_ros.alignment import Aligner, Alignment
from crestereo_ros.preparation.image_size import ImageSize
from crestereo_ros.sources import StereoFrame


class FramePreparation:
    """
    Resizes, aligns and swaps the images of one source.

    Another thread may change the settings at any time.
    """

    def __init__(
        self,
        *,
        align: bool = False,
        swap: str = 'no',
        resize: ImageSize | None = None,
        by_frames: bool = False,
        on_estimated: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Prepare for the first frame.

        :param align, swap, resize: as in `configure`; by default frames are not changed
        :param by_frames: whether frame numbers decide when the alignment is estimated, rather than
            the clock; see `Aligner`
        :param on_estimated: called after the first estimate of an alignment, which delays a frame
        """
        self._on_estimated = on_estimated
        self._by_frames = by_frames
        self._aligner: Aligner | None = None
        self.configure(align=align, swap=swap, resize=resize or ImageSize())
        self._used = self._wanted

    def configure(self, *, align: bool, swap: str, resize: ImageSize) -> None:
        """
        Change the settings from the next frame on.

        :param align: whether to line up the rows by the content of the images
        :param swap: whether to exchange left and right: 'yes', 'no', or 'auto' to do so if the
            alignment finds that they are exchanged ('no' without `align`)
        :param resize: the size of the prepared images
        """
        self._wanted = align, swap, resize

    @property
    def alignment(self) -> Alignment | None:
        """The alignment in use, None while frames are not aligned."""
        aligner = self._aligner
        return aligner.alignment if aligner else None

    def prepare(self, frame: StereoFrame) -> StereoFrame:
        """Return the frame with its images resized, aligned and swapped."""
        wanted = align, swap, resize = self._wanted
        first = align and (self._aligner is None or wanted[:2] != self._used[:2])
        if first or not align:
            self.close()
        if first:
            self._aligner = Aligner(swap, by_frames=self._by_frames)
        self._used = wanted
        # Resizing comes first: it may leave fewer pixels to align.
        left, right = (resize.apply(image) for image in (frame.left, frame.right))
        if self._aligner is not None:
            left, right = self._aligner.align(left, right)
        elif swap == 'yes':
            left, right = right, left
        if first:
            self._on_estimated()
        return replace(frame, left=left, right=right)

    def close(self) -> None:
        """Forget the alignment, without waiting for an estimate in progress."""
        if self._aligner is not None:
            self._aligner.close()
            self._aligner = None
