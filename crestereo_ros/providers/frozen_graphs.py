# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Graphs of fixed size for what a matcher needs, made while it goes on without them."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace
import logging
from pathlib import Path
from threading import Condition, Thread
from typing import NamedTuple

from crestereo_ros.errors import CrestereoError
from crestereo_ros.freezing import (
    FreezeJob,
    FreezingError,
    FrozenCache,
    IDENTITY,
    Target,
)
from crestereo_ros.models.checksums import digest_of
from crestereo_ros.models.contracts import Contract, contract_of
from crestereo_ros.models.description import Description
from crestereo_ros.models.errors import NotStereoModelError
from crestereo_ros.models.model_files import cache_directory
from crestereo_ros.processes import ModuleRunner
from crestereo_ros.providers.engine import Engine, next_best
from crestereo_ros.providers.node_placement import Placement
from crestereo_ros.providers.opening import (
    check_engine,
    check_libraries,
    open_session,
    OpenSession,
)
from crestereo_ros.providers.session_runner import Runner, runner_of
from crestereo_ros.providers.sessions import inspected
from crestereo_ros.providers.trial import (
    check_agreement,
    has_agreed,
    keep_agreement,
    TrialKey,
)

#: Providers that get graphs of fixed size. OpenVINO cannot open a loop, and TensorRT builds an
#: engine for each size. The CPU is 3 to 5 % faster with them, which is not worth the memory; on
#: CUDA they were not measured.
FREEZES = 'openvino', 'tensorrt'
MOST_OPEN = 3  # such as the sizes and iterations that a limit of the latency alternates between

_logger = logging.getLogger(__name__)


class Graph(NamedTuple):
    """How to run a graph that is ready."""

    contract: Contract
    run_once: Runner
    provider: str
    placement: Placement | None


def open_flexible_session(
    path: Path, engine: Engine, description: Description | None = None
) -> OpenSession:
    """
    Open a model file as `open_session` does; one that is to be frozen with what runs it meanwhile.

    :raises StereoError: see `open_session`
    """
    check_engine(engine)
    if engine.provider not in FREEZES or not _has_passes(path, description):
        return open_session(path, engine, description=description)
    check_libraries(engine)
    return open_session(path, next_best(engine))


def _has_passes(path: Path, description: Description | None) -> bool:
    session = inspected(path)
    with suppress(NotStereoModelError):  # whoever opens it reports the error
        return session is not None and contract_of(session, path, description).has_passes
    return False


def frozen_graphs_of(
    path: Path, opened: OpenSession, contract: Contract, asked: Engine
) -> FrozenGraphs | None:
    """
    Return the frozen graphs for a model, None where they are of no use.

    :param opened: the model, as `open_flexible_session` opened it
    :param asked: the engine that was asked for. 'auto' gets none: on a CPU, OpenVINO gains
        little, see docs/frozen_graphs.md
    """
    if asked.provider not in FREEZES or not contract.has_passes:
        return None
    return FrozenGraphs(path, opened, contract, asked)


class FrozenGraphs:
    """
    The frozen graphs of one model on one engine.

    Graphs are made one after another, each in a process of its own, and opened in a thread. While
    a session is opened, ONNX Runtime keeps other threads of Python from running: for OpenVINO
    two seconds. TensorRT's engines are built in another process.

    :param model: the file
    :param flexible: the file as it is run meanwhile; a graph has to agree with it
    :param contract: of the file
    :param engine: what is to run the graphs
    """

    def __init__(
        self, model: Path, flexible: OpenSession, contract: Contract, engine: Engine
    ) -> None:
        self._model = model
        self._digest = digest_of(model)
        self._flexible = flexible
        self._contract = contract
        self._engine = engine
        self._cache = FrozenCache(cache_directory('frozen'))
        self._processes = ModuleRunner()
        self._changed = Condition()
        self._ready: OrderedDict[Target, Graph] = OrderedDict()
        self._failed: set[Target] = set()
        self._making: Target | None = None
        self._closed = False

    def find(
        self, size: tuple[int, int], iterations: int, takes_start: bool, wait: bool
    ) -> Graph | None:
        """
        Return the graph for a match; None while there is none, in which case one is being made.

        :param size: (height, width) of the network's input
        :param iterations: of the match
        :param takes_start: whether the match begins with an earlier disparity
        :param wait: wait until the graph is ready, or cannot be made
        """
        sizes = (size,) if takes_start else tuple(self._contract.sizes(size))
        precision = 'fp16' if self._engine.precision == 'fp16' else ''
        target = Target(sizes, iterations, takes_start, precision)
        with self._changed:
            while not (self._closed or target in self._ready or target in self._failed):
                if self._making is None:
                    self._making = target
                    Thread(target=self._make, args=[target], daemon=True).start()
                if not wait:
                    break
                self._changed.wait()
            if target in self._ready:
                self._ready.move_to_end(target)
            return self._ready.get(target)

    def close(self) -> None:
        """Make no further graphs; one that is being made is given up."""
        with self._changed:
            self._closed = True
            self._processes.stop()
            self._changed.notify_all()

    def _make(self, target: Target) -> None:
        name, provider = self._model.name, self._engine.provider
        graph = None
        try:
            graph = self._graph(target)
        except (CrestereoError, OSError) as error:
            if not self._closed:
                _logger.warning(
                    'Going on without %s for %s at %s: %s', provider, name, target, error
                )
        except Exception:
            _logger.exception('Going on without %s for %s at %s', provider, name, target)
        with self._changed:
            self._making = None
            if graph is None:
                self._failed.add(target)
            else:
                self._ready[target] = graph
                if len(self._ready) > MOST_OPEN:
                    self._ready.popitem(last=False)
            self._changed.notify_all()
        if graph is not None:
            _logger.info('%s runs on %s at %s from now on', name, provider, target)

    def _graph(self, target: Target) -> Graph:
        identity = self._cache.identity(self._digest, target)
        path = self._cache.path(identity)
        if path.exists():
            try:
                return self._opened(path, identity, target)
            except CrestereoError as error:
                if self._closed:
                    raise
                _logger.warning('%s is made anew, since it cannot be used: %s', path, error)
                self._cache.remove(path)
        self._build(target)
        return self._opened(path, identity, target)

    def _build(self, target: Target) -> None:
        job = FreezeJob(str(self._cache.folder), str(self._model.absolute()), self._digest, target)
        if failure := self._processes.run('crestereo_ros.freezing', job):
            raise FreezingError(failure)

    def _opened(self, path: Path, identity: str, target: Target) -> Graph:
        engine = replace(self._engine, compiled=self._cache.kept_beside(path))
        opened = open_session(path, engine, self._processes)
        session = opened.session
        if session.get_modelmeta().custom_metadata_map.get(IDENTITY) != identity:
            raise FreezingError(f'{path} is of another model, size or version')
        on = '-'.join(filter(None, (engine.provider, engine.device, engine.precision)))
        key = TrialKey.of(on, path)
        contract = contract_of(session, path)
        if not has_agreed(key):
            cpu = self._flexible.session
            check_agreement(session, engine, cpu, contract, self._contract, target.takes_start)
            keep_agreement(key)
        self._cache.use(path)
        runner = runner_of(session, engine, contract.outputs)
        return Graph(contract, runner, engine.provider, opened.placement)
