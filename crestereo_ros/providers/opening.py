# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Execution providers of ONNX Runtime: which are available, and what really runs a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
import hashlib
import json
import logging
import os
from pathlib import Path
import re

from crestereo_ros.errors import SettingsError
from crestereo_ros.models.checksums import check_record, digest_of
from crestereo_ros.models.contracts import contract_of
from crestereo_ros.models.description import Description
from crestereo_ros.models.errors import NotOnnxError
from crestereo_ros.models.model_files import cache_directory
from crestereo_ros.processes import ModuleRunner
from crestereo_ros.providers.engine import (
    Engine,
    NVIDIA,
    OFFICIAL_NAMES,
)
from crestereo_ros.providers.engine_builds import (
    announced_build,
    build_apart,
    clear_engines,
    is_built,
)
from crestereo_ros.providers.errors import ProviderError
from crestereo_ros.providers.libraries import (
    driver_and_gpus,
    load_libraries,
    missing_library,
    tensorrt_version,
)
from crestereo_ros.providers.node_placement import Placement, placement_of
from crestereo_ros.providers.plugins import plugin_devices, plugin_problem
from crestereo_ros.providers.runtime import onnxruntime, states
from crestereo_ros.providers.sessions import (
    create_session,
    fixed_size,
    reason_of,
    unknown_operator,
)
from crestereo_ros.providers.trial import (
    check_agreement,
    has_agreed,
    keep_agreement,
    TrialKey,
)

_NEEDS = {
    'cpu': 'onnxruntime',
    'cuda': "onnxruntime-gpu[cuda,cudnn] in place of onnxruntime, and NVIDIA's driver",
    'tensorrt': "onnxruntime-gpu[cuda,cudnn] in place of onnxruntime, TensorRT, NVIDIA's driver",
    'openvino': 'onnxruntime-ep-openvino, or onnxruntime-openvino in place of onnxruntime',
    'tensorrt_rtx': 'onnxruntime-ep-nv-tensorrt-rtx',
    'webgpu': 'onnxruntime-ep-webgpu',
}
# Both kinds of TensorRT build engines first, TensorRT for minutes, so they are only used by name.
_AUTO = ('cuda', 'openvino', 'webgpu', 'cpu')
# Drivers of GPUs differ too much, so these have to pass the trial even if they are named.
_TRIED = 'tensorrt_rtx', 'webgpu'
PAGE = 'docs/where_it_runs.md'

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenSession:
    """
    An open session.

    `engine`: how it runs, with the provider that really runs it. `placement`: how many nodes that
    provider runs, None for the CPU and if ONNX Runtime does not say.
    """

    session: onnxruntime.InferenceSession
    engine: Engine
    placement: Placement | None


def available_providers() -> list[str]:
    """Return the providers of the installed ONNX Runtime, and of plugins that offer a device."""
    built = onnxruntime.get_available_providers()
    return [
        name
        for name, official in OFFICIAL_NAMES.items()
        if official in built or plugin_devices(name)
    ]


def check_engine(engine: Engine) -> None:
    """
    Check that an engine can be used.

    :raises ProviderError: if its options do not fit together, or its provider is not available
    :raises SettingsError: for an invalid number of threads
    """
    engine.check()
    provider = engine.provider
    if provider != 'auto' and provider not in available_providers():
        if problem := plugin_problem(provider):
            raise ProviderError(f'provider {provider} cannot run: {problem}; {_available()}')
        raise ProviderError(
            f'provider {provider} is not in the installed ONNX Runtime; {_available()}. '
            f'Install {_NEEDS[provider]}'
        )
    if engine.threads < 0:
        raise SettingsError(f'threads must be 0 (ONNX Runtime chooses) or more: {engine.threads}')


def check_libraries(engine: Engine) -> None:
    """
    Check that the libraries of a provider can be loaded.

    :raises ProviderError: if they cannot; the text says what to install
    """
    load_libraries(engine.provider)
    if missing_library(engine.provider):
        raise _not_started(engine)


def open_session(
    path: Path,
    engine: Engine,
    processes: ModuleRunner | None = None,
    description: Description | None = None,
) -> OpenSession:
    """
    Open a model file.

    :param path: the path of the file
    :param engine: how to run it. 'auto' is the first of CUDA, OpenVINO, WebGPU and CPU whose
        results agree with the CPU's: it has to run a pair through this file on this machine.
        WebGPU and TensorRT RTX always have to
    :param processes: runs the build of an engine, and may end it
    :param description: as for `contract_of`
    :raises ProviderError: if a provider requested by name is not available, or ONNX Runtime falls
        back to another
    :raises NotOnnxError: if the file cannot be read
    :raises ChangedFileError: if it is not the downloaded one
    :raises SettingsError: for an invalid number of threads
    """
    check_engine(engine)
    check_record(path)
    if engine.provider != 'auto':
        opened = _open(path, engine, processes)
        if engine.provider in _TRIED:
            _try(opened, path, description)
        return opened
    *accelerators, cpu = _AUTO
    available = available_providers()
    for name in accelerators:
        if name not in available:
            if problem := plugin_problem(name):
                _logger.warning('Continuing without %s: %s. See %s', name, problem, PAGE)
            continue
        try:
            opened = _open(path, replace(engine, provider=name))
            _try(opened, path, description)
            return opened
        except ProviderError as error:
            # OpenVINO uses frozen graphs of a file that it cannot open, see `FrozenGraphs`.
            expected = name == 'openvino' and not fixed_size(path)
            level = logging.INFO if expected else logging.WARNING
            _logger.log(level, 'Continuing without %s: %s. See %s', name, error, PAGE)
    return _open(path, replace(engine, provider=cpu))


