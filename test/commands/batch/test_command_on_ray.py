# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo batch --ray` on a cluster of nodes on this machine."""

import json
import os
from pathlib import Path
import signal
from tempfile import TemporaryDirectory

import psutil
import pytest

pytestmark = pytest.mark.ray

TIMEOUT = 120  # s; only ever reached by a failure
OUTPUTS = '--disparity', '--depth', '--color'
SLOWER = '--iterations', 12, '--resolution', '128x192'  # so that a task is seen before its end


def sessions_in(folder):
    """Return the clusters that were started with a temporary folder."""
    return sorted(Path(folder).glob('ray/session_2*'))


def manifests_in(folder):
    return list(folder.glob('*/manifest.json'))


def test_results_are_the_same_bytes_as_without_ray(
    crestereo, ray_cluster, write_pairs, write_film, fast, tmp_path, contents, monkeypatch
):
    broken, *_ = write_pairs(4, 'all')
    (broken / 'right.png').write_bytes(b'no image')
    write_film(11, 'all/film')
    monkeypatch.chdir(tmp_path)  # where no node works
    line = 'batch', 'all', *fast, *OUTPUTS, '--span', 4
    without = crestereo(*line, '--output', 'expected')
    sessions = sessions_in(os.environ['RAY_TMPDIR'])
    ended = crestereo(*line, '--output', 'out', '--ray')
    assert sessions_in(os.environ['RAY_TMPDIR']) == sessions  # it has joined the one that is there
    assert (ended.returncode, without.returncode) == (1, 1), ended.stderr
    assert '\n4 sources done in ' in ended.stdout and '1 failed (see errors.json)' in ended.stdout
    assert ended.stderr == without.stderr and 'is not' in ended.stderr
    made, expected = contents(tmp_path / 'out'), contents(tmp_path / 'expected')
    for files in made, expected:
        (error,) = json.loads(files.pop('errors.json'))
        assert error['source'] == f'{broken}/left.png and {broken}/right.png'
    assert made == expected and len(expected) == 3 * 4 + 2 * 11 + 1 + 1


@pytest.mark.parametrize('kind', ['file', 's3'])
def test_results_go_to_addresses(
    crestereo, ray_cluster, write_film, write_pairs, fast, tmp_path, contents, bucket, kind
):
    import fsspec

    write_pairs(2, 'all')
    write_film(5, 'all/film')
    line = 'batch', tmp_path / 'all', *fast, *OUTPUTS, '--span', 2
    assert crestereo(*line, '--output', tmp_path / 'expected').returncode == 0
    place = f'file://{tmp_path}/out' if kind == 'file' else f'{bucket}/deep/out'
    for words in '3 sources: 3 to do', '3 sources: 3 done':
        ended = crestereo(*line, '--output', place, '--ray', ray_cluster.address)
        assert (ended.returncode, ended.stderr) == (0, '')
        assert ended.stdout.startswith(words)
    files, root = fsspec.core.url_to_fs(place)
    files.get(root, str(tmp_path / 'fetched'), recursive=True)
    assert contents(tmp_path / 'fetched') == contents(tmp_path / 'expected')
    left = files.find(f'{root}/.crestereo_batch')
    assert left == []


def test_a_worker_and_a_node_that_are_killed_change_no_result(
    crestereo, started, ray_cluster, write_film, fast, tmp_path, contents, wait_for
):
    film, out, expected = write_film(120), tmp_path / 'out', tmp_path / 'expected'
    line = 'batch', film, *fast, *SLOWER, '--disparity', '--span', 6
    assert crestereo(*line, '--output', expected).returncode == 0
    first = ray_cluster.add_node(num_gpus=1)  # does all of it, as long as it is there
    raylet = psutil.Process(first.all_processes['raylet'][0].process.pid)

    def workers():
        return [x for x in raylet.children() if 'ray::do_task' in ' '.join(x.cmdline())]

    def parts():
        return list(out.glob('.crestereo_batch/parts/*/*/manifest.json'))

    line = *line, '--output', out, '--ray', ray_cluster.client_address, '--gpus', 1
    with started(*line) as process:
        wait_for(lambda: parts() and workers())[0].kill()
        done = len(parts())
        wait_for(lambda: len(parts()) > done and workers())
        everything = raylet.children(recursive=True)
        ray_cluster.remove_node(first, allow_graceful=False)
        for each in everything:
            if each.is_running():
                each.kill()
        assert parts() and not manifests_in(out)
        second = ray_cluster.add_node(num_gpus=1)
        text, _ = process.communicate(timeout=TIMEOUT)
        ray_cluster.remove_node(second)
    assert process.returncode == 0, text
    assert text.startswith('1 sources: 1 to do\n') and '\n1 sources done in ' in text
    assert 'failed' not in text and 'Traceback' not in text
    assert contents(out) == contents(expected)
    assert sorted(path.name for path in (out / '.crestereo_batch').iterdir()) == ['lock']


