# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the values of the depth node's parameters mean, and which cannot be used."""

import math

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.matching import available_providers, ProviderError, SettingsError  # noqa: E402
from crestereo_ros.nodes.depth.settings import (  # noqa: E402
    DEPTH_ENCODINGS,
    MatcherKey,
    OutputSettingsError,
    Settings,
)
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402
from crestereo_ros.pictures import COLOR_MAPS  # noqa: E402

DEFAULTS = {x.name: x.default for x in DEPTH_PARAMETERS}


def settings_of(**changes):
    return Settings.of({**DEFAULTS, **changes})


def test_defaults_are_the_models_own_but_for_speed():
    settings = settings_of()
    assert settings.matcher_key == MatcherKey('', 'auto', 0)
    assert settings.iterations is None
    assert settings.resolution == 'fast'
    assert settings.sync_tolerance == 0
    assert settings.values == DEFAULTS


def test_values_are_used_as_they_are_set():
    settings = settings_of(
        model='small', provider='cpu', threads=3, iterations=7, resolution='480x640'
    )
    assert settings.matcher_key == MatcherKey('small', 'cpu', 3)
    assert settings.iterations == 7
    assert settings.resolution == (480, 640)


@pytest.mark.parametrize('seconds', [0.004, 0.1, 1e-9, 1.0])
def test_the_tolerance_is_in_whole_nanoseconds(seconds):
    assert settings_of(sync_tolerance=seconds).sync_tolerance == round(seconds * 10**9)


@pytest.mark.parametrize(
    'text', ['480', '480x', 'x640', '480,640', '480x640x3', '-480x640', '480 x 640', '4.8x6']
)
def test_a_resolution_of_another_form_is_refused(text):
    with pytest.raises(SettingsError, match='resolution ".*" is not HEIGHTxWIDTH'):
        settings_of(resolution=text)


@pytest.mark.parametrize('text', ['0x640', '480x0', '5000x640', '480x99999999999'])
def test_a_resolution_out_of_range_is_refused(text):
    with pytest.raises(SettingsError, match=f'resolution "{text}" has a side that is not'):
        settings_of(resolution=text)


@pytest.mark.parametrize('provider', ['gpu', '', 'CPU'])
def test_an_unknown_provider_is_refused_with_those_there_are(provider):
    with pytest.raises(ProviderError, match=f"no provider '{provider}', only auto, cpu"):
        settings_of(provider=provider)


@pytest.mark.parametrize('provider', ['cuda', 'tensorrt', 'openvino'])
def test_a_provider_that_is_not_installed_is_refused_with_what_to_install(provider):
    if provider in available_providers():
        pytest.skip(f'{provider} can be had here')
    with pytest.raises(ProviderError, match=f'provider {provider} is not .* Install onnxruntime-'):
        settings_of(provider=provider)


def test_outputs_are_not_limited_by_default():
    outputs = settings_of().outputs
    assert (outputs.min_depth, outputs.max_depth) == (0, math.inf)
    assert outputs.color_range is None


def test_a_color_range_is_two_numbers():
    assert settings_of(color_range='-3.5, 64').outputs.color_range == (-3.5, 64)


@pytest.mark.parametrize(
    'text', ['', '64', '64,0', '5,5', '0,nan', '0,inf', '0,1,2', 'a,b', '0;9']
)
def test_a_color_range_of_another_form_is_refused(text):
    with pytest.raises(OutputSettingsError, match=f'color_range "{text}" is neither auto nor'):
        settings_of(color_range=text)


@pytest.mark.parametrize('limits', [(2.0, 1.0), (1.0, 1.0)])
def test_depth_limits_out_of_order_are_refused(limits):
    with pytest.raises(OutputSettingsError, match='min_depth is .*, but must be below max_depth'):
        settings_of(min_depth=limits[0], max_depth=limits[1])


@pytest.mark.parametrize(
    ('name', 'choices'), [('depth_encoding', DEPTH_ENCODINGS), ('color_map', COLOR_MAPS)]
)
def test_choices_are_told_and_others_refused(name, choices):
    constraints = next(x.constraints for x in DEPTH_PARAMETERS if x.name == name)
    for choice in choices:
        settings_of(**{name: choice})
        assert choice in constraints
    with pytest.raises(OutputSettingsError, match=f'{name} "8UC1" is none of '):
        settings_of(**{name: '8UC1'})
