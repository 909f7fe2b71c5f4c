# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video file that browsers play."""

from contextlib import suppress
from fractions import Fraction
import os
from pathlib import Path
from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from crestereo_ros.commands.errors import CommandError

if TYPE_CHECKING:  # it is an extra, and imported when a video is written
    from av.container import OutputContainer
    from av.error import FFmpegError
    from av.video.stream import VideoStream

INSTALL = 'pip install av (the extra `video`)'
ENCODER = 'libx264'
# OpenCV's own wheels encode no H.264; what else they write into an MP4 no browser plays.
OPTIONS = {
    'preset': 'veryfast',
    'crf': '20',
    # Players that are not told guess the colours by the size of the picture.
    'x264-params': 'colorprim=bt709:transfer=bt709:colormatrix=bt709',
}
LARGEST = 4096, 2304  # width and height up to which hardware decodes H.264 (level 5.1)
CLOCK = 1000  # ticks between two frames at least, so that irregular times can be told as well


def require_encoder(path: Path) -> None:
    """
    Check that videos can be written here.

    :raises CommandError: if not
    """
    try:
        import av
    except ImportError as error:
        raise CommandError(f'{path} needs PyAV to be written: {INSTALL}') from error
    if ENCODER not in av.codecs_available:
        raise CommandError(
            f'{path} cannot be written: this PyAV was built without {ENCODER}; {INSTALL}'
        )


class VideoFile:
    """
    Write pictures as H.264 in MP4 (yuv420p, index at the beginning).

    A context manager: at its end, whatever ended it, the file is finished and takes its name.
    Until then it is a file beside it, which is removed if it cannot be finished. Without a
    picture nothing is written.
    """

    def __init__(self, path: Path, rate: float) -> None:
        """
        Write nothing yet.

        :param rate: frames per second of the source
        """
        self._path = path
        self._part = path.with_name(f'{path.name}.{os.getpid()}.part')
        self._rate = Fraction(rate).limit_denominator(1001)  # 24000/1001 and the like exactly
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        ticks = -(-CLOCK // self._rate.denominator)
        self._tick = Fraction(1, self._rate.numerator * ticks)
        self._last = -1

    def __enter__(self) -> 'VideoFile':
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._container and self._stream:
                self._finish(self._container, self._stream)
        finally:
            self._close()
            self._part.unlink(missing_ok=True)

    def write(self, picture: np.ndarray, time: float) -> None:
        """
        Add a picture.

        :param picture: uint8 (H, W, 3), BGR. The first one sets the size: made even, and smaller
            if it is larger than `LARGEST`; others are scaled to fit into it
        :param time: seconds from the first one, growing
        :raises CommandError: when it cannot be written, for want of space or rights
        """
        import av

        try:
            if self._container is None or self._stream is None:
                self._container, self._stream = self._open(picture)
            size = self._stream.height, self._stream.width
            frame = av.VideoFrame.from_ndarray(fitted(picture, size), format='bgr24')
            frame = frame.reformat(format='yuv420p', dst_colorspace='ITU709')
            self._last = max(self._last + 1, round(time / self._tick))
            frame.pts, frame.time_base = self._last, self._tick
            self._container.mux(self._stream.encode(frame))
        except av.FFmpegError as error:
            raise self._cannot(error) from error

    def _open(self, picture: np.ndarray) -> 'tuple[OutputContainer, VideoStream]':
        import av

        # Absolute, since FFmpeg takes what begins with a word and a colon as an address.
        path = str(self._part.absolute())
        container = av.open(path, 'w', format='mp4', options={'movflags': '+faststart'})
        self._container = container  # is closed even if the following fails
        stream = cast('VideoStream', container.add_stream(ENCODER, self._rate, options=OPTIONS))
        height, width = picture.shape[:2]
        scale = min(1, LARGEST[0] / width, LARGEST[1] / height)
        stream.width, stream.height = (even(scale * size) for size in (width, height))
        stream.pix_fmt = 'yuv420p'
        stream.codec_context.time_base = self._tick
        return container, stream

    def _finish(self, container: 'OutputContainer', stream: 'VideoStream') -> None:
        import av

        try:
            container.mux(stream.encode(None))
            container.close()
            self._part.replace(self._path)
        except av.FFmpegError as error:
            raise self._cannot(error) from error

    def _close(self) -> None:
        import av

        if self._container:
            with suppress(av.FFmpegError):  # of a file that could not be finished
                self._container.close()

    def _cannot(self, error: 'FFmpegError') -> CommandError:
        return CommandError(f'{self._path} cannot be written: {error.strerror}')


def fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Put a picture into the top left of a black one of (height, width), scaled if too large."""
    height, width = size
    scale = min(1, height / picture.shape[0], width / picture.shape[1])
    if scale < 1:
        inner = max(1, int(scale * picture.shape[1])), max(1, int(scale * picture.shape[0]))
        picture = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
    whole = np.zeros((height, width, 3), np.uint8)
    whole[: picture.shape[0], : picture.shape[1]] = picture
    return whole


def even(size: float) -> int:
    """Round up to an even number: of two pixels each way one colour is stored."""
    return 2 * int(-(-size // 2))
