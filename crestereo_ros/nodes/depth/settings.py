# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the depth node as settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from crestereo_ros.errors import SettingsError
from crestereo_ros.messages.intensities import parse_range
from crestereo_ros.models.model_files import find_model
from crestereo_ros.nodes.depth.output_settings import OutputSettings
from crestereo_ros.nodes.depth.transports import message_type, MESSAGES
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
        """How to run the network."""
        return Engine(*self[1:])

    def __str__(self) -> str:
        model = f'model {self.model}' if self.model else 'the default model'
        return f'{model} on {self.provider}'


ON_PROVIDER_FAILURE: dict[str | bool, str] = {'fall_back': 'fall_back', 'stop': 'stop'}
TRANSPORTS: dict[str | bool, str] = {name: name for name in MESSAGES}

# The parameters that have to fit each other.
MATCHER_PARAMETERS = (*MatcherKey._fields, 'iterations', 'resolution')


@dataclass(frozen=True)
class Settings:
    """The parameters in the form that the node uses; `values` has them as they are set."""

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
        Make settings from the values of all `DEPTH_PARAMETERS`.

        Types and ranges that the declarations give are not checked here.

        :raises ProviderError: if there is no such provider, or it cannot be used in this way; the
            text says which there are
        :raises SettingsError: if `DepthSettings.of` cannot use one, or a package is missing
        :raises ParameterError: if a value is not one of the allowed words
        """
        key = MatcherKey(*(values[name] for name in MatcherKey._fields))
        check_engine(key.engine)
        transport = choice(values, 'image_transport', TRANSPORTS)
        message_type(transport)
        return cls(
            values=dict(values),
            matcher_key=key,
            on_provider_failure=choice(values, 'on_provider_failure', ON_PROVIDER_FAILURE),
            depth=DepthSettings.of(values),
            sync_tolerance=round(values['sync_tolerance'] * 1e9),
            queue_size=values['queue_size'],
            outputs=OutputSettings.of(values),
            image_transport=transport,
            intensity_range=_intensity_range(values['intensity_range']),
            rectify=choice(values, 'rectify', AUTO_ON_OFF),
            baseline_from_tf=values['baseline_from_tf'],
        )

    def check_model(self) -> None:
        """
        Check the model as far as possible without loading it.

        :raises ModelNotFoundError: if there is no such file or name
        """
        find_model(self.matcher_key.model)


def _intensity_range(text: str) -> str:
    try:
        parse_range(text)
    except ValueError as error:
        raise SettingsError(f'intensity_range {error}') from error
    return text
