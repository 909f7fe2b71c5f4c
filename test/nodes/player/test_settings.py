# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player's parameters as they are used."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.player.settings import (  # noqa: E402
    PlayerParameterError,
    PlayerSettings,
)
from crestereo_ros.parameters import PLAYER_PARAMETERS  # noqa: E402
from crestereo_ros.preparation.image_size import ImageSize  # noqa: E402

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
def test_swap_is_taken_as_bool_and_as_text(value, swap):
    assert settings(swap=value).swap == swap


@pytest.mark.parametrize(
    ('value', 'calibration', 'align'),
    [
        *(('auto', {}, True), ('auto', BOTH, False)),
        # YAML reads on and off as true and false.
        *(('on', BOTH, True), (True, BOTH, True), ('off', {}, False), (False, {}, False)),
    ],
)
def test_align_is_on_unless_calibrated_or_told(value, calibration, align):
    assert settings(align=value, **calibration).align is align


def test_a_scale_is_taken_as_a_number_too():
    assert settings(resize=0.5).resize == settings(resize='0.5').resize == ImageSize(scale=0.5)


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'swap': 'left'}, "swap 'left' is none of auto, true, false"),
        ({'swap': 1}, 'swap 1 is none of auto, true, false'),
        ({'swap': [True]}, 'swap .* is none of auto, true, false'),
        ({'align': 'yes'}, "align 'yes' is none of auto, on, off"),
        ({'stamps': 'film'}, "stamps 'film' is none of wall, video"),
        ({'resize': '1e3'}, 'resize "1e3" is neither HEIGHTxWIDTH'),
        ({'resize': True}, 'resize "True" is neither HEIGHTxWIDTH'),
        ({'camera_info_left': 'l.yaml'}, 'camera_info_left is given, but camera_info_right is no'),
        ({'camera_info_right': 'r.yaml'}, 'camera_info_right is given, but camera_info_left is n'),
    ],
)
def test_wrong_values_are_refused_by_name_and_with_what_can_be(values, message):
    with pytest.raises(PlayerParameterError, match=message):
        settings(**values)
