# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the values of the depth node's parameters mean, and which cannot be used."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.matching import available_providers, ProviderError, SettingsError  # noqa: E402
from crestereo_ros.matching.provider_options import Engine  # noqa: E402
from crestereo_ros.nodes.depth.settings import MatcherKey, Settings  # noqa: E402
from crestereo_ros.nodes.parameters import ParameterError  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402

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


def test_all_of_a_provider():
    settings = settings_of(provider='cpu', precision='fp32', on_provider_failure='stop')
    assert settings.matcher_key == MatcherKey('', 'cpu', 0, '', 'fp32', False)
    assert settings.matcher_key.engine == Engine('cpu', precision='fp32')
    assert settings.on_provider_failure == 'stop'


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'device': '0'}, 'need a provider by its name'),
        ({'provider': 'cpu', 'precision': 'half'}, 'precision must be fp32, fp16 or empty'),
        ({'provider': 'cpu', 'cuda_graph': True}, 'provider cpu has no cuda_graph'),
    ],
)
def test_what_a_provider_cannot_do_is_refused(changes, reason):
    with pytest.raises(ProviderError, match=reason):
        settings_of(**changes)


def test_what_to_do_when_a_provider_fails_is_one_of_two():
    with pytest.raises(ParameterError, match='on_provider_failure'):
        settings_of(on_provider_failure='retry')


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


@pytest.mark.parametrize(('value', 'word'), [('auto', 'auto'), (True, 'on'), ('off', 'off')])
def test_rectify_may_be_written_as_yaml_reads_it(value, word):
    assert settings_of(rectify=value).rectify == word


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'rectify': 'maybe'}, "rectify 'maybe' is not one of auto, on, off"),
        ({'rectify': 1}, 'rectify 1 is not one of'),
        ({'image_transport': 'theora'}, "image_transport 'theora' is not one of raw, compressed"),
    ],
)
def test_words_that_there_are_not(values, message):
    with pytest.raises(ParameterError, match=message):
        settings_of(**values)
