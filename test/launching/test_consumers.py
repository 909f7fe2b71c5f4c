# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Presets of consumers; test/nodes/depth/test_consumers.py subscribes to what they publish."""

from pathlib import Path

import pytest
import yaml

from crestereo_ros.launching.arguments import LaunchArgumentError
from crestereo_ros.launching.consumers import ConsumerPreset

CONFIG = Path(__file__).parents[2] / 'config'
PRESETS = CONFIG / 'consumers'


def test_preset_from_a_path(tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text("arguments: {max_depth: '4.0'}\ntopics: {points2: obstacles}\n")
    preset = ConsumerPreset.read(PRESETS, str(path))
    assert preset == ConsumerPreset({'max_depth': '4.0'}, {'points2': 'obstacles'})


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        ('topics: {points2: obstacles}', 'needs arguments'),
        ('arguments: {}\ntopics: [points2]', 'needs topics'),
        ('arguments: {}\ntopics: {points2: 2}', 'needs topics'),
        ("arguments: {left_image: '/left'}", "sets 'left_image', no such argument"),
    ],
)
def test_preset_that_cannot_be_used(tmp_path, content, reason):
    path = tmp_path / 'x.yaml'
    path.write_text(content)
    with pytest.raises(LaunchArgumentError, match=rf'^consumer: {path} {reason}'):
        ConsumerPreset.read(PRESETS, str(path))


def test_the_parameters_for_navigation_are_those_of_nav2():
    (parameters,) = yaml.safe_load((CONFIG / 'navigation.yaml').read_text()).values()
    preset = ConsumerPreset.read(PRESETS, 'nav2').arguments
    values = {name: yaml.safe_load(text) for name, text in preset.items()}
    assert parameters['ros__parameters'] == {**values, 'depth_encoding': '32FC1'}
