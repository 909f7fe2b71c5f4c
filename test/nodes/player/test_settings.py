# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player's parameters as settings."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.parameters import ParameterError  # noqa: E402
from crestereo_ros.nodes.player.settings import PlayerSettings  # noqa: E402
from crestereo_ros.parameters import PLAYER_PARAMETERS  # noqa: E402
from crestereo_ros.preparation import ImageSize  # noqa: E402

BOTH = {'camera_info_left': 'l.yaml', 'camera_info_right': 'r.yaml'}


def settings(**values):
    return PlayerSettings.of({x.name: x.default for x in PLAYER_PARAMETERS} | values)


@pytest.mark.parametrize(
    ('value', 'swap'),
    [
        *(('auto', 'auto'), (True, 'yes'), ('true', 'yes')),
        *((False, 'no'), ('false', 'no')),
    ],
)
def test_swap_may_be_a_bool_or_a_string(value, swap):
    assert settings(swap=value).swap == swap


@pytest.mark.parametrize(
    ('value', 'calibrated', 'aligned'),
    [
        *(('auto', False, True), ('auto', True, False)),
        # YAML reads on and off as true and false.
        *(('on', True, True), (True, True, True), ('off', False, False), (False, False, False)),
    ],
)
def test_align_is_on_unless_calibrated_or_off(value, calibrated, aligned):
    assert settings(align=value).aligned(calibrated) is aligned


def test_a_scale_may_be_a_number():
    assert settings(resize=0.5).resize == settings(resize='0.5').resize == ImageSize(scale=0.5)


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'swap': 'left'}, "swap 'left' is not one of auto, true, false"),
        ({'swap': 1}, 'swap 1 is not one of auto, true, false'),
        ({'swap': [True]}, 'swap .* is not one of auto, true, false'),
        ({'align': 'yes'}, "align 'yes' is not one of auto, on, off"),
        ({'stamps': 'film'}, "stamps 'film' is not one of wall, video"),
        ({'resize': '1e3'}, 'resize "1e3" is neither HEIGHTxWIDTH'),
        ({'resize': True}, 'resize "True" is neither HEIGHTxWIDTH'),
        ({'camera_info_right': 'r.yaml'}, 'camera_info_right is given, but camera_info_left is n'),
    ],
)
def test_an_error_names_the_parameter_and_what_is_allowed(values, message):
    with pytest.raises(ParameterError, match=message):
        settings(**values)
