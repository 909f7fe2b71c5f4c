# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Videos through PyAV, whose FFmpeg decodes what OpenCV's does not, such as AV1."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

import cv2
import numpy as np

INSTALL = 'pip install av (the extra `video`)'


class Capture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...  # noqa: N802
    def grab(self) -> bool: ...
    def retrieve(self) -> tuple[bool, Any]: ...
    def get(self, propId: int, /) -> float: ...  # noqa: N803
    def set(self, propId: int, value: float, /) -> bool: ...  # noqa: N803
    def release(self) -> None: ...


def pyav_capture(path: str, options: Mapping[str, str]) -> Capture | None:
    """
    Open a video with PyAV.

    :param path: absolute, or an address
    :param options: of FFmpeg, by name
    :returns: None if PyAV is not installed, or does not open it either
    """
    try:
        import av
    except ImportError:
        return None
    try:
        container = av.open(path, options=dict(options))
    except (av.FFmpegError, OSError, ValueError):
        return None
    if container.streams.video:
        return PyAvCapture(container)
    container.close()
    return None


class PyAvCapture:
    """One video as `cv2.VideoCapture` gives it."""

    def __init__(self, container: Any) -> None:  # noqa: ANN401
        self._container = container
        self._stream = container.streams.video[0]
        self._stream.thread_type = 'AUTO'
        self._frames = container.decode(self._stream)
        self._frame: Any = None

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def grab(self) -> bool:
        import av

        self._frame = None
        with suppress(av.FFmpegError):
            self._frame = next(self._frames, None)
        return self._frame is not None

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        if self._frame is None:
            return False, None
        return True, self._frame.to_ndarray(format='bgr24')

    def get(self, prop: int) -> float:
        stream = self._stream
        if prop == cv2.CAP_PROP_FPS:
            return float(stream.average_rate or stream.guessed_rate or 0)
        if prop == cv2.CAP_PROP_FRAME_COUNT:
            seconds = (self._container.duration or 0) / 1e6
            return float(stream.frames or round(seconds * self.get(cv2.CAP_PROP_FPS)))
        if prop == cv2.CAP_PROP_POS_MSEC and self._frame is not None:
            return 1000 * (self._frame.time or 0.0)
        return 0.0

    def set(self, prop: int, value: float) -> bool:
        import av

        if prop != cv2.CAP_PROP_POS_MSEC:
            return False
        try:
            self._container.seek(round(value / 1000 / self._stream.time_base), stream=self._stream)
        except av.FFmpegError:
            return False
        self._frames = self._container.decode(self._stream)
        return True

    def release(self) -> None:
        self._container.close()
