# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The models of lenses, and how many coefficients each has."""

from crestereo_ros.calibration.errors import CalibrationError

# sensor_msgs/distortion_models.hpp, and OpenCV for the other lengths of the first two.
COEFFICIENTS = {
    'plumb_bob': (4, 5),
    'rational_polynomial': (8, 12, 14),
    'equidistant': (4,),
}


def check_distortion(model: str, count: int, name: str = 'D') -> None:
    """
    Check that images of a model can be rectified.

    :param count: the number of coefficients
    :param name: of the field that holds the coefficients
    :raises CalibrationError: for another model, or coefficients that are not of it
    """
    if model not in COEFFICIENTS:
        raise CalibrationError(f'distortion_model "{model}" is none of {", ".join(COEFFICIENTS)}')
    if count not in COEFFICIENTS[model]:
        allowed = ' or '.join(map(str, COEFFICIENTS[model]))
        raise CalibrationError(
            f'{name} has {count} numbers, but {model} has {allowed}: set distortion_model to '
            'what they are of'
        )
