# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the depth node as they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from crestereo_ros.matching.providers import check_provider
from crestereo_ros.matching.resolution import parse_resolution


class MatcherKey(NamedTuple):
    """What takes a new matcher when it changes."""

    model: str
    provider: str
    threads: int

    def text(self) -> str:
        model = f'model {self.model}' if self.model else 'the default model'
        return f'{model} on {self.provider}'


@dataclass(frozen=True)
class Settings:
    """The parameters as they are used; `values` are the same as they are set."""

    values: Mapping[str, Any]
    matcher_key: MatcherKey
    iterations: int | None  # None: the model's default
    resolution: tuple[int, int] | str | None  # (height, width), a word; None: the model's
    sync_tolerance: int  # nanoseconds
    queue_size: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """
        Make settings of the values of all `DEPTH_PARAMETERS`.

        Types and ranges are not looked at, they are in the descriptors.

        :raises ProviderError, SettingsError: if the provider or the resolution cannot be used; the
            text names it and says what can.
        """
        check_provider(values['provider'])
        return cls(
            values=dict(values),
            matcher_key=MatcherKey(*(values[name] for name in MatcherKey._fields)),
            iterations=values['iterations'] or None,
            resolution=parse_resolution(values['resolution']),
            sync_tolerance=round(values['sync_tolerance'] * 1e9),
            queue_size=values['queue_size'],
        )


# What a matcher has to be able to do together.
MATCHER_PARAMETERS = (*MatcherKey._fields, 'iterations', 'resolution')
