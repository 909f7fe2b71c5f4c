# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images that come as the packets of a video: CompressedVideo of Foxglove, FFMPEGPacket."""

from __future__ import annotations

from typing import Any

import numpy as np

from crestereo_ros.messages.errors import ImageMessageError

INSTALL = 'pip install av (the extra `video`)'
VIDEO_TYPES = (
    'foxglove_msgs/msg/CompressedVideo',
    'ffmpeg_image_transport_msgs/msg/FFMPEGPacket',
)
# Parts of the names that encoders and publishers have for them.
CODECS = {'265': 'hevc', 'hevc': 'hevc', '264': 'h264', 'avc': 'h264', 'av1': 'av1', 'vp9': 'vp9'}


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
        import_error = 'this topic has packets of a video; to decode them: ' + INSTALL
        try:
            import av
        except ImportError as error:
            raise ImageMessageError(import_error) from error
        encoding = str(getattr(message, 'format', '') or getattr(message, 'encoding', ''))
        if self._codec is None or encoding != self._name:
            self._codec, self._name = av.CodecContext.create(_codec(encoding), 'r'), encoding
            self._codec.thread_type = 'SLICE'  # threads by frame would keep images back
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


def _codec(encoding: str) -> str:
    name = encoding.partition(';')[0].lower()
    for part, codec in CODECS.items():
        if part in name:
            return codec
    raise ImageMessageError(
        f'its encoding is "{encoding}", which is none of {", ".join(sorted(set(CODECS.values())))}'
    )
