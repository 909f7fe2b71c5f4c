# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every shipped description runs a network of its interface, and only that as it should be."""

from pathlib import Path
import re

import cv2
import numpy as np
import pytest

from crestereo_ros.matching import NotStereoModelError, StereoMatcher
from crestereo_ros.models.description_files import identity_of, shipped_descriptions

CONFIG = Path(__file__).parents[2] / 'config/networks'
# Files with the same names, which nothing but a trial can tell apart.
TWINS = {
    'tiny_hitnet': 'foundation_stereo',
    'foundation_stereo': 'tiny_hitnet',
    'rt_monster': 'foundation_stereo_tao',
    'foundation_stereo_tao': 'rt_monster',
}
NAMELESS = ('rt_igev',)
NETWORKS = [
    name
    for name, x in shipped_descriptions().items()
    if not x.cannot_run and not name.startswith('crestereo')
]


def grey(pair):
    """Show in all colours what the red one shows."""
    return [cv2.cvtColor(image[..., 2], cv2.COLOR_GRAY2BGR) for image in pair]


@pytest.mark.parametrize('name', NETWORKS)
def test_a_network_is_run_as_its_file_says(make_network, red_pair, name):
    path = make_network(name)
    left, right, truth = red_pair
    if name == 'hitnet_eth3d':
        left, right = grey((left, right))

    matcher = StereoMatcher(str(path), 'cpu', threads=1, description=shipped_descriptions()[name])
    match = matcher.match(left, right)

    known = np.isfinite(truth)
    assert np.median(np.abs(match.disparity - truth)[known]) < 0.3
    assert match.vertical is None
    assert (match.confidence is not None) == (name == 's2m2')


@pytest.mark.parametrize('name', NETWORKS)
def test_a_file_is_recognised_by_its_names(make_network, name):
    path = make_network(name)

    if name in NAMELESS or name in TWINS:
        reason = 'no stereo network that is known' if name in NAMELESS else TWINS[name]
        with pytest.raises(NotStereoModelError, match=f'{reason}.*models check {path.name} --wr'):
            StereoMatcher(str(path), 'cpu')
    else:
        matcher = StereoMatcher(str(path), 'cpu')
        assert matcher.description is shipped_descriptions()[name]


def test_a_network_is_another_one_with_another_description(tmp_path):
    path, file = tmp_path / 'mine.onnx', tmp_path / 'mine.yaml'
    path.write_bytes(b'network')
    found = [identity_of(path)]
    for text in 'licence: MIT', 'licence: unknown':
        file.write_text(text)
        found.append(identity_of(path))
    file.unlink()
    assert len(set(found)) == 3 and identity_of(path) == found[0]


def test_each_names_the_version_of_what_it_was_read_from():
    files = {x.stem: x.read_text().replace('\n# ', ' ') for x in CONFIG.glob('*.yaml')}
    del files['crestereo']  # of this package
    for name, text in files.items():
        others = re.findall(r'(?:as in|see) (\w+)\.yaml', text)
        read = [text, *(files[other] for other in others)]
        assert any(re.search(r'\bat [0-9a-f]{8}\b', x) for x in read), name


def test_the_first_of_several_workspaces_counts(monkeypatch, tmp_path):
    for prefix, name in (('a', 'hitnet'), ('b', 'coex')):
        folder = tmp_path / prefix / 'share/crestereo_ros/config/networks'
        folder.mkdir(parents=True)
        (folder / 'mine.yaml').write_bytes((CONFIG / f'{name}.yaml').read_bytes())
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'{tmp_path}/a:{tmp_path}/b')
    read = shipped_descriptions.__wrapped__()
    assert read['mine'] == read['hitnet']
