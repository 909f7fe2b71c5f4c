# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations of cameras and stereo pairs: checks, sizes, depth, files, rectification."""

from crestereo_ros.calibration.calibration_file import read_calibration
from crestereo_ros.calibration.camera_calibration import CameraCalibration
from crestereo_ros.calibration.errors import CalibrationError, concerning
from crestereo_ros.calibration.millimetres import millimetres
from crestereo_ros.calibration.rectifier import Rectifier
from crestereo_ros.calibration.region_of_interest import RegionOfInterest
from crestereo_ros.calibration.stereo_calibration import StereoCalibration
from crestereo_ros.calibration.stereo_file import read_stereo_calibration
from crestereo_ros.calibration.stereo_rectifier import RectifiedImages, StereoRectifier

__all__ = [
    'CalibrationError',
    'CameraCalibration',
    'concerning',
    'millimetres',
    'read_calibration',
    'read_stereo_calibration',
    'RectifiedImages',
    'Rectifier',
    'RegionOfInterest',
    'StereoCalibration',
    'StereoRectifier',
]
