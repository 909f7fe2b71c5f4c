# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo batch` on this machine."""

import argparse
import json
import os
import shutil
import signal
import subprocess

import cv2
import numpy as np
import psutil
import pytest

from crestereo_ros.commands.batch.command import processes_for

pytest.importorskip('av', reason='needs the extra video')

TIMEOUT = 120  # s; only ever reached by a failure
PROVIDERS_OF_GPUS = 'cuda', 'tensorrt', 'tensorrt_rtx', 'webgpu'
EVERY_OUTPUT = '--disparity', '--depth', '--points', '--confidence', '--color'


@pytest.mark.parametrize('provider', PROVIDERS_OF_GPUS)
def test_two_processes_share_a_gpu(provider):
    """One reads and writes while the other computes, however many cores there are."""
    assert processes_for(argparse.Namespace(provider=provider, threads=1)) == 2


def results_in(folder):
    return sorted(path.parent for path in folder.glob('*/manifest.json'))


def test_results_are_those_of_the_depth_command(
    crestereo, write_pairs, write_film, fast, tmp_path, contents
):
    (pair,), film, out = write_pairs(1), write_film(11), tmp_path / 'out'
    for name, sources, endings in (
        (
            'pair',
            (pair / 'left.png', pair / 'right.png'),
            ('.npy', '.png', '.ply', '.npy', '.png'),
        ),
        ('film', (film / 'left.avi', film / 'right.avi'), ('', '', '', '', '.mp4')),
    ):
        folder = tmp_path / 'expected' / name
        folder.mkdir(parents=True)
        outputs = (
            part
            for option, ending in zip(EVERY_OUTPUT, endings, strict=True)
            for part in (option, folder / f'{option[2:]}{ending}')
        )
        ended = crestereo('depth', *sources, *fast, *outputs)
        assert (ended.returncode, ended.stderr) == (0, '')
    sources = tmp_path / 'list.csv'
    sources.write_text(
        'left,right,name\n'
        f'{pair}/left.png,{pair}/right.png,pair\n{film}/left.avi,{film}/right.avi,film\n'
    )
    ended = crestereo('batch', sources, '--output', out, *fast, *EVERY_OUTPUT, '--span', 4)
    assert ended.returncode == 0, ended.stderr
    assert '2 sources: 2 to do\n12 frames; 1 recordings in parts; ' in ended.stdout
    made, expected = contents(out), contents(tmp_path / 'expected')
    manifests = [made.pop(f'{name}/manifest.json') for name in ('film', 'pair')]
    assert [manifest['frames'] for manifest in manifests] == [11, 1]
    assert made.keys() == expected.keys() and len(expected) == 4 * 11 + 1 + 5
    assert [name for name in made if made[name] != expected[name]] == []
    assert sorted(path.name for path in (out / '.crestereo_batch').iterdir()) == ['lock']


def test_bags_are_joined_as_they_are_written_at_once(
    crestereo, write_bag, make_pair, fast, tmp_path, contents
):
    with write_bag(tmp_path / 'run') as bag:
        for number in range(6):
            for side, image in zip(('left', 'right'), make_pair(64, 96, number), strict=True):
                bag.image(f'/{side}/image_rect', 10**9 + number * 10**8, image)
    expected, out = tmp_path / 'expected', tmp_path / 'out'
    expected.mkdir()
    ended = crestereo('depth', tmp_path / 'run', *fast, '--bag', expected / 'bag')
    assert (ended.returncode, ended.stderr) == (0, '')
    ended = crestereo('batch', tmp_path / 'run', '--output', out, *fast, '--bag', '--span', 2)
    assert ended.returncode == 0, ended.stderr
    assert '1 recordings in parts' in ended.stdout
    (result,) = results_in(out)
    made = contents(result)
    del made['manifest.json']
    assert made == contents(expected)


@pytest.mark.parametrize('options', [('--temporal',), ('--align', 'on')])
def test_what_a_frame_leaves_to_the_next_keeps_a_recording_whole(
    crestereo, write_film, fast, tmp_path, options
):
    fast = fast if options[0] == '--temporal' else fast[:-6]
    ended = crestereo(
        *('batch', write_film(5), '--output', tmp_path / 'out', *fast, '--disparity'),
        *('--span', 2, '--dry-run', *options),
    )
    assert ended.returncode == 0, ended.stderr
    assert '5 frames; disparity' in ended.stdout


