# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Workers on a cluster of Ray."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, ExitStack, redirect_stdout, suppress
import logging
import os
from pathlib import Path
import re
import signal
import socket
import tempfile
from time import monotonic
from typing import Any
from warnings import catch_warnings, simplefilter

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.tasks import ATTEMPTS, Event, Executor, Failed, Task, Warned, Work
from crestereo_ros.batch.worker import do, make_work, SendWarnings

AUTO = 'auto'
LOCAL = 'local'
AHEAD = 2  # tasks that are submitted for each that can run, so that a cluster sees what it lacks
LOOK = 5.0  # s between two looks at the size of the cluster
PATIENCE = 10.0  # s for a cluster to answer
LAST_LOOK = 1.0  # s for tasks to end that are cancelled
PORTS = 'as a rule HOST:6379 in the cluster, ray://HOST:10001 from elsewhere'
INSTALL = 'pip install "ray[client]>=2.40" (the extra `ray`)'

_works: dict[str, Work] = {}  # in a worker: of the batch that it works for


def do_task(
    batch: str,
    factory: str,
    settings: list[Any],
    task: Task,
) -> list[Event | BatchError]:
    """
    Do a task in a worker of Ray, which keeps the model for the next one.

    :param batch: tells batches apart, since workers of Ray outlive them
    :param settings: one reference, so that the model in them is fetched once for each worker
    :returns: what happened; at last how it ended
    """
    events: list[Event | BatchError] = []
    warnings = SendWarnings(events.append)
    warnings.task = task
    logger = logging.getLogger('crestereo_ros')
    logger.addHandler(warnings)
    try:
        if batch not in _works:
            import ray

            _works.clear()
            _works[batch] = make_work(factory, ray.get(settings[0]))
    except Exception as error:
        return [BatchError(f'a worker on {socket.gethostname()} cannot start: {error}')]
    else:
        end = do(_works[batch], task, lambda event: None)
        return [*events, end]
    finally:
        logger.removeHandler(warnings)


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
        :param address: that of a cluster, such as ray://head:10001 or head:6379; `auto` for the
            one that this machine belongs to, or else a new one; `local` for a new one
        :param cpus, gpus: what a task needs; GPUs may be a share of one
        :raises BatchError: if Ray is missing, or the cluster cannot be used
        """
        self._address = _resolved(address)
        os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
        # By itself, Ray would never give up a task that takes too much memory.
        os.environ.setdefault('RAY_task_oom_retries', str(ATTEMPTS - 1))
        if self._address != LOCAL:  # which answers already
            os.environ.setdefault('RAY_NUM_REDIS_GET_RETRIES', '2')
        try:
            import ray
        except ImportError as error:
            raise BatchError(f'--ray needs Ray ({error}): {INSTALL}') from error
        self._ray = ray
        self._needs = {kind: need for kind, need in (('CPU', cpus), ('GPU', gpus)) if need}
        self._looked, self._window, self._lacks = 0.0, 0, False
        self._running: dict[Any, Task] = {}
        self._warnings: list[Event] = []
        self._factory = factory
        # The workers stay: `ray.remote(num_gpus=...)` would end each after one task.
        self._do = ray.remote(do_task).options(
            num_cpus=cpus, num_gpus=gpus, max_retries=ATTEMPTS - 1
        )
        with ExitStack() as stack:
            # Ray prints there what it does again.
            nowhere = stack.enter_context(open(os.devnull, 'w'))
            stack.enter_context(redirect_stdout(nowhere))
            stack.callback(ray.shutdown)
            self._connect()
            self._settings = ray.put(settings)
            self._batch = self._settings.hex()
            self._cluster = stack.pop_all()

    def _connect(self) -> None:
        options: dict[str, Any] = {'logging_level': logging.ERROR, 'log_to_driver': False}
        if self._address == LOCAL:
            options['include_dashboard'] = False
        handler = signal.getsignal(signal.SIGTERM)
        try:
            with catch_warnings():
                simplefilter('ignore')
                self._join(options)
        except (ConnectionError, ImportError, RuntimeError, ValueError) as error:
            lines = str(error).strip().splitlines()
            reason = lines[-1] if 'Traceback' in str(error) else ' '.join(lines)
            raise BatchError(
                f'the cluster {self._address} cannot be used: {reason} ({PORTS})'
            ) from error
        finally:
            signal.signal(signal.SIGTERM, handler)  # which Ray has replaced

    def _join(self, options: dict[str, Any]) -> None:
        # A busy head sometimes fails to start the process that serves a client.
        for _ in range(ATTEMPTS - 1):
            with suppress(ConnectionAbortedError):
                self._ray.init(address=self._address, **options)
                return
            self._ray.shutdown()
        self._ray.init(address=self._address, **options)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """
        Do something with the cluster.

        :raises BatchError: if it has gone, for which clients get one of many errors
        """
        try:
            yield
        except BatchError:
            raise
        except Exception as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise BatchError(f'the cluster {self._address} is lost: {reason}') from error

    def room(self) -> int:
        if monotonic() - self._looked > LOOK or not self._window:
            self._looked = monotonic()
            with self._reached():
                self._window = AHEAD * max(1, self._slots())
        return max(0, self._window - len(self._running))

    def _slots(self) -> int:
        """Return how many tasks the nodes have room for at a time; warn if that is none."""
        nodes = [node['Resources'] for node in self._ray.nodes() if node['Alive']]
        slots = sum(
            int(min(node.get(kind, 0) / need for kind, need in self._needs.items()))
            for node in nodes
        )
        if not slots and not self._lacks:
            needs = ' and '.join(f'{need:g} {kind}' for kind, need in self._needs.items())
            if self._address == LOCAL:
                raise BatchError(
                    f'this machine does not have {needs} for a task: lower --threads or --gpus'
                )
            text = f'no node of the cluster has {needs} for a task: all wait until one joins'
            self._warnings.append(Warned(None, text))
        self._lacks = not slots
        return slots

    def submit(self, task: Task) -> None:
        with self._reached():
            reference = self._do.remote(self._batch, self._factory, [self._settings], task)
        self._running[reference] = task

    def events(self, timeout: float) -> list[Event]:
        events, self._warnings = self._warnings, []
        running = list(self._running)
        with self._reached():
            ready, _ = self._ray.wait(running, num_returns=1, timeout=0 if events else timeout)
            if ready:  # and what else is
                ready, _ = self._ray.wait(running, num_returns=len(running), timeout=0)
            return events + [event for reference in ready for event in self._events_of(reference)]

    def _events_of(self, reference: Any) -> list[Event]:  # noqa: ANN401
        task = self._running.pop(reference)
        try:
            events = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:  # before `do_task` could begin
            reason = str(error).strip().splitlines()[-1]
            raise BatchError(f'a worker cannot start: {reason}') from error
        except self._ray.exceptions.RayError as error:
            reason = ' '.join(str(error).split()).split('. ')[0]  # advice follows, in many words
            return [Failed(task, f'its worker died {ATTEMPTS} times: {reason}', False, str(error))]
        for event in events:
            if isinstance(event, BatchError):
                raise event
        return events

    def close(self) -> None:
        with suppress(Exception):  # the cluster may have gone
            for reference in self._running:
                self._ray.cancel(reference, force=True)
            running = list(self._running)
            if running:  # so that nobody works any more in what is removed now
                self._ray.wait(running, num_returns=len(running), timeout=LAST_LOOK)
        self._running.clear()
        self._cluster.close()


def _resolved(address: str) -> str:
    """
    Return the address of a cluster that answers, or `local` if there is none for `auto`.

    Ray itself tries for minutes, and takes for `auto` also what another batch has started for
    itself alone.

    :raises BatchError: if the cluster that an address names does not answer
    """
    named = os.environ.get('RAY_ADDRESS', '') if address == AUTO else address
    started = Path(
        os.environ.get('RAY_TMPDIR') or tempfile.gettempdir(), 'ray/ray_current_cluster'
    )
    with suppress(OSError):
        address = named or started.read_text().strip()
    match = re.fullmatch(r'(?:ray://)?\[?([^/]+?)\]?:(\d+)', address)
    if match:
        try:
            socket.create_connection((match[1], int(match[2])), PATIENCE).close()
        except (OSError, OverflowError) as error:
            if named:
                raise BatchError(
                    f'the cluster {address} does not answer: {error}: is its head started?'
                ) from error
            return LOCAL
    return LOCAL if address == AUTO else address
