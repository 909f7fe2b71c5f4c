# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Raw pairs to rectified ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from crestereo_ros.calibration.camera_calibration import CameraCalibration
from crestereo_ros.calibration.errors import concerning
from crestereo_ros.calibration.rectifier import Rectifier
from crestereo_ros.calibration.stereo_calibration import StereoCalibration

BOTH = 'left', 'right'


class RectifiedImages(NamedTuple):
    """
    The images of a pair after rectification.

    `seen`, `seen_right`: bool (H, W), where each shows what its camera saw; None for everywhere.
    `changed`: whether there was anything to do.
    """

    left: np.ndarray
    right: np.ndarray
    seen: np.ndarray | None = None
    seen_right: np.ndarray | None = None
    changed: bool = False


class StereoRectifier:
    """Rectifies pairs, and keeps the maps of each camera as long as its calibration stays."""

    def __init__(self) -> None:
        self._rectifiers: dict[str, tuple[object, Rectifier]] = {}

    def rectify(
        self,
        left: np.ndarray,
        right: np.ndarray,
        calibration: StereoCalibration,
        sides: Collection[str] = BOTH,
    ) -> RectifiedImages:
        """
        Rectify the images of a pair.

        :param left: (H, W) or (H, W, C)
        :param right: the same
        :param calibration: of images of this size
        :param sides: which images are raw; another stays as it is
        :raises CalibrationError: if the calibration cannot be used; its `side` is the camera's
        """
        images = {'left': left, 'right': right}
        cameras = {'left': calibration.left, 'right': calibration.right}
        rectifiers = {side: self._rectifier(side, cameras[side]) for side in sides}
        for side, rectifier in rectifiers.items():
            images[side] = rectifier.rectify(images[side])
        seen = {side: rectifier.seen for side, rectifier in rectifiers.items()}
        return RectifiedImages(
            images['left'],
            images['right'],
            seen.get('left'),
            seen.get('right'),
            not all(rectifier.is_identity for rectifier in rectifiers.values()),
        )

    def _rectifier(self, side: str, camera: CameraCalibration) -> Rectifier:
        content = (
            (camera.width, camera.height, camera.binning, camera.roi, camera.distortion_model),
            *(matrix.tobytes() for matrix in (camera.d, camera.k, camera.r, camera.p)),
        )
        known, rectifier = self._rectifiers.get(side, (None, None))
        if rectifier is None or known != content:
            with concerning(side):
                rectifier = Rectifier(camera)
            self._rectifiers[side] = content, rectifier
        return rectifier
