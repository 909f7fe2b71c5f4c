# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters that no node has to be started for are refused in the words of the node."""

import pytest

from crestereo_ros.launching.arguments import LaunchArgumentError
from crestereo_ros.launching.checks import check_depth_parameters, check_player_parameters


@pytest.mark.parametrize(
    ('values', 'text'),
    [
        ({'resolution': 'large'}, 'resolution "large" is not HEIGHTxWIDTH'),
        ({'model': 'nosuch'}, "there is no model 'nosuch'"),
        ({'provider': 'gpu'}, "there is no provider 'gpu', only auto, cpu"),
        ({'device': '0'}, 'device, precision and cuda_graph need the name of a provider'),
        ({'color_map': 'rainbow'}, "color_map 'rainbow' is not one of turbo, jet"),
        ({'depth_encoding': 'mono16'}, "depth_encoding 'mono16' is not one of 32FC1, 16UC1"),
        ({'image_transport': 'theora'}, "image_transport 'theora' is not one of raw, compressed"),
        ({'intensity_range': '9'}, 'intensity_range '),
        ({'rectify': 'maybe'}, "rectify 'maybe' is not one of auto, on, off"),
        ({'on_provider_failure': 'panic'}, "on_provider_failure 'panic' is not one of"),
        ({'min_depth': 3.0, 'max_depth': 1.0}, 'min_depth is 3, but must be below max_depth'),
    ],
)
def test_what_cannot_be_used_is_named(values, text):
    with pytest.raises(LaunchArgumentError, match=text):
        check_depth_parameters(values)


def test_what_can_be_used_passes():
    check_depth_parameters({'resolution': '96x128', 'max_depth': 5.0, 'threads': 2})
    check_depth_parameters({'rectify': False, 'max_depth': 5, 'iterations': 'left to the node'})
    check_depth_parameters({})
    check_player_parameters({'swap': True, 'resize': '0.5', 'source': 'not looked for'})


@pytest.mark.parametrize(
    ('values', 'text'),
    [
        ({'swap': 'maybe'}, "swap 'maybe' is not one of auto, true, false"),
        ({'stamps': 'none'}, "stamps 'none' is not one of wall, video"),
        ({'resize': 'large'}, 'resize '),
        ({'camera_info_right': 'right.yaml'}, 'camera_info_right is given, but'),
    ],
)
def test_what_the_player_cannot_use_is_named(values, text):
    with pytest.raises(LaunchArgumentError, match=text):
        check_player_parameters(values)
