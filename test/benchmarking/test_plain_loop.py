# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The loop without ROS."""

from crestereo_ros.benchmarking.plain_loop import LoopJob, run
from crestereo_ros.models.model_files import DEFAULT_MODEL


def test_repeats_a_pair_and_measures(write_pair):
    folder = write_pair('pair')
    job = LoopJob(
        sources=[str(folder / f'{side}.png') for side in ('left', 'right')],
        size=[32, 48],
        model=DEFAULT_MODEL,
        provider='cpu',
        threads=1,
        iterations=1,
        resolution='fast',
        warm_up=0.1,
        seconds=0.5,
        output='',
    )
    figures = run(job)
    assert figures['out_hz'] == figures['in_hz'] > 0
    assert 0 < figures['inference_ms'] < figures['latency_ms'] <= figures['latency_95_ms']
    assert figures['cpu_percent'] > 0 and figures['memory_mb'] > 10
