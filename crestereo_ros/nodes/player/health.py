# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player's diagnostics."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from crestereo_ros.nodes.diagnostics import array_of
from crestereo_ros.nodes.player.frame_publisher import FramePublisher
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import Playback


class PlayerHealth:
    """Publishes the state of a playback on /diagnostics."""

    def __init__(
        self,
        node: Node,
        playback: Playback,
        preparation: FramePreparation,
        frames: FramePublisher,
    ) -> None:
        self._node = node
        self._playback = playback
        self._preparation = preparation
        self._frames = frames
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._reported = (0, 0)  # frames published and dropped by the last report

    def report(self) -> None:
        """Publish the diagnostics; call it once a second."""
        level, message = self._status()
        self._publisher.publish(
            array_of(
                self._node, 'player', level, message, self._values(), self._playback.source.name
            )
        )

    def _status(self) -> tuple[bytes, str]:
        playback = self._playback
        before, self._reported = self._reported, (playback.played, playback.dropped)
        played, dropped = (now - then for now, then in zip(self._reported, before, strict=True))
        if playback.paused:
            return DiagnosticStatus.OK, 'Paused'
        if not playback.played:
            return DiagnosticStatus.OK, 'Waiting for the first frame'
        if dropped:
            return DiagnosticStatus.WARN, (
                f'{dropped} of the last {played + dropped} frames were late and dropped: lower '
                'rate or resize'
            )
        return DiagnosticStatus.OK, f'{played} frames in the last second'

    def _values(self) -> dict[str, object]:
        playback, alignment = self._playback, self._preparation.alignment
        values = {
            'source': playback.source.name,
            'frames published': playback.played,
            'frames dropped': playback.dropped,
            'position (s)': f'{playback.position:.3f}',
            'paused': playback.paused,
            'alignment': alignment.report if alignment else 'off',
        }
        if self._frames.size:
            values['image size'] = '{}x{}'.format(*self._frames.size)
        return values
