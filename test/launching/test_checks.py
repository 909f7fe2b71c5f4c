# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters that no node has to be started for are refused in the words of the node."""

import pytest

from crestereo_ros.launching.arguments import LaunchArgumentError
from crestereo_ros.launching.checks import check_depth_parameters


@pytest.mark.parametrize(
    ('values', 'text'),
    [
        ({'resolution': 'large'}, 'resolution "large" is not HEIGHTxWIDTH'),
        ({'model': 'nosuch'}, "there is no model 'nosuch'"),
        ({'min_depth': 3.0, 'max_depth': 1.0}, 'min_depth is 3, but must be below max_depth'),
    ],
)
def test_what_cannot_be_used_is_named(values, text):
    with pytest.raises(LaunchArgumentError, match=text):
        check_depth_parameters(values)


def test_what_can_be_used_passes():
    check_depth_parameters({'resolution': '96x128', 'max_depth': 5.0, 'threads': 2})
    check_depth_parameters({})
