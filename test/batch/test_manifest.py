# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Records of results."""

import os

from crestereo_ros.batch.manifest import as_plain, input_state, Manifest, Origin


def test_a_manifest_is_read_as_it_was_written():
    settings = as_plain({'resolution': (64, 96), 'known_only': False})
    manifest = Manifest(Origin([{'path': 'a'}], 'abc', settings), 3, 0.5, 'cpu')
    assert Manifest.of_json(manifest.to_json()) == manifest


def test_what_is_no_manifest_is_none():
    assert Manifest.of_json(b'{"origin": {') is None
    assert Manifest.of_json(b'{"frames": 3}') is None
    assert Manifest.of_json(b'[]') is None


def test_a_difference_is_named():
    origin = Origin([{'path': 'a', 'bytes': 1}], 'abc', {'resolution': 'fast', 'align': 'on'})
    assert origin.difference(origin) == ''
    others = {
        'the input has changed': Origin([{'path': 'a', 'bytes': 2}], 'abc', origin.settings),
        'made with another calibration': Origin(
            [*origin.inputs, {'path': 'b'}], 'abc', origin.settings
        ),
        'made with another model': Origin(origin.inputs, 'abd', origin.settings),
        'made with other settings: align on, now None; resolution fast, now image': Origin(
            origin.inputs, 'abc', {'resolution': 'image'}
        ),
    }
    assert {now.difference(origin): now for now in others.values()} == others


def test_the_state_of_inputs_changes_with_them(tmp_path):
    file = tmp_path / '1.png'
    file.write_bytes(b'abc')
    os.utime(file, ns=(0, 5))
    assert input_state(str(file)) == {
        **{'path': str(file), 'files': 1, 'bytes': 3, 'newest_ns': 5},
    }
    (tmp_path / '2.png').write_bytes(b'de')
    os.utime(tmp_path / '2.png', ns=(0, 7))
    for text in str(tmp_path), f'{tmp_path}/*.png':
        assert input_state(text) == {'path': text, 'files': 2, 'bytes': 5, 'newest_ns': 7}
    assert input_state('http://host/a.mp4') == {'path': 'http://host/a.mp4'}
