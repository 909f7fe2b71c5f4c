# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every output makes its message from."""

from __future__ import annotations

from dataclasses import dataclass

from std_msgs.msg import Header

from crestereo_ros.nodes.depth.output_settings import OutputSettings
from crestereo_ros.pipeline import DepthResult


@dataclass(frozen=True, eq=False)
class Publication:
    """A result, and how it is to be published."""

    header: Header  # of the left image
    result: DepthResult
    settings: OutputSettings
