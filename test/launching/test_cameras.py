# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Presets, names, topics and threads of cameras; the presets themselves are played to the node."""

import os
from pathlib import Path

import pytest

from crestereo_ros.launching.arguments import LaunchArgumentError, parameter_value
from crestereo_ros.launching.cameras import (
    camera_names,
    CameraPreset,
    thread_share,
    topic_of_camera,
    TOPICS,
)
from crestereo_ros.parameters import DEPTH_PARAMETERS

PRESETS = Path(__file__).parents[2] / 'config/cameras'
NAMES = sorted(path.stem for path in PRESETS.glob('*.yaml'))


@pytest.mark.parametrize('camera', NAMES)
def test_preset_names_every_topic_and_valid_parameters(camera):
    preset = CameraPreset.read(PRESETS, camera)
    assert set(TOPICS) <= set(preset.arguments)
    for declaration in DEPTH_PARAMETERS:
        if declaration.name in preset.arguments:
            parameter_value(declaration, preset.arguments[declaration.name])
    # Two of them can run side by side.
    for argument in TOPICS:
        topics = {
            topic_of_camera(argument, preset.arguments[argument], name, True)
            for name in ('front', 'rear')
        }
        assert len(topics) == 2


@pytest.mark.parametrize('camera', NAMES)
def test_preset_says_where_it_was_read(camera):
    comments = [
        line for line in (PRESETS / f'{camera}.yaml').read_text().splitlines() if line[:1] == '#'
    ]
    (source,) = (line for line in comments if line.startswith('# Read from '))
    repository, version = (
        source.removeprefix('# Read from ').replace(',', ':').split(':')[0].split()
    )
    assert repository.count('/') == 1 and any(x.isdigit() for x in version)
    assert any('.cpp' in line for line in comments)


def test_preset_from_a_path(tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text(
        "name: mine\narguments: {left_image: '/{name}/left', sync_tolerance: '0.01'}\n"
    )
    preset = CameraPreset.read(PRESETS, str(path))
    assert preset.name == 'mine'
    assert preset.arguments == {'left_image': '/{name}/left', 'sync_tolerance': '0.01'}


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        ('[', 'cannot be read'),
        ('', 'needs arguments'),
        ('arguments: {}', 'needs a name'),
        ('name: x\narguments: {left: a}', "sets 'left', no such argument"),
        ('name: x\narguments: {sync_tolerance: 0.5}', "needs sync_tolerance in quotes: '0.5'"),
    ],
)
def test_preset_that_cannot_be_used(tmp_path, content, reason):
    path = tmp_path / 'x.yaml'
    path.write_text(content)
    with pytest.raises(LaunchArgumentError, match=rf'^camera: {path} .*{reason}'):
        CameraPreset.read(PRESETS, str(path))


def test_unknown_preset_lists_those_that_there_are():
    with pytest.raises(LaunchArgumentError, match="oak, orbbec, realsense.*, not 'webcam'"):
        CameraPreset.read(PRESETS, 'webcam')


@pytest.mark.parametrize(
    ('text', 'names'),
    [('', []), ('[]', []), ('[front, rear]', ['front', 'rear']), ('a,b_2', ['a', 'b_2'])],
)
def test_names_of_cameras(text, names):
    assert camera_names(text) == names


@pytest.mark.parametrize('text', ['[front, ]', '[front rear]', '[2nd]', '[a/b]', '[front, front]'])
def test_names_that_are_no_namespaces(text):
    with pytest.raises(LaunchArgumentError, match='^cameras must '):
        camera_names(text)


def test_topics_of_cameras():
    assert topic_of_camera('left_image', '/{name}/left', 'front', True) == '/front/left'
    assert topic_of_camera('left_image', 'left/image_rect', 'front', True) == 'left/image_rect'
    assert topic_of_camera('left_image', '/left', '', False) == '/left'
    with pytest.raises(LaunchArgumentError, match="^left_image '/left' would be .* all cameras"):
        topic_of_camera('left_image', '/left', 'front', True)


@pytest.mark.parametrize(('cameras', 'threads'), [(1, 8), (2, 4), (3, 2), (9, 1)])
def test_threads_are_shared(monkeypatch, cameras, threads):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda _: set(range(8)))
    assert thread_share(cameras) == threads
