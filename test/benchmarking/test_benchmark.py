# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A benchmark of a grid."""

import numpy as np
import pytest

from crestereo_ros.benchmarking import benchmark as module
from crestereo_ros.benchmarking.benchmark import Benchmark
from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.grid import Grid, Skip
from crestereo_ros.benchmarking.results_file import ResultsFile
from crestereo_ros.benchmarking.samples import read_samples
from crestereo_ros.matching import InferenceError, StereoMatcher
from crestereo_ros.models.model_files import DEFAULT_MODEL

TRUTH = np.full((64, 96), 4, np.float32)


@pytest.fixture
def benchmark(tmp_path):
    """Return a function that makes a benchmark; all of them share their results."""

    def benchmark(
        folder, iterations=(1, 2), resolutions=('32x48', '64x96'), rounds=1, provider='cpu'
    ):
        samples = read_samples([str(folder)], 2)
        grid = Grid((DEFAULT_MODEL,), iterations, resolutions, (provider,), (1,))
        results = ResultsFile(tmp_path / 'results.csv')
        return Benchmark(samples, str(folder), grid, rounds, results)

    return benchmark


def run(benchmark):
    """Run a benchmark, and return the measurements and the number of matches."""
    reports = []
    measurements = list(benchmark.run(lambda done, total: reports.append((done, total))))
    assert all(total == reports[-1][0] for _, total in reports)
    return measurements, len(reports)


def test_measures_every_setting_and_sgbm_against_the_truth(benchmark, write_pair):
    measurements, matches = run(benchmark(write_pair('pair', TRUTH), rounds=2))
    assert matches == 5 * 2 * 2
    assert [(x.model, x.iterations, x.resolution) for x in measurements] == [
        ('SGBM', 0, ''),
        (DEFAULT_MODEL, 1, '32x48'),
        (DEFAULT_MODEL, 2, '32x48'),
        (DEFAULT_MODEL, 1, '64x96'),
        (DEFAULT_MODEL, 2, '64x96'),
    ]
    assert all(len(x.times_ms) == 2 for x in measurements)
    # The noise has a disparity of 4 pixels, also when matched at half the width.
    assert all(x.end_point_error < 1.5 for x in measurements)


def test_the_setting_with_the_most_work_replaces_a_missing_truth(benchmark, write_pair):
    run_of = benchmark(write_pair('pair'))
    assert (run_of.reference.iterations, run_of.reference.resolution) == (2, '64x96')
    measurements, _ = run(run_of)
    assert measurements[-1].end_point_error == 0 and measurements[-1].bad_2 == 0
    assert all(0 < x.end_point_error < 2 for x in measurements[:-1])
    assert benchmark(write_pair('other', TRUTH)).reference is None


@pytest.mark.parametrize('can_be_frozen', [True, False])
def test_openvino_is_measured_only_with_a_frozen_graph(
    benchmark, write_pair, pretend_provider, tmp_path, monkeypatch, can_be_frozen
):
    pytest.importorskip('spox', reason='needs the extra models')
    pretend_provider('openvino')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    module._matcher.cache_clear()
    if not can_be_frozen:
        (tmp_path / 'cache').write_text('a file instead of a folder')
    folder = write_pair('pair', TRUTH)
    measured = benchmark(folder, (1,), ('32x48',), provider='openvino')
    found = list(measured.run(lambda done, total: None))

    if can_be_frozen:
        assert [x.provider for x in found] == ['cpu', 'openvino']  # the first is SGBM
    else:
        assert [x for x in found if isinstance(x, Skip)] == [
            Skip('crestereo_compact at 32x48 runs on cpu, because openvino cannot run it')
        ]


def test_continues_after_an_interruption(benchmark, write_pair):
    folder = write_pair('pair', TRUTH)

    def interrupt(done, total):
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(benchmark(folder).run(interrupt))
    measurements, matches = run(benchmark(folder))
    assert len(measurements) == 5
    assert matches == 2 * 2  # of the five settings, three were complete
    assert run(benchmark(folder)) == (measurements, 0)


def test_measures_only_what_has_changed_or_is_missing(benchmark, write_pair):
    folder = write_pair('pair', TRUTH)
    grid = {'iterations': (1,), 'resolutions': ('32x48',)}
    before, matches = run(benchmark(folder, **grid))
    assert matches == 4
    after, matches = run(benchmark(folder, **grid, rounds=3))
    assert matches == 2 * 4
    assert [x.times_ms[:1] for x in after] == [x.times_ms for x in before]
    np.savez(folder / 'truth.npz', disparity=TRUTH + 1)
    assert run(benchmark(folder, **grid))[1] == 4


def test_a_setting_that_fails_does_not_stop_the_others(benchmark, write_pair, monkeypatch):
    match = StereoMatcher.match

    def fail(self, left, right, iterations, *others):
        if iterations == 2:
            raise InferenceError('too little memory')
        return match(self, left, right, iterations, *others)

    monkeypatch.setattr(StereoMatcher, 'match', fail)
    results = list(benchmark(write_pair('pair', TRUTH), rounds=2).run(lambda *_: None))
    skips = [result for result in results if isinstance(result, Skip)]
    assert skips == [Skip('too little memory')]
    assert [x.iterations for x in results if x not in skips] == [0, 1, 1]


def test_says_why_nothing_can_be_measured(benchmark, write_pair):
    with pytest.raises(BenchmarkError, match='nothing can be measured: resolution must be'):
        benchmark(write_pair('pair', TRUTH), resolutions=('8x8',))
