# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A folder of rendered pairs."""

from itertools import islice
import os
from pathlib import Path
import subprocess
import sys
import time

import numpy as np
import pytest

from training import pool
from training.pool import fill, Pair, pairs, Pool, read_pair, write_pair
from training.scenes import render_scene
from training.scenes.three_d.renderer import NoDisplay, Renderer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def pair():
    """Return a small pair, 64x96."""
    return Pair(render_scene(np.random.default_rng(0), 64, 96, 12), infrared=True)


@pytest.fixture
def small_pairs(monkeypatch, pair):
    """Render nothing: all pairs of the pool are equal."""
    monkeypatch.setattr(
        pool, 'pairs', lambda first, step: ((first + i * step, pair) for i in range(99))
    )


def test_a_pair_is_read_as_it_was_written(tmp_path, pair):
    """The images are equal; the disparities differ by at most half a step."""
    again = read_pair(write_pair(tmp_path, 3, pair))

    np.testing.assert_array_equal(again.scene.left, pair.scene.left)
    np.testing.assert_array_equal(again.scene.right, pair.scene.right)
    for side in 'disparity', 'disparity_right':
        read, written = getattr(again.scene, side), getattr(pair.scene, side)
        assert read.dtype == np.float32
        np.testing.assert_allclose(read, written, atol=0.5 / pool.STEPS)
    assert again.infrared is True


def test_draws_only_pairs_that_are_large_enough(tmp_path, pair):
    large = Pair(render_scene(np.random.default_rng(1), 96, 128, 12), infrared=False)
    for number in range(5):
        write_pair(tmp_path, number, pair)
    write_pair(tmp_path, 5, large)
    drawn = Pool(tmp_path).draw(np.random.default_rng(0), 65, 96)

    assert drawn.scene.left.shape == (96, 128, 3)
    with pytest.raises(ValueError, match='no pair of at least 97x96'):
        Pool(tmp_path).draw(np.random.default_rng(0), 97, 96)


def test_a_folder_without_pairs_says_how_to_fill_it(tmp_path):
    with pytest.raises(ValueError, match=r'python -m training\.pool'):
        Pool(tmp_path)


def test_a_replaced_pair_is_no_longer_drawn(tmp_path, pair):
    """If a pair was deleted after the folder was listed, another pair is drawn."""
    paths = [write_pair(tmp_path, number, pair) for number in range(4)]
    rendered = Pool(tmp_path)
    for path in paths[:3]:
        path.unlink()

    for seed in range(8):
        assert rendered.draw(np.random.default_rng(seed), 64, 96).infrared


def test_new_pairs_are_found_while_training(tmp_path, pair, monkeypatch):
    write_pair(tmp_path, 0, pair)
    rendered = Pool(tmp_path)
    large = Pair(render_scene(np.random.default_rng(1), 96, 128, 12), infrared=False)
    write_pair(tmp_path, 1, large)
    monkeypatch.setattr(pool, 'REREAD', 0)

    assert rendered.draw(np.random.default_rng(0), 96, 128).scene.disparity.shape == (96, 128)


def test_a_full_pool_deletes_its_oldest_pairs(tmp_path, small_pairs):
    """It keeps its size and holds the newest pairs."""
    fill(tmp_path, 0, 1, float('inf'), 1)
    size = next(tmp_path.iterdir()).stat().st_size
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    fill(tmp_path, 1, 1, 8.5 * size, 33)

    numbers = sorted(int(path.stem.split('_')[1]) for path in tmp_path.iterdir())
    assert len(numbers) == 8 and numbers == list(range(26, 34))


def test_numbers_seed_the_pairs():
    """The same number gives the same pair in every process."""
    try:
        Renderer(16, 16)
    except NoDisplay as error:
        pytest.skip(str(error))
    one = dict(islice(pairs(0), 3))
    ((number, other),) = islice(pairs(2, step=5), 1)

    assert number == 2
    np.testing.assert_array_equal(one[2].scene.left, other.scene.left)
    np.testing.assert_array_equal(one[2].scene.disparity, other.scene.disparity)


def test_processes_fill_a_folder_and_end_with_the_command(tmp_path):
    """Two processes write different numbers; both end when the command is killed."""
    try:
        Renderer(16, 16)
    except NoDisplay as error:
        pytest.skip(str(error))
    folder = tmp_path / 'pool'
    command = [sys.executable, '-m', 'training.pool', folder, '--processes', '2']
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as running:
        deadline = time.monotonic() + 120
        while len(list(folder.glob('*.npz'))) < 4 and time.monotonic() < deadline:
            time.sleep(0.2)
        running.kill()
        # A process that still runs holds the other end of this pipe.
        running.stderr.read()

    numbers = {int(path.stem.split('_')[1]) % 2 for path in folder.glob('*.npz')}
    assert numbers == {0, 1}
