# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the frames of a robot are, as tf tells it, and the baseline between two of them."""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np

from crestereo_ros.calibration.errors import CalibrationError

# By how much of the baseline the cameras may stand one above or before the other. Rectified
# frames have nothing of it; frames of raw images, a little.
MOST_ASIDE = 0.1


class FrameTree:
    """Frames that do not move against their parents."""

    def __init__(self) -> None:
        self._parents: dict[str, tuple[str, np.ndarray]] = {}  # with the 4x4 transform to it

    def add(
        self,
        frame: str,
        parent: str,
        translation: Sequence[float],
        quaternion: Sequence[float],
    ) -> None:
        """
        Take in a frame, or where it is now.

        :param translation: of its origin in the parent frame, in metres
        :param quaternion: x, y, z, w; turns its axes into those of the parent
        """
        to_parent = np.eye(4)
        to_parent[:3, :3] = _rotation(quaternion)
        to_parent[:3, 3] = translation
        self._parents[frame] = parent, to_parent

    def baseline(self, left: str, right: str) -> float:
        """
        Return how far the right camera is to the right of the left one, in metres.

        :param left, right: optical frames of the cameras
        :raises CalibrationError: if tf does not know, or the cameras do not stand side by side
        """
        if left == right:
            raise CalibrationError(f'both images are in the frame {left!r}')
        x, y, z = self._position(right, left)
        where = f'tf has {right} at x {x:.4f}, y {y:.4f}, z {z:.4f} m of {left}'
        if math.hypot(y, z) > MOST_ASIDE * abs(x):
            raise CalibrationError(
                f'{where}, which is not beside it: they have to be optical frames (x to the right)'
            )
        if x <= 0:
            raise CalibrationError(f'{where}, so left and right are exchanged')
        return float(x)

    def _position(self, frame: str, seen_from: str) -> np.ndarray:
        to_root, root = self._to_root(frame)
        from_other, other_root = self._to_root(seen_from)
        if root != other_root:
            raise CalibrationError(f'/tf_static does not lead from {seen_from!r} to {frame!r}')
        return (np.linalg.inv(from_other) @ to_root)[:3, 3]

    def _to_root(self, frame: str) -> tuple[np.ndarray, str]:
        transform, passed = np.eye(4), {frame}
        while frame in self._parents:
            frame, to_parent = self._parents[frame]
            transform = to_parent @ transform
            if frame in passed:
                raise CalibrationError(f'/tf_static leads in a circle at {frame!r}')
            passed.add(frame)
        return transform, frame


def _rotation(quaternion: Sequence[float]) -> np.ndarray:
    x, y, z, w = np.asarray(quaternion) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
