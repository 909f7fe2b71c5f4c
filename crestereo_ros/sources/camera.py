# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cameras on this machine and on the network."""

from collections.abc import Iterator
from contextlib import ExitStack
import math
import re
import sys
import time

import cv2
import numpy as np

from crestereo_ros.sources import ffmpeg
from crestereo_ros.sources.errors import SourceError, UnequalSizesError
from crestereo_ros.sources.packing import likely_packing, Packing
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource

FALLBACK_RATE = 30.0  # Hz, if the driver gives none
STREAM = re.compile(r'(rtsps?|rtp|udp|tcp|srt|rtmps?)://.+', re.IGNORECASE)
LOOKS_LIKE = re.compile(rf'camera:\d+|/dev/v.+|{STREAM.pattern}', re.IGNORECASE)


class Camera(StereoSource):
    """
    One camera device whose images show both views, or two of one view each.

    Two devices take their images one right after the other, which is as close in
    time as cameras come that are not synchronised by wire: to within one of their frames.

    Frames are given as the cameras take them; time is that of this machine.
    """

    length = None
    seekable = False

    def __init__(
        self, device: str, device_right: str = '', packing: Packing | None = None
    ) -> None:
        """
        Take one image of each.

        :param device: a path as /dev/video0, camera:N for device number N, or N alone; or the
            address of a stream, such as rtsp://host/path or udp://address:port
        :param device_right: the same for the right view, where it has a device of its own
        :param packing: of a single device; None: by the shape of its images
        :raises SourceError: when a device is not there, is in use, or gives no images
        """
        self._devices = [device, device_right] if device_right else [device]
        self.name = ' and '.join(map(without_password, self._devices))
        with ExitStack() as stack:
            captures = self._open(stack)
            images = self._take(captures)
            rate = captures[0].get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0 < rate < math.inf else FALLBACK_RATE
        if len(images) == 2 and images[0].shape != images[1].shape:
            names = [without_password(each) for each in self._devices]
            raise UnequalSizesError(names[0], images[0].shape, names[1], images[1].shape)
        self._packing = packing or likely_packing(images[0].shape)

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        with ExitStack() as stack:
            captures = self._open(stack)
            first = None
            while True:
                images = self._take(captures)
                now = time.monotonic()
                first = now if first is None else first
                left, right = images if len(images) == 2 else self._packing.split(images[0])
                yield StereoFrame(left, right, now - first)

    def _open(self, stack: ExitStack) -> list[cv2.VideoCapture]:
        captures = []
        for device in self._devices:
            capture = opened(device)
            stack.callback(capture.release)
            if not capture.isOpened():
                name = without_password(device)
                if STREAM.fullmatch(device):
                    raise SourceError(
                        f'{name} gives no video: look at the address, the password, the network '
                        f'and the camera (`ffplay {name}` shows what it sends)'
                    )
                raise SourceError(
                    f'{name} cannot be opened as a camera: it is not there, in use by another '
                    'program, or you are not allowed to (on Linux, in the group video)'
                )
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest image, where the driver can
            captures.append(capture)
        return captures

    def _take(self, captures: list[cv2.VideoCapture]) -> list[np.ndarray]:
        # All take before any is decoded, so that they take at nearly the same time.
        taken = [capture.grab() for capture in captures]
        images = []
        for device, capture, grabbed in zip(self._devices, captures, taken, strict=True):
            retrieved, image = capture.retrieve() if grabbed else (False, None)
            if not retrieved or image is None:
                raise SourceError(
                    f'{without_password(device)} gives no images (any more): was it unplugged?'
                )
            images.append(image)
        return images


def is_camera(text: str) -> bool:
    """Return whether a source names a camera: camera:N, /dev/video0, rtsp://host/path."""
    return LOOKS_LIKE.fullmatch(text) is not None


def opened(device: str) -> cv2.VideoCapture:
    """
    Open a device, on Linux through Video4Linux if possible.

    The other backends of OpenCV, one of which it may choose by itself, do not set the buffer size.

    :returns: the device or stream, not open if it cannot be opened
    """
    if STREAM.fullmatch(device):
        return ffmpeg.open_stream(device)
    number = re.fullmatch(r'(?:camera:)?(\d+)', device)
    path = f'/dev/video{number[1]}' if number else device
    if sys.platform == 'linux' and path.startswith('/dev/'):
        capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
        if capture.isOpened():
            return capture
    return cv2.VideoCapture(int(number[1]) if number else device, cv2.CAP_ANY)


def without_password(device: str) -> str:
    """Return a device for messages, without the password that its address may have."""
    return re.sub(r'(://[^/@:]*):[^/@]*@', r'\1:***@', device)
