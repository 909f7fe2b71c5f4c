# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be known of parameters before a node starts, in the words of the node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crestereo_ros.errors import CrestereoError
from crestereo_ros.launching.arguments import LaunchArgumentError
from crestereo_ros.parameters import DEPTH_PARAMETERS, ParameterDeclaration, PLAYER_PARAMETERS


def check_depth_parameters(values: Mapping[str, Any]) -> None:
    """
    Check parameters of the depth node as far as no model has to be opened for it.

    :param values: of those that are given; what has another type is left to the node
    :raises LaunchArgumentError: if they cannot be used
    """
    try:
        from crestereo_ros.nodes.depth.settings import Settings
    except ImportError:
        return  # the node says what to install
    _check(DEPTH_PARAMETERS, values, lambda complete: Settings.of(complete).check_model())


def check_player_parameters(values: Mapping[str, Any]) -> None:
    """
    Check parameters of the player as far as no source has to be opened for it.

    :param values: as of `check_depth_parameters`
    :raises LaunchArgumentError: if they cannot be used
    """
    try:
        from crestereo_ros.nodes.player.settings import PlayerSettings
    except ImportError:
        return
    _check(PLAYER_PARAMETERS, values, PlayerSettings.of)


def _check(
    declarations: Iterable[ParameterDeclaration],
    values: Mapping[str, Any],
    check: Callable[[Mapping[str, Any]], object],
) -> None:
    complete = {
        x.name: values[x.name] if x.name in values and x.takes(values[x.name]) else x.default
        for x in declarations
    }
    try:
        check(complete)
    except CrestereoError as error:
        raise LaunchArgumentError(str(error)) from error
