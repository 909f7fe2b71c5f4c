# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The meaning of the depth node's parameters, and which values are refused; and over DDS."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402

from crestereo_ros.matching import available_providers, ProviderError, SettingsError  # noqa: E402
from crestereo_ros.nodes.depth.settings import MatcherKey, Settings  # noqa: E402
from crestereo_ros.nodes.parameters import ParameterError  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402
from crestereo_ros.pipeline import DepthSettings  # noqa: E402
from crestereo_ros.providers.engine import Engine  # noqa: E402

DEFAULTS = {x.name: x.default for x in DEPTH_PARAMETERS}


def settings_of(**changes):
    return Settings.of({**DEFAULTS, **changes})


def test_defaults_are_those_of_the_model_and_the_pipeline():
    settings = settings_of()
    assert settings.matcher_key == MatcherKey('crestereo_fast', 'auto', 0)
    assert settings.depth == DepthSettings()
    assert settings.sync_tolerance == 0
    assert settings.values == DEFAULTS


def test_values_are_used_as_set():
    settings = settings_of(
        model='small', provider='cpu', threads=3, iterations=7, resolution='480x640'
    )
    assert settings.matcher_key == MatcherKey('small', 'cpu', 3)
    assert settings.depth.iterations == 7
    assert settings.depth.resolution == (480, 640)


def test_parameters_of_a_provider():
    settings = settings_of(provider='cpu', precision='fp32', on_provider_failure='stop')
    assert settings.matcher_key == MatcherKey('crestereo_fast', 'cpu', 0, '', 'fp32', False)
    assert settings.matcher_key.engine == Engine('cpu', precision='fp32')
    assert settings.on_provider_failure == 'stop'


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'device': '0'}, 'need the name of a provider'),
        ({'provider': 'cpu', 'precision': 'half'}, 'precision must be fp32, fp16 or empty'),
        ({'provider': 'cpu', 'cuda_graph': True}, 'provider cpu has no cuda_graph'),
    ],
)
def test_refuses_what_a_provider_cannot_do(changes, reason):
    with pytest.raises(ProviderError, match=reason):
        settings_of(**changes)


def test_refuses_an_unknown_word_for_on_provider_failure():
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
def test_refuses_an_unknown_provider_and_names_the_known_ones(provider):
    with pytest.raises(ProviderError, match=f"no provider '{provider}', only auto, cpu"):
        settings_of(provider=provider)


@pytest.mark.parametrize('provider', ['cuda', 'tensorrt', 'openvino'])
def test_refuses_a_provider_that_is_not_installed_with_what_to_install(provider):
    if provider in available_providers():
        pytest.skip(f'{provider} is available here')
    with pytest.raises(ProviderError, match=f'provider {provider} is not .* Install onnxruntime-'):
        settings_of(provider=provider)


@pytest.mark.parametrize(('value', 'word'), [('auto', 'auto'), (True, 'on'), ('off', 'off')])
def test_rectify_may_be_a_bool_as_yaml_reads_it(value, word):
    assert settings_of(rectify=value).rectify == word


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'rectify': 'maybe'}, "rectify 'maybe' is not one of auto, on, off"),
        ({'rectify': 1}, 'rectify 1 is not one of'),
        ({'image_transport': 'theora'}, "image_transport 'theora' is not one of raw, compressed"),
    ],
)
def test_refuses_unknown_words(values, message):
    with pytest.raises(ParameterError, match=message):
        settings_of(**values)


# Over DDS

# For each parameter, another value than the tests' node has, if the CPU can do it, and a bad one.
VALUES = {
    'model': ('', '/no/such.onnx'),
    'provider': ('auto', 'gpu'),
    'device': ('', 'GPU'),
    'precision': ('fp32', 'half'),
    'cuda_graph': (False, True),
    'on_provider_failure': ('stop', 'retry'),
    'threads': (2, 257),
    'iterations': (2, 33),
    'resolution': ('64x96', '64'),
    'refine': ('off', 'maybe'),
    'max_latency_ms': (60_000.0, -1.0),
    'temporal': (True, 'yes'),
    'sync_tolerance': (0.01, 2.0),
    'queue_size': (5, 0),
    'image_transport': ('compressed', 'theora'),
    'rectify': ('off', 'never'),
    'focal_length': (100.0, float('nan')),
    'baseline': (0.1, -0.1),
    'baseline_from_tf': (False, 'no'),
    'disparity_offset': (0.5, 1e9),
    'min_depth': (0.5, float('inf')),
    'max_depth': (20.0, 1e6),
    'depth_encoding': ('16UC1', '16SC1'),
    'avoid_point_cloud_padding': (True, 1),
    'point_cloud_stride': (2, 0),
    'point_cloud_rate': (3.0, -1.0),
    'point_cloud_region': ('-2,2,-1,1,0.3,5', '2,-2,-1,1,0.3,5'),
    'point_cloud_voxel': (0.05, 11.0),
    'color_map': ('magma', 'rainbow'),
    'color_range': ('0,64', '64,0'),
    'intensity_range': ('0,1023', '9,1'),
    'mask_out_of_view': (True, 'on'),
    'mask_occluded': (True, 'on'),
    'mask_flying_pixels': (True, 'on'),
    'mask_textureless': (True, 'on'),
    'left_right_check': (True, 'on'),
    'confidence_threshold': (0.2, 1.5),
}


@pytest.mark.parametrize('name', [x.name for x in DEPTH_PARAMETERS if not x.read_only])
def test_every_parameter_changes_while_running_or_is_refused_with_a_reason(client, name):
    other, wrong = VALUES[name]
    (before,) = client.get_parameters(name)
    refused = client.set_parameters(**{name: wrong})
    assert not refused.successful
    assert name in refused.reason or 'Wrong parameter type' in refused.reason
    assert client.get_parameters(name) == (before,)
    result = client.set_parameters(**{name: other})
    assert result.successful, result.reason
    assert client.get_parameters(name) == (other,)
    assert client.set_parameters(**{name: before}).successful


def test_the_node_works_after_all_of_these(client, pair):
    client.disparity_of(*pair)
    assert client.status_with_pairs()['level'] == DiagnosticStatus.OK


def test_refuses_a_change_of_a_read_only_parameter(client):
    refused = client.set_parameters(autostart=False)
    assert not refused.successful and 'autostart' in refused.reason
