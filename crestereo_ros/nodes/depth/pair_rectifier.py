# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rectifies pairs by their calibration, where they are not rectified yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from crestereo_ros.calibration import (
    CalibrationError,
    CameraCalibration,
    concerning,
    Rectifier,
    StereoCalibration,
)
from crestereo_ros.messages.topics import is_rectified_topic
from crestereo_ros.nodes.depth.calibration_input import NoDepth
from crestereo_ros.pairing import Side


@dataclass(frozen=True)
class Rectification:
    """
    What was done to a pair.

    `state`: in words. `obstacle`: why it is not rectified although it should be, empty if it is.

    `seen`: bool (H, W), where the camera saw what its rectified image shows; not for the images
    that show nothing else.
    """

    state: str
    obstacle: str = ''
    seen: Mapping[Side, np.ndarray] = field(default_factory=dict, compare=False)


class PairRectifier:
    """Rectifies pairs, and keeps the maps of each camera as long as its calibration stays."""

    def __init__(self) -> None:
        self._rectifiers: dict[Side, tuple[object, Rectifier]] = {}

    def rectify(
        self,
        images: Mapping[Side, np.ndarray],
        topics: Mapping[Side, str],
        calibration: StereoCalibration | NoDepth,
        mode: str,
    ) -> tuple[dict[Side, np.ndarray], Rectification]:
        """
        Rectify the images of one pair that need it.

        :param images: of one size
        :param topics: full names that the images came on
        :param calibration: of images of this size
        :param mode: 'on', 'off', or 'auto' for the images whose topics do not say that they are
            rectified
        :returns: the images, as they are where nothing is done, and what was done
        """
        if mode == 'off':
            return dict(images), Rectification('off')
        raw = [side for side in Side if mode == 'on' or not is_rectified_topic(topics[side])]
        if not raw:
            return dict(images), Rectification('not needed, the topics are called rectified')
        if isinstance(calibration, NoDepth):
            return dict(images), Rectification('impossible', calibration.reason)
        cameras = {Side.LEFT: calibration.left, Side.RIGHT: calibration.right}
        try:
            rectifiers = {side: self._rectifier(side, cameras[side]) for side in raw}
        except CalibrationError as error:
            return dict(images), Rectification('impossible', f'{error.side} camera_info: {error}')
        result = {
            side: rectifiers[side].rectify(image) if side in rectifiers else image
            for side, image in images.items()
        }
        if all(rectifier.is_identity for rectifier in rectifiers.values()):
            return result, Rectification('not needed, camera_info leaves nothing to do')
        names = ' and '.join(topics[side] for side in raw)
        seen = {side: x.seen for side, x in rectifiers.items() if x.seen is not None}
        return result, Rectification(f'{names} by camera_info', seen=seen)

    def _rectifier(self, side: Side, camera: CameraCalibration) -> Rectifier:
        matrices = (camera.d, camera.k, camera.r, camera.p)
        content = (
            camera.width,
            camera.height,
            camera.distortion_model,
            *(matrix.tobytes() for matrix in matrices),
        )
        known, rectifier = self._rectifiers.get(side, (None, None))
        if rectifier is None or known != content:
            with concerning(side.value):
                rectifier = Rectifier(camera)
            self._rectifiers[side] = content, rectifier
        return rectifier
