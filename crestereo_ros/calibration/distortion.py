# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The models of lenses, and how many coefficients each has."""

import re

from crestereo_ros.calibration.errors import CalibrationError

# sensor_msgs/distortion_models.hpp, and OpenCV for the other lengths of the first two.
COEFFICIENTS = {
    'plumb_bob': (4, 5),
    'rational_polynomial': (8, 12, 14),
    'equidistant': (4,),
}


# Other names of the same, as calibration tools and drivers have them.
SAME = {
    'brown_conrady': 'plumb_bob',
    'radtan': 'plumb_bob',
    'radial_tangential': 'plumb_bob',
    'opencv': 'plumb_bob',
    'pinhole': 'plumb_bob',
    'rational': 'rational_polynomial',
    'equi': 'equidistant',
    'fisheye': 'equidistant',
    'kannala_brandt': 'equidistant',
    'kannala_brandt4': 'equidistant',
    'opencv_fisheye': 'equidistant',
    'none': '',
}


def lens_model(name: str) -> str:
    """Return the name that sensor_msgs has for a model of a lens, the name itself if none."""
    plain = re.sub('[- ]', '_', name.strip().lower())
    return SAME.get(plain, plain)


def check_distortion(model: str, count: int, name: str = 'D') -> None:
    """
    Check that images of a model can be rectified.

    :param count: the number of coefficients; none means that there is no distortion
    :param name: of the field that holds the coefficients
    :raises CalibrationError: for another model, or coefficients that are not of it
    """
    if count == 0:
        return
    known = lens_model(model)
    if known not in COEFFICIENTS:
        raise CalibrationError(f'distortion_model "{model}" is none of {", ".join(COEFFICIENTS)}')
    if count not in COEFFICIENTS[known]:
        allowed = ' or '.join(map(str, COEFFICIENTS[known]))
        raise CalibrationError(
            f'{name} has {count} numbers, but {model} has {allowed}: set distortion_model to '
            'the model with that many'
        )
