# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be known of parameters before a node starts, in the words of the node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crestereo_ros.errors import CrestereoError
from crestereo_ros.launching.arguments import LaunchArgumentError


def check_depth_parameters(values: Mapping[str, Any]) -> None:
    """
    Check parameters of the depth node as far as no model has to be opened for it.

    :param values: of those that are given
    :raises LaunchArgumentError: if they cannot be used
    """
    try:
        from crestereo_ros.models.model_files import find_model
        from crestereo_ros.pipeline.settings import DepthSettings
    except ImportError:
        return  # the node says what to install
    try:
        DepthSettings.of(values)
        find_model(values.get('model', ''))
    except CrestereoError as error:
        raise LaunchArgumentError(str(error)) from error
