# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Decode the packets of a video to images in a separate thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Any

import numpy as np
from rclpy.node import Node

from crestereo_ros.messages.video_packets import PacketDecoder

WAITING = 10  # packets; a decoder that falls farther behind continues with the next key frame
NO_KEY_FRAME = (
    'none of the {} latest packets became an image: decoding starts at a key frame, so configure '
    'the encoder to send about one a second'
)


class VideoDecoding:
    """
    Decodes every packet of one topic, because later packets may depend on it.

    Images are delivered in the executor's thread, like messages.
    """

    def __init__(self, node: Node, on_image: Callable[[Any, np.ndarray], object]) -> None:
        """
        Start the thread.

        :param on_image: called with a packet and its image, uint8 (H, W, 3), BGR
        """
        self._node = node
        self._on_image = on_image
        self._changed = Condition()
        self._packets: deque[tuple[Any, bool]] = (
            deque()
        )  # and whether previous packets are missing
        self._images: deque[tuple[Any, np.ndarray]] = deque()
        self._decoder = PacketDecoder()
        self._dropped = 0
        self._gap = False  # before the next packet
        self._without_image = 0  # packets since the latest image
        self._error = ''
        self._closed = self._is_busy = False
        self._done = node.create_guard_condition(self._hand_over)
        # A daemon: a call into native code cannot be interrupted and must not hold up the exit.
        self._thread = Thread(target=self._run, name='video decoding', daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Number of packets that are not decoded yet."""
        return len(self._packets) + self._is_busy

    @property
    def dropped(self) -> int:
        """Number of packets that were dropped because too many waited."""
        return self._dropped

    @property
    def problem(self) -> str:
        """Why packets do not become images; empty if they do."""
        if self._error or not self._without_image:
            return self._error
        return NO_KEY_FRAME.format(self._without_image)

    def put(self, packet: Any, follows_gap: bool = False) -> None:  # noqa: ANN401
        """
        Queue a packet and return immediately.

        :param packet: a message of one of `VIDEO_TYPES`
        :param follows_gap: whether packets are missing before this one
        """
        with self._changed:
            if len(self._packets) >= WAITING:
                self._dropped += len(self._packets)
                self._packets.clear()
                follows_gap = True
            self._packets.append((packet, follows_gap or self._gap))
            self._gap = False
            self._changed.notify()

    def restart(self) -> None:
        """Discard waiting packets and images, and the state of the decoder."""
        with self._changed:
            self._packets.clear()
            self._images.clear()
            self._gap = True
            self._without_image, self._error = 0, ''

    def close(self, timeout: float) -> None:
        """End the thread, and wait for it for at most `timeout` seconds."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._node.destroy_guard_condition(self._done)
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._packets or self._closed)
                if self._closed:
                    return
                packet, follows_gap = self._packets.popleft()
                self._is_busy = True
            if follows_gap:
                self._decoder.restart()
            error, images = '', []
            try:
                images = self._decoder.decode(packet, packet)
            except Exception as raised:  # any error of PyAV for an unexpected packet
                error = ' '.join(str(raised).split()) or type(raised).__name__
            with self._changed:
                self._error = error
                self._without_image = 0 if images else self._without_image + 1
                self._images += images
                self._is_busy = False
                if images and not self._closed:
                    self._done.trigger()

    def _hand_over(self) -> None:
        while True:
            with self._changed:
                if not self._images:
                    return
                packet, image = self._images.popleft()
            self._on_image(packet, image)
