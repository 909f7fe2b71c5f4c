# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Workers on a cluster of Ray, as far as they differ from other executors; see `test_tasks`."""

import os
import signal
import socket

import pytest

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.tasks import ATTEMPTS, Done, Warned

pytestmark = pytest.mark.ray


def fields_of(log, name):
    return (log / name).read_text().split()


def test_two_nodes_work_at_a_time(open_ray, log, task, end_of):
    with open_ray() as pool:
        assert pool.room() >= 2
        for name in 'meet1', 'meet2':
            pool.submit(task(name))
        ends, _ = end_of(pool, 2)
    assert [type(end) for end in ends] == [Done, Done]
    assert fields_of(log, 'meet1')[1] != fields_of(log, 'meet2')[1]


def test_a_client_that_is_no_part_of_the_cluster_is_served(open_ray, ray_cluster, task, end_of):
    with open_ray(address=ray_cluster.client_address) as pool:
        for name in 'wrong', 'meet1', 'meet2':
            pool.submit(task(name))
        ends, _ = end_of(pool, 3)
    assert {end.task.entry.name: type(end) for end in ends}['meet1'] is Done


def test_a_cluster_that_fails_to_serve_a_client_is_asked_again(open_ray, monkeypatch):
    import ray

    connect, failures = ray.init, [ConnectionAbortedError('no server')] * (ATTEMPTS - 1)

    def init(**options):
        if failures:
            raise failures.pop()
        return connect(**options)

    monkeypatch.setattr(ray, 'init', init)
    with open_ray() as pool:
        assert pool.room()
    failures += [ConnectionAbortedError('no server')] * ATTEMPTS
    with pytest.raises(BatchError, match='cannot be used: no server'):
        open_ray()
    assert not failures


def test_close_ends_work_in_mid_task(open_ray, log, task, wait_for):
    with open_ray() as pool:
        pool.submit(task('long'))
        wait_for(lambda: (log / 'long').exists() and (log / 'long').read_text())
    process = int(fields_of(log, 'long')[0])

    def has_ended():
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True

    wait_for(has_ended)


def test_tasks_wait_for_a_node_with_a_gpu_and_may_share_it(
    open_ray, ray_cluster, log, task, end_of
):
    with open_ray(gpus=1) as pool:
        assert pool.room()
        pool.submit(task('a'))
        assert pool.events(0) == [
            Warned(
                None,
                'no node of the cluster has 1 CPU and 1 GPU for a task: all wait until one joins',
            )
        ]
        node = ray_cluster.add_node(num_cpus=2, num_gpus=1)
        try:
            pool.submit(task('b'))
            end_of(pool, 2)
            pool.close()
            with open_ray(gpus=0.5) as shared:
                for name in 'meet1', 'meet2':
                    shared.submit(task(name))
                end_of(shared, 2)
        finally:
            ray_cluster.remove_node(node)
    # One worker did both, with the GPU that Ray gave it.
    assert fields_of(log, 'a') == fields_of(log, 'b')
    assert fields_of(log, 'a')[2] == '0'
    assert fields_of(log, 'meet1')[1:] == fields_of(log, 'meet2')[1:] == fields_of(log, 'a')[1:]


def test_signals_stay_with_the_command(open_ray):
    before = signal.getsignal(signal.SIGTERM)
    with open_ray():
        assert signal.getsignal(signal.SIGTERM) == before


def test_nothing_of_ray_is_printed(open_ray, task, end_of, capfd):
    with open_ray() as pool:
        pool.submit(task('die1'))
        end_of(pool, 1)
    assert capfd.readouterr() == ('', '')


def test_code_that_nodes_do_not_have_is_named(ray_cluster, task, tmp_path):
    from crestereo_ros.batch.ray_pool import RayPool

    with RayPool('no_such_module:Work', '', ray_cluster.address) as pool:
        pool.submit(task('a'))
        with pytest.raises(BatchError, match="cannot start: No module named 'no_such_module'"):
            while True:
                pool.events(1.0)


@pytest.mark.parametrize(
    ('address', 'reason'),
    [
        ('nonsense', 'the cluster nonsense cannot be used: '),
        ('127.0.0.1:{port}', 'does not answer: .* refused: is its head started'),
        ('ray://127.0.0.1:{port}', 'does not answer: .* refused: is its head started'),
        ('127.0.0.1:99999', 'the cluster 127.0.0.1:99999 does not answer'),
    ],
)
def test_addresses_that_cannot_be_used_are_refused(open_ray, address, reason):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]  # nobody listens there once it is closed
    with pytest.raises(BatchError, match=reason):
        open_ray(address=address.format(port=port))