def test_a_dry_run_writes_nothing(crestereo, write_pairs, fast, tmp_path):
    write_pairs(3)
    ended = crestereo(
        'batch', tmp_path / 'pairs', '--output', tmp_path / 'out', *fast, '--points', '--dry-run'
    )
    assert ended.returncode == 0, ended.stderr
    plan = ended.stdout.splitlines()
    assert plan[:2] == ['3 sources: 3 to do', f'3 frames; points into {tmp_path}/out']
    assert plan[2].startswith('about 276 kB to write, ') and plan[2].endswith(' free')
    assert not (tmp_path / 'out').exists()


def test_a_broken_source_does_not_keep_others_from_being_done(
    crestereo, write_pairs, fast, tmp_path
):
    pairs, out = write_pairs(4), tmp_path / 'out'
    (pairs[1] / 'right.png').write_bytes(b'no image')
    pattern = f'{tmp_path}/pairs/*/left.png,{tmp_path}/pairs/*/right.png'
    options = '--output', out, *fast, '--disparity'
    ended = crestereo('batch', pattern, tmp_path / 'gone.mp4', *options)
    assert ended.returncode == 1
    assert len(results_in(out)) == 3
    errors = json.loads((out / 'errors.json').read_text())
    assert [error['source'] for error in errors] == [
        f'{pairs[1]}/left.png and {pairs[1]}/right.png',
        f'{tmp_path}/gone.mp4',
    ]
    assert 'is not' in errors[0]['error'] and 'does not exist' in errors[1]['error']
    assert ended.stderr.count('crestereo batch: failed: ') == 2
    assert '3 sources done' in ended.stdout and '2 failed (see errors.json)' in ended.stdout
    # Mended, they are done, and the list is gone.
    shutil.copy(pairs[0] / 'right.png', pairs[1] / 'right.png')
    ended = crestereo('batch', pattern, *options)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith('4 sources: 1 to do, 3 done\n')
    assert len(results_in(out)) == 4 and not (out / 'errors.json').exists()


def test_a_recording_that_fails_in_its_first_part_keeps_no_other_source_waiting(
    crestereo, write_pairs, write_film, fast, tmp_path
):
    write_pairs(2, 'all')
    film = write_film(12, 'all/0')
    upright = cv2.VideoCapture(str(write_film(12, 'other') / 'right.avi'))
    code = cv2.VideoWriter_fourcc(*'MJPG')
    upside_down = cv2.VideoWriter(str(film / 'right.avi'), code, 12, (96, 64))
    while (frame := upright.read()[1]) is not None:
        upside_down.write(frame[::-1].copy())
    upside_down.release()
    line = 'batch', tmp_path / 'all', '--output', tmp_path / 'out', *fast[:-2], '--disparity'
    ended = crestereo(*line, '--span', 3, '--processes', 1)
    assert ended.returncode == 1
    assert '1 recordings in parts' in ended.stdout
    assert 'that they show the same scene' in ended.stderr
    assert '2 sources done' in ended.stdout and '1 failed' in ended.stdout
    assert 'left' not in ended.stdout.splitlines()[-1]


def test_what_was_made_otherwise_is_redone_on_request_only(
    crestereo, write_pairs, fast, tmp_path, contents
):
    pairs, out = write_pairs(3), tmp_path / 'out'
    line = 'batch', tmp_path / 'pairs', '--output', out, *fast, '--disparity'
    assert crestereo(*line).returncode == 0
    before = contents(out)
    ended = crestereo(*line)
    assert ended.stdout.startswith('3 sources: 3 done\n0 frames; ')
    shutil.copy(pairs[1] / 'left.png', pairs[0] / 'left.png')
    ended = crestereo(*line)
    assert ended.returncode == 0
    assert '3 sources: 2 done, 1 kept, made otherwise (--redo)\n' in ended.stdout
    assert 'the input has changed' in ended.stdout
    assert contents(out) == before
    ended = crestereo(*line, '--iterations', 2)
    assert ended.stdout.count('made with other settings: iterations 1, now 2') == 2
    assert contents(out) == before
    ended = crestereo(*line, '--iterations', 2, '--redo')
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith('3 sources: 3 to redo\n')
    after = contents(out)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in before)


