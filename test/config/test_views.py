# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The views of RViz and Foxglove show what the depth node publishes, with the QoS it has."""

import json
from pathlib import Path

import pytest
import yaml

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.outputs import OUTPUTS  # noqa: E402

CONFIG = Path(__file__).parents[2] / 'config'
VIEWS = sorted(CONFIG.glob('*.rviz'))
TYPES = {f'/{output.topic}': output.message_type.__name__ for output in OUTPUTS}
FOXGLOVE = json.loads((CONFIG / 'foxglove.json').read_text())

# All results that can be drawn; the rectified image is for those who have not the camera's.
DRAWABLE = {
    topic: kind
    for topic, kind in TYPES.items()
    if kind in ('Image', 'PointCloud2') and topic != '/left/image_rect_color'
}


@pytest.mark.parametrize('path', VIEWS, ids=lambda path: path.stem)
def test_rviz_shows_what_the_node_publishes(path):
    displays = yaml.safe_load(path.read_text())['Visualization Manager']['Displays']
    assert displays
    for display in displays:
        topic = display['Topic']
        shown = display['Class'].removeprefix('rviz_default_plugins/')
        assert shown == {**TYPES, '/left/image_rect': 'Image'}[topic['Value']]
        # The node is reliable, and best effort would lose large messages; a camera may not be.
        is_camera = topic['Value'] == '/left/image_rect' and path.stem == 'stereo_depth'
        assert topic['Reliability Policy'] == ('Best Effort' if is_camera else 'Reliable')
        assert topic['Durability Policy'] == 'Volatile'


def test_every_output_that_rviz_can_show_is_shown():
    shown = ''.join(path.read_text() for path in VIEWS)
    for topic in DRAWABLE:
        assert f'Value: {topic}\n' in shown


def panels(layout) -> list[str]:
    """Return the names of the panels in a layout of Foxglove."""
    if isinstance(layout, str):
        return [layout]
    return panels(layout['first']) + panels(layout['second'])


def test_foxglove_shows_what_the_node_publishes():
    settings = FOXGLOVE['configById']
    assert sorted(panels(FOXGLOVE['layout'])) == sorted(settings)
    shown = {}
    for name, panel in settings.items():
        kind = name.partition('!')[0]
        if kind == 'Image':
            shown[panel['imageMode']['imageTopic']] = 'Image'
        elif kind == '3D':
            shown.update(dict.fromkeys(panel['topics'], 'PointCloud2'))
        else:
            assert (kind, panel['topicToRender']) == ('DiagnosticSummary', '/diagnostics')
    assert shown == DRAWABLE
