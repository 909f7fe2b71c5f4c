# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Presets of what uses the results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crestereo_ros.launching.arguments import LaunchArgumentError
from crestereo_ros.launching.presets import read_preset
from crestereo_ros.parameters import DEPTH_PARAMETERS


@dataclass(frozen=True)
class ConsumerPreset:
    """
    What suits a consumer, as in `config/consumers`.

    `arguments`: of the launch file. `topics`: of the depth node, with the names that the consumer
    looks for.
    """

    arguments: dict[str, str]
    topics: dict[str, str]

    @classmethod
    def read(cls, folder: Path, consumer: str) -> ConsumerPreset:
        """
        Read a preset.

        :param folder: the presets that are installed
        :param consumer: the name of one of them, or the path of a YAML file like theirs
        :raises LaunchArgumentError: if there is no such preset, or it is none
        """
        allowed = {x.name for x in DEPTH_PARAMETERS}
        path, content = read_preset('consumer', folder, consumer, allowed)
        topics = content.get('topics') or {}
        if not isinstance(topics, dict) or not all(
            isinstance(name, str) for pair in topics.items() for name in pair
        ):
            raise LaunchArgumentError(
                f'consumer: {path} needs topics as names of the depth node with those to use'
            )
        return cls(content['arguments'], topics)
