# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Requirements of every parameter declaration."""

import pytest

from crestereo_ros.parameters import DEPTH_PARAMETERS, PLAYER_PARAMETERS


@pytest.mark.parametrize(
    'declaration',
    [*DEPTH_PARAMETERS, *PLAYER_PARAMETERS],
    ids=lambda declaration: declaration.name,
)
def test_every_parameter_describes_itself(declaration):
    assert declaration.description.endswith('.')
    assert not declaration.constraints or declaration.constraints.endswith('.')
    limits = declaration.minimum, declaration.maximum
    if declaration.value_type in (int, float):
        assert declaration.minimum <= declaration.default <= declaration.maximum
    else:
        assert limits == (None, None)


@pytest.mark.parametrize('declarations', [DEPTH_PARAMETERS, PLAYER_PARAMETERS])
def test_no_name_is_declared_twice(declarations):
    names = [declaration.name for declaration in declarations]
    assert len(names) == len(set(names))
