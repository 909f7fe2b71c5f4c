# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player's controls: pause, resume, step and seek."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from std_msgs.msg import Float64
from std_srvs.srv import Trigger

from crestereo_ros.sources import Playback, StartError

try:
    from rosbag2_interfaces.srv import Seek
except ImportError:  # no wheel exists
    Seek = None


class PlayerControls:
    """
    Services, and a topic to seek with, that control a playback in the executor's thread.

    `~/pause`, `~/resume` and `~/step` are std_srvs/Trigger. `~/seek` is a topic of
    std_msgs/Float64, and also a service of rosbag2's type where its package is installed.
    """

    def __init__(self, node: Node, playback: Playback) -> None:
        self._logger = node.get_logger()
        self._playback = playback
        node.create_service(Trigger, '~/pause', self._on_pause)
        node.create_service(Trigger, '~/resume', self._on_resume)
        node.create_service(Trigger, '~/step', self._on_step)
        node.create_subscription(Float64, '~/seek', self._on_seek_message, 10)
        if Seek is not None:
            node.create_service(Seek, '~/seek', self._on_seek_request)

    def _on_pause(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._playback.pause()
        return _answer(response, f'paused at {self._playback.position:.3f} s')

    def _on_resume(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._playback.resume()
        return _answer(response, f'playing from {self._playback.position:.3f} s')

    def _on_step(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if not self._playback.paused:
            return _answer(response, 'only a paused player can step: pause first', success=False)
        self._playback.step()
        return _answer(response, f'one frame forward from {self._playback.position:.3f} s')

    def _on_seek_message(self, message: Float64) -> None:
        self._seek(message.data)

    # The type may be missing, so it cannot be an annotation.
    def _on_seek_request(self, request: Any, response: Any) -> Any:  # noqa: ANN401
        response.success = self._seek(request.time.sec + request.time.nanosec / 1e9)
        return response

    def _seek(self, position: float) -> bool:
        """Go to a time in the source. Return whether that worked; log why if it did not."""
        try:
            self._playback.seek(position)
        except StartError as error:
            self._logger.warning(f'Cannot seek: {error}')
            return False
        return True


def _answer(response: Trigger.Response, message: str, success: bool = True) -> Trigger.Response:
    response.success, response.message = success, message
    return response
