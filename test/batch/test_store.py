# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where results are kept."""

import errno
import json
import os
import shutil
import time

import pytest

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.manifest import Manifest, Origin
from crestereo_ros.batch.store import is_full, open_store

MANIFEST = Manifest(Origin([{'path': 'a'}], 'abc', {'x': 1}), 3, 0.5, 'cpu')


def remote(*values):
    return [pytest.param(value, marks=pytest.mark.ray) for value in values]


@pytest.fixture(params=['', *remote('file://', 'memory://', 's3://')])
def store(request, tmp_path):
    """Open a store of each kind in an empty place."""
    if request.param == 's3://':
        return open_store(f'{request.getfixturevalue("bucket")}/out')
    if request.param == 'memory://':
        from crestereo_ros.batch.remote_store import RemoteStore

        return RemoteStore(f'memory://{tmp_path}/out')
    return open_store(f'{request.param}{tmp_path}/out')


def publish(store, name, manifest=MANIFEST, **files):
    with store.scratch() as folder:
        for file, content in files.items():
            (folder / 'sub').mkdir(exist_ok=True)
            (folder / 'sub' / file).write_text(content)
        store.publish(folder, name, manifest)
    return folder


def test_a_result_is_there_with_its_manifest(store, tmp_path):
    with store.held():
        assert store.manifests() == {}
        folder = publish(store, 'one', a='1')
        assert store.manifests() == {'one': MANIFEST}
        assert not folder.exists()


@pytest.mark.parametrize('kind', ['', *remote('file://')])
def test_a_new_result_takes_the_place_of_all_of_an_earlier_one(tmp_path, kind):
    store = open_store(f'{kind}{tmp_path}')
    newer = Manifest(MANIFEST.origin, 4, 0.5)
    with store.held():
        publish(store, 'one', a='1', b='2')
        publish(store, 'one', newer, a='3')
    assert store.manifests() == {'one': newer}
    assert [path.name for path in (tmp_path / 'one/sub').iterdir()] == ['a']
    assert (tmp_path / 'one/sub/a').read_text() == '3'


def test_parts_are_kept_until_they_are_dropped(store, tmp_path):
    with store.held():
        with store.scratch() as folder:
            (folder / 'x').mkdir()
            (folder / 'x' / '0.npy').write_text('0')
            store.keep_part(folder, 'film', '0-4', MANIFEST)
        assert store.part_manifest('film', '0-4') == MANIFEST
        assert store.part_manifest('film', '4-8') is None
        store.fetch_part('film', '0-4', tmp_path / 'part')
        assert (tmp_path / 'part/x/0.npy').read_text() == '0'
        assert store.manifests() == {}
        store.drop_parts('film')
        assert store.part_manifest('film', '0-4') is None
        store.drop_parts('film')


def test_the_second_is_told_who_holds_a_store(store):
    with store.held():
        with pytest.raises(
            BatchError, match=r'held by another batch \(process \d+ of .* since 20'
        ):
            with store.held():
                pass
    with store.held():
        pass


@pytest.mark.parametrize('kind', ['', *remote('file://')])
def test_errors_are_written_and_removed(tmp_path, kind):
    store, file = open_store(f'{kind}{tmp_path}'), tmp_path / 'errors.json'
    with store.held():
        store.write_errors([{'name': 'x'}])
        assert json.loads(file.read_text()) == [{'name': 'x'}]
        store.write_errors([])
        store.write_errors([])
        assert not file.exists()


def test_what_an_interrupted_batch_left_is_removed(tmp_path):
    store = open_store(str(tmp_path))
    left = tmp_path / '.crestereo_batch/work/x'
    left.mkdir(parents=True)
    with store.held():
        assert not left.exists()


def test_what_is_no_result_is_not_replaced(tmp_path):
    store = open_store(str(tmp_path))
    assert not store.occupied('mine')
    (tmp_path / 'mine').mkdir()
    assert store.occupied('mine')


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(BatchError, match='file/x cannot be written: Not a directory'):
        with open_store(str(tmp_path / 'file/x')).held():
            pass


@pytest.mark.ray
def test_a_holder_that_shows_no_life_gives_way(tmp_path):
    from crestereo_ros.batch.remote_store import STALE

    store, lock = open_store(f'file://{tmp_path}'), tmp_path / '.crestereo_batch/lock'
    lock.parent.mkdir()
    for age, is_held in (0, True), (2 * STALE, False):
        lock.write_text(json.dumps({'beat': time.time() - age}))
        if is_held:
            with pytest.raises(BatchError, match='held by another batch'), store.held():
                pass
        else:
            with store.held():
                assert json.loads(lock.read_text())['pid'] == os.getpid()


@pytest.mark.ray
def test_what_killed_workers_left_is_removed_with_the_batch(tmp_path, monkeypatch):
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path / 'temporary'))
    (tmp_path / 'temporary').mkdir()
    store = open_store(f'file://{tmp_path}/out')
    with store.held():
        with store.scratch() as folder:
            shutil.copytree(folder, folder.parents[1] / 'left')
        assert list((tmp_path / 'temporary').rglob('left'))
    assert list((tmp_path / 'temporary').iterdir()) == []


@pytest.mark.ray
def test_an_address_of_no_kind_is_refused():
    with pytest.raises(BatchError, match='nothing://x cannot be used'):
        open_store('nothing://x')


def test_a_full_disk_is_seen_through_other_errors():
    try:
        try:
            raise OSError(errno.ENOSPC, 'No space left on device')
        except OSError as error:
            raise BatchError('it cannot be written') from error
    except BatchError as error:
        assert is_full(error)
    assert not is_full(OSError(errno.EACCES, 'no'))
