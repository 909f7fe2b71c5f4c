# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds graphs of fixed size for a matcher, which works without them meanwhile."""

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

#: Providers that use graphs of fixed size. OpenVINO cannot open a loop, and TensorRT builds an
#: engine for each size. They make the CPU 3 to 5 % faster, which is not worth the memory. They
#: were not measured on CUDA.
FREEZES = 'openvino', 'tensorrt'
MAX_OPEN = 3  # for example for the efforts that a latency limit alternates between

_logger = logging.getLogger(__name__)


class Graph(NamedTuple):
    """A graph that is ready to run."""

    contract: Contract
    run_once: Runner
    provider: str
    placement: Placement | None


def open_flexible_session(
    path: Path, engine: Engine, description: Description | None = None
) -> OpenSession:
    """
    Open a model file like `open_session`; one that is to be frozen with what runs it for now.

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
    Return the frozen graphs for a model, None if they would be of no use.

    :param opened: the model, as `open_flexible_session` opened it
    :param asked: the requested engine. 'auto' gets none: on a CPU, OpenVINO gains little, see
        docs/frozen_graphs.md
    """
    if asked.provider not in FREEZES or not contract.has_passes:
        return None
    return FrozenGraphs(path, opened, contract, asked)


class FrozenGraphs:
    """
    The frozen graphs of one model on one engine.

    Graphs are built one after another, each in a separate process, and opened in a thread. While
    a session is opened, ONNX Runtime stops the other Python threads: for two seconds with
    OpenVINO. So another process builds TensorRT's engines.

    :param model: the model file
    :param flexible: the session that runs the file meanwhile; a graph has to agree with it
    :param contract: the contract of the file
    :param engine: how to run the graphs
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
        Return the graph for a match, or None while it is being built.

        :param size: (height, width) of the network's input
        :param iterations: the iterations of the match
        :param takes_start: whether the match starts from an earlier disparity
        :param wait: whether to wait until the graph is ready or has failed
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
        """Build no more graphs, and abandon one in progress."""
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
                    'Continuing without %s for %s at %s: %s', provider, name, target, error
                )
        except Exception:
            _logger.exception('Continuing without %s for %s at %s', provider, name, target)
        with self._changed:
            self._making = None
            if graph is None:
                self._failed.add(target)
            else:
                self._ready[target] = graph
                if len(self._ready) > MAX_OPEN:
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
                _logger.warning('%s is rebuilt, because it cannot be used: %s', path, error)
                self._cache.remove(path)
        self._build(target)
        return self._opened(path, identity, target)

    def _build(self, target: Target) -> None:
        job = FreezeJob(str(self._cache.folder), str(self._model.absolute()), self._digest, target)
        if failure := self._processes.run('crestereo_ros.freezing', job):
            raise FreezingError(failure)

    def _opened(self, path: Path, identity: str, target: Target) -> Graph:
        engine = replace(self._engine, compiled=self._cache.compiled_folder(path))
        opened = open_session(path, engine, self._processes)
        session = opened.session
        if session.get_modelmeta().custom_metadata_map.get(IDENTITY) != identity:
            raise FreezingError(f'{path} belongs to another model, size or version')
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