def test_an_interrupted_batch_goes_on_and_ends_with_the_same_files(
    crestereo, started, write_pairs, write_film, fast, tmp_path, contents, wait_for
):
    write_pairs(12, 'all')
    write_film(60, 'all/film')
    line = 'batch', tmp_path / 'all', *fast, '--disparity', '--color', '--span', 5
    assert crestereo(*line, '--output', tmp_path / 'whole').returncode == 0
    out = tmp_path / 'out'
    parts = out / '.crestereo_batch/parts'
    with started(*line, '--output', out) as process:
        wait_for(lambda: len(results_in(out)) >= 3 and list(parts.glob('*/*/manifest.json')))
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        text, _ = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 130
    assert 'left: run it again to go on' in text and 'Traceback' not in text
    done = results_in(out)
    assert 3 <= len(done) < 13
    assert sorted(path for path in out.iterdir() if path.name[0] != '.') == done
    assert not (out / '.crestereo_batch/work').exists()
    times = {path: (path / 'manifest.json').stat().st_mtime_ns for path in done}
    ended = crestereo(*line, '--output', out)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f'13 sources: {13 - len(done)} to do, {len(done)} done\n')
    assert contents(out) == contents(tmp_path / 'whole')
    assert {path: (path / 'manifest.json').stat().st_mtime_ns for path in done} == times
    assert not parts.exists()


def test_ctrl_c_does_not_wait_for_the_pair_that_is_being_matched(
    started, write_pairs, model_file, tmp_path, wait_for
):
    write_pairs(1)
    out = tmp_path / 'out'
    # Minutes of work.
    slow = '--model', model_file, '--provider', 'cpu', '--iterations', 32, '--resolution'
    line = 'batch', tmp_path / 'pairs', '--output', out, *slow, '2160x3840', '--disparity'
    with started(*line) as process:

        def works():
            return any(x.cpu_times().user > 3 for x in psutil.Process(process.pid).children())

        wait_for(works)
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=20)
    assert (process.returncode, text) == (130, text) and '1 left: run it again to go on' in text
    assert [str(path.relative_to(out)) for path in out.rglob('*')] == [
        *('.crestereo_batch', '.crestereo_batch/lock'),
    ]


@pytest.mark.soak
def test_memory_stays_flat_over_a_thousand_sources(started, write_pairs, fast, tmp_path, wait_for):
    (pair,), out = write_pairs(1), tmp_path / 'out'
    sources = tmp_path / 'list.csv'
    lines = [f'{pair}/left.png,{pair}/right.png,{number}' for number in range(1000)]
    sources.write_text('\n'.join(['left,right,name', *lines]))
    line = 'batch', sources, '--output', out, *fast, '--disparity', '--json'

    def memory(process):
        processes = [process, *process.children()]
        return sum(each.memory_info().rss for each in processes) / 1e6

    with started(*line) as process:
        events = (json.loads(line) for line in process.stdout)
        assert next(events)['sources']['missing'] == 1000
        used, done = {}, 0
        for event in events:
            done += event['event'] == 'done'
            if done in (200, 999) and done not in used:
                used[done] = memory(psutil.Process(process.pid))
        process.wait(TIMEOUT)
    assert event == {'event': 'end', **event} and event['done'] == 1000, event
    assert process.returncode == 0 and len(results_in(out)) == 1000
    assert used[999] - used[200] < 50, used  # MB of all processes; two images a source are 30


def test_a_worker_that_is_killed_is_replaced(started, write_pairs, fast, tmp_path, wait_for):
    write_pairs(40)
    out = tmp_path / 'out'
    line = 'batch', tmp_path / 'pairs', '--output', out, *fast, '--disparity', '--processes', 2
    with started(*line) as process:
        wait_for(lambda: len(results_in(out)) >= 2)
        psutil.Process(process.pid).children()[0].kill()
        text, _ = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, '40 sources done' in text) == (0, True), text
    assert len(results_in(out)) == 40


