# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`calib.txt` of Middlebury and of the two-view sets of ETH3D."""

from __future__ import annotations

from crestereo_ros.calibration.documents import Content, matrix
from crestereo_ros.calibration.stereo_calibration import StereoCalibration


def read(content: Content) -> StereoCalibration | None:
    """Return the calibration of rectified images; lengths are in millimetres."""
    k = matrix(content.get('cam0'), (3, 3))
    baseline = content.get('baseline')
    if k is None or not isinstance(baseline, float):
        return None
    width, height = (int(content.get(name, 0)) for name in ('width', 'height'))
    known = bool(width and height)
    if not known:
        width, height = (round(2 * x) + 1 for x in k[:2, 2])
    right = matrix(content.get('cam1'), (3, 3))
    doffs = 0.0 if right is None else float(right[0, 2] - k[0, 2])
    return StereoCalibration.of_matrix(
        (width, height), k, baseline / 1000, float(content.get('doffs', doffs)), known
    )