def test_an_interrupted_batch_goes_on_and_ends_with_the_same_files(
    crestereo, started, ray_cluster, write_pairs, write_film, fast, tmp_path, contents, wait_for
):
    write_pairs(30, 'all')
    write_film(30, 'all/film')
    line = 'batch', tmp_path / 'all', *fast, *SLOWER, '--disparity', '--span', 5
    assert crestereo(*line, '--output', tmp_path / 'whole').returncode == 0
    out = tmp_path / 'out'
    line = *line, '--output', out, '--ray', ray_cluster.address
    for number, code in (signal.SIGINT, 130), (signal.SIGTERM, 143):
        before = len(manifests_in(out))
        with started(*line) as process:
            wait_for(lambda before=before: len(manifests_in(out)) > before)
            process.send_signal(number)
            text, _ = process.communicate(timeout=TIMEOUT)
        assert process.returncode == code, text
        assert 'left: run it again to go on' in text and 'Traceback' not in text
        assert before < len(manifests_in(out)) < 31
        assert not (out / '.crestereo_batch/work').exists()
    ended = crestereo(*line)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert contents(out) == contents(tmp_path / 'whole')


def test_without_a_cluster_one_is_started_and_ended(
    crestereo, write_pairs, fast, tmp_path, monkeypatch
):
    pytest.importorskip('ray')
    write_pairs(3)
    line = 'batch', tmp_path / 'pairs', '--output', tmp_path / 'out', *fast, '--disparity'
    with TemporaryDirectory(prefix='ray') as folder:
        monkeypatch.setenv('RAY_TMPDIR', folder)
        ended = crestereo(*line, '--json', '--ray')
        assert (ended.returncode, ended.stderr) == (0, '')
        assert len(sessions_in(folder)) == 1
        other = '--output', tmp_path / 'other'
        lacking = crestereo(*line, *other, '--ray', 'local', '--gpus', 1000)
        assert lacking.returncode == 2
        assert 'this machine does not have 1 CPU and 1000 GPU for a task' in lacking.stderr
        left = [x for x in psutil.process_iter(['cmdline']) if folder in str(x.info['cmdline'])]
        assert left == []
    events = [json.loads(line)['event'] for line in ended.stdout.splitlines()]
    assert [event for event in events if event != 'progress'] == ['plan', *['done'] * 3, 'end']


def test_a_source_that_takes_too_much_memory_fails(
    crestereo, write_pairs, fast, tmp_path, monkeypatch
):
    pytest.importorskip('ray')
    write_pairs(1)
    # Whatever runs on this machine already is too much.
    monkeypatch.setenv('RAY_memory_usage_threshold', '0.0001')
    monkeypatch.setenv('RAY_memory_monitor_refresh_ms', '100')
    with TemporaryDirectory(prefix='ray') as folder:
        monkeypatch.setenv('RAY_TMPDIR', folder)
        line = 'batch', tmp_path / 'pairs', '--output', tmp_path / 'out', *fast, '--disparity'
        ended = crestereo(*line, '--ray')
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.splitlines()[-1].endswith('due to the node running low on memory')
    assert 'its worker died 4 times: ' in ended.stderr


def test_a_named_gpu_provider_asks_for_a_gpu(
    started, ray_cluster, write_pairs, fast, tmp_path, wait_for
):
    write_pairs(1)
    line = 'batch', tmp_path / 'pairs', '--output', tmp_path / 'out', *fast, '--disparity'
    with started(*line, '--provider', 'cuda', '--ray', ray_cluster.address) as process:
        lines = [next(process.stdout) for _ in range(4)]
        assert 'no node of the cluster has 1 CPU and 1 GPU for a task' in lines[-1]
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, text) == (130, text) and '1 left: run it again' in text


def test_a_cluster_that_does_not_answer_is_named(crestereo, write_pairs, fast, tmp_path):
    pytest.importorskip('ray')
    write_pairs(1)
    line = 'batch', tmp_path / 'pairs', '--output', tmp_path / 'out', *fast, '--disparity'
    ended = crestereo(*line, '--ray', '127.0.0.1:1')
    assert ended.returncode == 2
    assert ended.stderr == (
        'crestereo batch: the cluster 127.0.0.1:1 does not answer: [Errno 111] Connection '
        'refused: is its head started?\n'
    )
