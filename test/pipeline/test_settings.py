# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The meaning of parameter values, and which are refused."""

import math

import pytest

from crestereo_ros.errors import SettingsError
from crestereo_ros.pipeline import DepthSettings


def test_the_defaults_are_those_of_the_parameters():
    settings = DepthSettings.of({})
    assert settings == DepthSettings()
    assert (settings.min_depth, settings.max_depth) == (0, math.inf)
    assert (settings.iterations, settings.resolution, settings.color_range) == (0, 'fast', None)


def test_values_are_used_as_set():
    settings = DepthSettings.of(
        {'iterations': 7, 'resolution': '480x640', 'max_latency_ms': 50.0, 'mask_occluded': False}
    )
    assert (settings.iterations, settings.resolution) == (7, (480, 640))
    assert settings.max_latency == 0.05
    assert not settings.checks.occlusion and settings.checks.out_of_view


def test_a_color_range_is_two_numbers():
    assert DepthSettings.of({'color_range': '-3.5, 64'}).color_range == (-3.5, 64)


@pytest.mark.parametrize(
    'text', ['', '64', '64,0', '5,5', '0,nan', '0,inf', '0,1,2', 'a,b', '0;9']
)
def test_a_color_range_of_another_form_is_refused(text):
    with pytest.raises(SettingsError, match=f'color_range "{text}" is neither auto nor'):
        DepthSettings.of({'color_range': text})


@pytest.mark.parametrize('limits', [(2.0, 1.0), (1.0, 1.0)])
def test_depth_limits_out_of_order_are_refused(limits):
    with pytest.raises(SettingsError, match='min_depth is .*, but must be below max_depth'):
        DepthSettings.of({'min_depth': limits[0], 'max_depth': limits[1]})


def test_an_unknown_resolution_is_refused():
    with pytest.raises(SettingsError, match='resolution "huge"'):
        DepthSettings.of({'resolution': 'huge'})


@pytest.mark.parametrize(
    ('value', 'word'),
    [('auto', 'auto'), ('on', 'on'), (True, 'on'), ('off', 'off'), (False, 'off')],
)
def test_refine_is_a_word_or_a_bool_as_yaml_reads_it(value, word):
    assert DepthSettings.of({'refine': value}).refine == word


@pytest.mark.parametrize('value', ['yes', '', 1])
def test_another_word_for_refine_is_refused(value):
    with pytest.raises(SettingsError, match=f'refine {value!r} is not one of auto, on, off'):
        DepthSettings.of({'refine': value})
