# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is generated from the declarations is what is committed."""

from pathlib import Path
import runpy

import pytest
import yaml

from crestereo_ros.parameters import DEPTH_PARAMETERS, PLAYER_PARAMETERS

ROOT = Path(__file__).parents[2]
FILES = runpy.run_path(str(ROOT / 'docs/generate.py'))['generated']()


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.name)
def test_make_docs_changes_nothing(path):
    assert FILES[path] == path.read_text(), 'run make docs'


@pytest.mark.parametrize(
    ('node', 'declarations'),
    [('stereo_depth', DEPTH_PARAMETERS), ('stereo_player', PLAYER_PARAMETERS)],
)
def test_yaml_reads_every_default_with_its_type(node, declarations):
    content = yaml.safe_load(FILES[ROOT / f'config/{node}.yaml'])
    read = content['/**']['ros__parameters']
    assert read == {x.name: x.default for x in declarations}
    assert [type(value) for value in read.values()] == [x.value_type for x in declarations]


def test_rviz_of_the_player_differs_in_reliability_only():
    live, player = (
        yaml.safe_load(FILES.get(path) or path.read_text())
        for path in (ROOT / 'config/stereo_depth.rviz', ROOT / 'config/stereo_player.rviz')
    )
    topics = [
        [display['Topic'] for display in content['Visualization Manager']['Displays']]
        for content in (live, player)
    ]
    assert topics[0][0]['Reliability Policy'] == 'Best Effort'  # connects to every camera
    assert all(topic['Reliability Policy'] == 'Reliable' for topic in topics[1])
    for topic in (*topics[0], *topics[1]):
        del topic['Reliability Policy']
    assert live == player
