# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Workers on a cluster of Ray."""

from __future__ import annotations

from contextlib import suppress
import logging
import os
from time import monotonic
from typing import Any

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.tasks import ATTEMPTS, Event, Executor, Failed, Task, Work
from crestereo_ros.batch.worker import do, make_work, SendWarnings

AUTO = 'auto'
AHEAD = 2  # tasks that are submitted for each that can run, so that a cluster sees what it lacks
LOOK = 5.0  # s between two looks at the size of the cluster
INSTALL = 'pip install "ray>=2.40" (the extra `ray`)'

_works: dict[str, Work] = {}  # in a worker: of the batch that it works for


def do_task(batch: str, factory: str, settings: Any, task: Task) -> list[Event | BatchError]:  # noqa: ANN401
    """
    Do a task in a worker of Ray, which keeps the model for the next one.

    :param batch: tells batches apart, since workers of Ray outlive them
    :returns: what happened; at last how it ended
    """
    events: list[Event | BatchError] = []
    warnings = SendWarnings(events.append)
    warnings.task = task
    logger = logging.getLogger('crestereo_ros')
    logger.addHandler(warnings)
    try:
        if batch not in _works:
            _works.clear()
            _works[batch] = make_work(factory, settings)
        end = do(_works[batch], task, lambda event: None)
    except Exception as error:
        return [BatchError(f'a worker cannot start: {error}')]
    finally:
        logger.removeHandler(warnings)
    return [*events, end]


class RayPool(Executor):
    """
    Tasks of Ray, which chooses where they run and does those again whose worker or node died.

    The cluster is joined, or started on this machine if there is none.
    """

    def __init__(
        self,
        factory: str,
        settings: Any,  # noqa: ANN401
        address: str = AUTO,
        cpus: float = 1,
        gpus: float = 0,
    ) -> None:
        """
        Join or start the cluster.

        :param factory: as of `ProcessPool`
        :param address: `auto`, or that of a cluster, such as ray://head:10001 or head:6379
        :param cpus, gpus: what a task needs; GPUs may be a share of one
        :raises BatchError: if Ray is missing, or the cluster cannot be reached or has no such node
        """
        os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
        try:
            import ray
        except ImportError as error:
            raise BatchError(f'--ray needs Ray ({error}): {INSTALL}') from error
        self._ray = ray
        self._connect(address)
        self._needs = {'CPU': cpus, 'GPU': gpus}
        self._looked, self._window = 0.0, 0
        self._running: dict[Any, Task] = {}
        self._settings = ray.put(settings)
        self._factory = factory
        self._batch = self._settings.hex()
        self._do = ray.remote(do_task).options(
            num_cpus=cpus, num_gpus=gpus, max_retries=ATTEMPTS - 1
        )

    def _connect(self, address: str) -> None:
        options = {'logging_level': logging.ERROR, 'log_to_driver': False}
        try:
            self._ray.init(address=address, **options)
        except ConnectionError as error:
            if address != AUTO:
                raise BatchError(f'the cluster {address} cannot be reached: {error}') from error
            self._ray.init(include_dashboard=False, **options)
        except (RuntimeError, ValueError) as error:
            raise BatchError(f'the cluster {address} cannot be used: {error}') from error

    def room(self) -> int:
        if monotonic() - self._looked > LOOK or not self._window:
            self._looked = monotonic()
            has = self._ray.cluster_resources()
            slots = min(has.get(kind, 0) // need for kind, need in self._needs.items() if need)
            self._window = AHEAD * max(1, int(slots))
        return max(0, self._window - len(self._running))

    def submit(self, task: Task) -> None:
        reference = self._do.remote(self._batch, self._factory, self._settings, task)
        self._running[reference] = task

    def events(self, timeout: float) -> list[Event]:
        running = list(self._running)
        ready, _ = self._ray.wait(running, num_returns=1, timeout=timeout)
        if ready:  # and what else is
            ready, _ = self._ray.wait(running, num_returns=len(running), timeout=0)
        return [event for reference in ready for event in self._events_of(reference)]

    def _events_of(self, reference: Any) -> list[Event]:  # noqa: ANN401
        task = self._running.pop(reference)
        try:
            events = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            reason = ' '.join(str(error).split())
            return [Failed(task, f'its worker died {ATTEMPTS} times: {reason}')]
        for event in events:
            if isinstance(event, BatchError):
                raise event
        return events

    def close(self) -> None:
        for reference in self._running:
            with suppress(Exception):  # it may have ended, with its worker or node
                self._ray.cancel(reference, force=True)
        self._running.clear()
        self._ray.shutdown()
