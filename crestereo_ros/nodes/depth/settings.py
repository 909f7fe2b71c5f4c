# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the depth node as they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from crestereo_ros.errors import SettingsError
from crestereo_ros.messages.intensities import parse_range
from crestereo_ros.models.model_files import find_model
from crestereo_ros.nodes.depth.output_settings import OutputSettings
from crestereo_ros.parameters.choices import AUTO_ON_OFF, choice
from crestereo_ros.pipeline import DepthSettings
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.opening import check_engine


class MatcherKey(NamedTuple):
    """The parameters that need a new matcher when they change."""

    model: str
    provider: str
    threads: int
    device: str = ''
    precision: str = ''
    cuda_graph: bool = False

    @property
    def engine(self) -> Engine:
        """How the network is to be run."""
        return Engine(*self[1:])

    def __str__(self) -> str:
        model = f'model {self.model}' if self.model else 'the default model'
        return f'{model} on {self.provider}'


ON_PROVIDER_FAILURE: dict[str | bool, str] = {'fall_back': 'fall_back', 'stop': 'stop'}
TRANSPORTS: dict[str | bool, str] = {'raw': 'raw', 'compressed': 'compressed'}

# The parameters that have to work together.
MATCHER_PARAMETERS = (*MatcherKey._fields, 'iterations', 'resolution')


@dataclass(frozen=True)
class Settings:
    """The parameters as they are used; `values` are the same as they are set."""

    values: Mapping[str, Any]
    matcher_key: MatcherKey
    on_provider_failure: str  # one of `ON_PROVIDER_FAILURE`
    depth: DepthSettings
    sync_tolerance: int  # nanoseconds
    queue_size: int
    outputs: OutputSettings
    image_transport: str  # one of `TRANSPORTS`
    intensity_range: str  # see `Intensities`
    rectify: str  # 'auto', 'on' or 'off'
    baseline_from_tf: bool

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """
        Make settings of the values of all `DEPTH_PARAMETERS`.

        Types and ranges are not looked at; the node's parameters have them.

        :raises ProviderError: if there is no such provider, or it cannot be used in this way; the
            text says which there are
        :raises SettingsError: if `DepthSettings.of` cannot use one
        :raises ParameterError: if a word is none of those that there are
        """
        key = MatcherKey(*(values[name] for name in MatcherKey._fields))
        check_engine(key.engine)
        return cls(
            values=dict(values),
            matcher_key=key,
            on_provider_failure=choice(values, 'on_provider_failure', ON_PROVIDER_FAILURE),
            depth=DepthSettings.of(values),
            sync_tolerance=round(values['sync_tolerance'] * 1e9),
            queue_size=values['queue_size'],
            outputs=OutputSettings.of(values),
            image_transport=choice(values, 'image_transport', TRANSPORTS),
            intensity_range=_intensity_range(values['intensity_range']),
            rectify=choice(values, 'rectify', AUTO_ON_OFF),
            baseline_from_tf=values['baseline_from_tf'],
        )

    def check_model(self) -> None:
        """
        Check what can be known of the model without loading it.

        :raises ModelNotFoundError: if there is no such file or name
        """
        find_model(self.matcher_key.model)


def _intensity_range(text: str) -> str:
    try:
        parse_range(text)
    except ValueError as error:
        raise SettingsError(f'intensity_range {error}') from error
    return text