def test_the_second_batch_says_who_holds_the_folder(
    crestereo, started, write_pairs, fast, tmp_path, wait_for
):
    write_pairs(40)
    line = 'batch', tmp_path / 'pairs', '--output', tmp_path / 'out', *fast, '--disparity'
    with started(*line) as process:
        wait_for(lambda: results_in(tmp_path / 'out'))
        os.kill(process.pid, signal.SIGSTOP)  # so that it does not end meanwhile
        ended = crestereo(*line)
        os.kill(process.pid, signal.SIGCONT)
        assert (ended.returncode, ended.stdout) == (2, '')
        assert f'is held by another batch (process {process.pid} of ' in ended.stderr
        text, _ = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, '40 sources done' in text) == (0, True), text


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of 1 MB."""
    path = tmp_path / 'disk'
    path.mkdir()
    command = ['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', str(path)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip('file systems cannot be mounted here')
    yield path
    subprocess.run(['umount', str(path)], check=True)


def test_a_full_disk_ends_the_batch_and_leaves_whole_results(
    crestereo, write_pairs, fast, small_disk, tmp_path
):
    write_pairs(30)
    options = *fast, '--disparity', '--points'  # 25 + 80 kB a pair
    line = 'batch', tmp_path / 'pairs', '--output', small_disk / 'out', *options
    ended = crestereo(*line)
    assert ended.returncode == 1
    assert 'MB free, and the results may need 3.5 MB' in ended.stderr
    assert ended.stderr.endswith(f'{small_disk}/out is full: make room\n')
    done = results_in(small_disk / 'out')
    assert 3 < len(done) < 30
    assert f'{len(done)} sources done' in ended.stdout
    assert f'{30 - len(done)} left: run it again' in ended.stdout
    assert sorted(x for x in (small_disk / 'out').iterdir() if x.name[0] != '.') == done
    for result in done:
        assert np.load(result / 'disparity.npy').shape == (64, 96)
    subprocess.run(['mount', '-o', 'remount,size=20m', str(small_disk)], check=True)
    assert crestereo(*line).returncode == 0
    assert len(results_in(small_disk / 'out')) == 30


def test_events_are_lines_of_json(crestereo, write_pairs, fast, tmp_path):
    pairs = write_pairs(3)
    (pairs[0] / 'left.png').write_bytes(b'no image')
    ended = crestereo(
        'batch', tmp_path / 'pairs', '--output', tmp_path / 'out', *fast, '--disparity', '--json'
    )
    assert ended.returncode == 1, ended.stderr
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    kinds = [event['event'] for event in events if event['event'] != 'progress']
    assert kinds == ['plan', 'failed', 'done', 'done', 'end']
    assert (events[0]['sources']['missing'], events[0]['sources']['broken']) == (2, 1)
    assert events[0]['frames'] == 2
    assert (events[-1]['done'], events[-1]['failed'], events[-1]['left']) == (2, 1, 0)


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        ((), 'there is nothing to write: choose from --disparity, --confidence, '),
        (('--disparity', '--model', 'none'), "there is no model 'none'"),
        (('--disparity', '--min-depth', 3, '--max-depth', 2), 'min_depth is 3'),
        (('--disparity', '--provider', 'tensorrt'), 'provider tensorrt is not in the installed'),
        (('--disparity', '--gpus', 1), '--gpus is for clusters: name one by --ray'),
        (('--disparity', '--ray', '--gpus', 1.5), '1.5 is neither a share of one GPU nor a whole'),
        (('--disparity', '--ray', '--processes', 2), '--processes is for this machine alone'),
        (('--disparity', '--output', 'memory://x'), 'ends with the process that writes it'),
    ],
)
def test_what_no_source_can_be_done_with_ends_the_batch(
    crestereo, write_pairs, tmp_path, arguments, reason
):
    write_pairs(1)
    ended = crestereo('batch', tmp_path / 'pairs', '--output', tmp_path / 'out', *arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith('crestereo batch: ') and reason in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
