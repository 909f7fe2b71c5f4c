# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images that come as the packets of a video: CompressedVideo of Foxglove, FFMPEGPacket."""

from __future__ import annotations

from typing import Any

import numpy as np

from crestereo_ros.messages.errors import ImageMessageError
from crestereo_ros.messages.types import Time

INSTALL = 'pip install av (the extra `video`)'
VIDEO_TYPES = (
    'foxglove_msgs/msg/CompressedVideo',
    'ffmpeg_image_transport_msgs/msg/FFMPEGPacket',
)
# Parts of the names that encoders and publishers have for them.
CODECS = {'265': 'hevc', 'hevc': 'hevc', '264': 'h264', 'avc': 'h264', 'av1': 'av1', 'vp9': 'vp9'}
# FFmpeg's own decoder of AV1 needs a GPU.
DECODERS = {'av1': 'libdav1d'}
OPTIONS = {'libdav1d': {'max_frame_delay': '1'}}  # threads by frame would keep images back


def stamp_of(message: Any) -> Time:  # noqa: ANN401
    """Return the time of a message of one of `VIDEO_TYPES`."""
    time: Time = message.timestamp if hasattr(message, 'timestamp') else message.header.stamp
    return time


def frame_id_of(message: Any) -> str:  # noqa: ANN401
    """Return the frame of a message of one of `VIDEO_TYPES`."""
    return str(getattr(message, 'header', message).frame_id)


class PacketDecoder:
    """Decodes the packets of one topic, each of which may need those before it."""

    def __init__(self) -> None:
        self._codec: Any = None
        self._name = ''
        self._waiting: dict[int, Any] = {}  # what each packet belongs to, by its number
        self._number = 0

    def decode(self, message: Any, label: Any) -> list[tuple[Any, np.ndarray]]:  # noqa: ANN401
        """
        Decode a packet.

        :param message: of one of `VIDEO_TYPES`
        :param label: returned with the image that the packet becomes
        :returns: labels and images, uint8 (H, W, 3), BGR; none while packets before are missing
        :raises ImageMessageError: if PyAV is missing, or the codec is not known
        """
        try:
            import av
        except ImportError as error:
            raise ImageMessageError(
                f'this topic has packets of a video; to decode them: {INSTALL}'
            ) from error
        encoding = str(getattr(message, 'format', '') or getattr(message, 'encoding', ''))
        if self._codec is None or encoding != self._name:
            self._codec, self._name = _open(encoding), encoding
        packet = av.Packet(bytes(message.data))
        packet.pts = self._number
        self._waiting[self._number] = label
        self._number += 1
        try:
            frames = self._codec.decode(packet)
        except av.FFmpegError:  # before the first key frame, or damaged
            self._waiting.pop(packet.pts, None)
            return []
        return self._labelled(frames)

    def restart(self) -> None:
        """
        Wait for the next key frame, because packets are missing.

        Most decoders give images without them too, in which what moved is wrong.
        """
        self._codec = None
        self._waiting.clear()

    def flush(self) -> list[tuple[Any, np.ndarray]]:
        """Return the images that were kept back, at the end."""
        if self._codec is None:
            return []
        import av

        try:
            return self._labelled(self._codec.decode(None))
        except av.FFmpegError:
            return []

    def _labelled(self, frames: list[Any]) -> list[tuple[Any, np.ndarray]]:
        result = []
        for frame in frames:
            label = self._waiting.pop(frame.pts, None)
            if label is not None:
                result.append((label, frame.to_ndarray(format='bgr24')))
        return result


def _open(encoding: str) -> Any:  # noqa: ANN401
    import av

    codec = _codec(encoding)
    decoder = DECODERS.get(codec, codec)
    try:
        context = av.CodecContext.create(decoder, 'r')
    except ValueError as error:  # of PyAV, for a decoder that its FFmpeg lacks
        raise ImageMessageError(
            f'this PyAV has no decoder of {codec} ({decoder}); to get one: {INSTALL}'
        ) from error
    context.thread_type = 'SLICE'  # threads by frame would keep images back
    context.options = OPTIONS.get(decoder, {})
    return context


def _codec(encoding: str) -> str:
    name = encoding.partition(';')[0].lower()
    for part, codec in CODECS.items():
        if part in name:
            return codec
    raise ImageMessageError(
        f'its encoding is "{encoding}", which is none of {", ".join(sorted(set(CODECS.values())))}'
    )