def _try(opened: OpenSession, path: Path, description: Description | None) -> None:
    """Raise a ProviderError unless the results of a session agree, or once agreed, with a CPU."""
    key = TrialKey.of(opened.engine.provider, path)
    if not has_agreed(key):
        cpu = _open(path, replace(opened.engine, provider='cpu', device='', precision=''))
        contract = contract_of(opened.session, path, description)
        check_agreement(opened.session, opened.engine, cpu.session, contract, contract)
        keep_agreement(key)


def _open(path: Path, engine: Engine, processes: ModuleRunner | None = None) -> OpenSession:
    provider = engine.provider
    load_libraries(provider)
    engines = _engines_folder(path, engine) if provider == 'tensorrt' else None
    try:
        session = _session(path, engine, engines, processes or ModuleRunner())
    except Exception as error:
        if path.is_file() and not path.stat().st_size:
            raise NotOnnxError(f'{path} is empty: download or copy it again') from error
        if operator := unknown_operator(error):
            raise NotOnnxError(
                f'{path} needs the operator {operator}, which ONNX Runtime does not have. A '
                'network that needs a plugin of TensorRT, such as ESS, cannot be run: export it '
                'with standard operators'
            ) from error
        if re.search('external data|should be stored in', str(error), re.IGNORECASE):
            raise NotOnnxError(
                f'{path} keeps its weights in a file beside it, which is missing or damaged: copy '
                f'both. ONNX Runtime says: {reason_of(error)}'
            ) from error
        if isinstance(error, states.InvalidProtobuf | states.InvalidGraph):
            raise NotOnnxError(f'{path} is not an ONNX file: {error}') from error
        if provider == 'cpu':
            raise NotOnnxError(f'ONNX Runtime cannot open {path}: {reason_of(error)}') from error
        if missing_library(provider):
            raise _not_started(engine) from error
        raise ProviderError(
            f'provider {provider} cannot run {path}; {_available()}. It says: {reason_of(error)}'
        ) from error
    if session.get_providers()[0] != OFFICIAL_NAMES[provider]:
        raise _not_started(engine)
    check_device(session.get_modelmeta().custom_metadata_map, provider, path)
    return OpenSession(session, engine, _placement(session, provider, path))


def _session(
    path: Path, engine: Engine, engines: Path | None, processes: ModuleRunner
) -> onnxruntime.InferenceSession:
    if engine.provider != 'tensorrt':
        return create_session(path, engine, None)
    size = fixed_size(path)

    def session() -> onnxruntime.InferenceSession:
        with announced_build(engines, size):
            if engines and not is_built(engines, size):
                build_apart(path, engine, engines, processes)
            return create_session(path, engine, engines)

    try:
        return session()
    except Exception:
        # A broken engine, such as one that was only half written, is not a reason to fail.
        if not engines or not clear_engines(engines):
            raise
        return session()


def check_device(metadata: Mapping[str, str], provider: str, path: Path) -> None:
    """
    Check that a file is not meant for another device.

    :param metadata: the metadata of the file
    :param provider: the provider that will run it
    :param path: the path of the file
    :raises ProviderError: for a GPU, if the metadata says that the file is for a CPU
    """
    if metadata.get('crestereo.device') == 'cpu' and provider in NVIDIA:
        raise ProviderError(
            f'{path} was made for the CPU, and provider {provider} would compute with too few '
            'digits: import it again with --for gpu'
        )


def _placement(
    session: onnxruntime.InferenceSession, provider: str, path: Path
) -> Placement | None:
    if provider == 'cpu':
        return None
    placement = placement_of(session, OFFICIAL_NAMES[provider])
    if placement is not None:
        if placement.problem:
            _logger.warning(
                'Provider %s runs %s of %s, so it may be slow: %s. See %s',
                provider,
                placement,
                path.name,
                placement.problem,
                PAGE,
            )
        else:
            _logger.info('Provider %s runs %s of %s', provider, placement, path.name)
    return placement


def _not_started(engine: Engine) -> ProviderError:
    provider = engine.provider
    reason = missing_library(provider) or f'it needs {_NEEDS[provider]}'
    if engine.device:
        reason += f', and device {engine.device}'
    return ProviderError(
        f'provider {provider} does not start on this machine: {reason}; {_available()}'
    )


def _available() -> str:
    return f'available: {", ".join(available_providers())}'


def _engines_folder(path: Path, engine: Engine) -> Path | None:
    """
    Return the folder for TensorRT's engines of a file, None if it cannot be written.

    An engine works with only one version of everything, see
    onnxruntime.ai/docs/execution-providers/TensorRT-ExecutionProvider.html. So each has a folder.
    """
    versions = onnxruntime.__version__, tensorrt_version(), driver_and_gpus()
    key = json.dumps([digest_of(path), *versions, engine.device, engine.precision])
    timings = cache_directory('tensorrt')
    folder = (engine.compiled or timings) / hashlib.sha256(key.encode()).hexdigest()[:16]
    try:
        for x in (timings, folder):
            x.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # `make_room` removes the least recently used ones
    except OSError as error:
        _logger.warning('TensorRT rebuilds its engines at each start: %s', error)
        return None
    return folder
