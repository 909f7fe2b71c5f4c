# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Execution providers of ONNX Runtime: which there are, and what really runs a model."""

from __future__ import annotations

from collections.abc import Mapping
import logging
from pathlib import Path

from crestereo_ros.matching.errors import NotOnnxError, ProviderError, SettingsError
from crestereo_ros.matching.model_files import cache_directory

try:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states
except ImportError as error:
    raise ImportError(
        f'onnxruntime cannot be imported ({error}): pip install onnxruntime, or onnxruntime-gpu '
        'for NVIDIA GPUs'
    ) from error

_OFFICIAL = {
    'cpu': 'CPUExecutionProvider',
    'cuda': 'CUDAExecutionProvider',
    'tensorrt': 'TensorrtExecutionProvider',
    'openvino': 'OpenVINOExecutionProvider',
}
PROVIDERS = ('auto', *_OFFICIAL)
_NEEDS = {
    'cpu': 'onnxruntime',
    'cuda': 'onnxruntime-gpu in place of onnxruntime, with the CUDA and cuDNN it was built for',
    'tensorrt': 'onnxruntime-gpu in place of onnxruntime, with TensorRT and CUDA',
    'openvino': 'onnxruntime-openvino in place of onnxruntime',
}
# TensorRT builds its engines for minutes, so it is only taken when named.
_AUTO = ('cuda', 'openvino', 'cpu')
# They multiply float32 in TF32, with the eleven bits of half precision.
_SHORT_NUMBERS = ('cuda', 'tensorrt')
# Errors of ONNX Runtime that are the file's fault, whatever the provider.
_UNREADABLE = (states.InvalidProtobuf, states.InvalidGraph)

_logger = logging.getLogger(__name__)


def available_providers() -> list[str]:
    """Names of the providers that the installed ONNX Runtime was built with."""
    built = onnxruntime.get_available_providers()
    return [name for name, official in _OFFICIAL.items() if official in built]


def check_provider(provider: str) -> None:
    """
    Check that a provider can be asked for.

    :raises ProviderError: where it is none of `PROVIDERS`, or not available
    """
    if provider not in PROVIDERS:
        raise ProviderError(f'there is no provider {provider!r}, only {", ".join(PROVIDERS)}')
    if provider != 'auto' and provider not in available_providers():
        raise ProviderError(
            f'provider {provider} is not in the installed ONNX Runtime; {_available()}. '
            f'Install {_NEEDS[provider]}'
        )


def open_session(
    path: Path, provider: str, threads: int
) -> tuple[onnxruntime.InferenceSession, str]:
    """
    Open a model file and return its session and the name of the provider that runs it.

    :param path: of the file
    :param provider: one of `PROVIDERS`; 'auto' is the first of CUDA, OpenVINO and CPU that opens
        the model
    :param threads: 0 leaves their number to ONNX Runtime
    :raises ProviderError: where a provider named outright is not available, or ONNX Runtime falls
        back to another
    :raises NotOnnxError: where the file cannot be read
    :raises SettingsError: for `threads`
    """
    check_provider(provider)
    if threads < 0:
        raise SettingsError(f'threads must be 0 (ONNX Runtime chooses) or more: {threads}')
    if provider != 'auto':
        return _open(path, provider, threads), provider
    *accelerators, cpu = [name for name in _AUTO if name in available_providers()]
    for name in accelerators:
        try:
            return _open(path, name, threads), name
        except ProviderError as error:
            _logger.warning('Going on without %s: %s', name, error)
    return _open(path, cpu, threads), cpu


def _open(path: Path, provider: str, threads: int) -> onnxruntime.InferenceSession:
    try:
        session = onnxruntime.InferenceSession(
            str(path), _options(threads), providers=provider_chain(provider)
        )
    except _UNREADABLE as error:
        raise NotOnnxError(f'{path} is no ONNX file: {error}') from error
    except Exception as error:
        # OpenVINO's errors begin with a stack trace.
        reason = str(error).strip().splitlines()[-1]
        if provider == 'cpu':
            raise NotOnnxError(f'ONNX Runtime cannot open {path}: {reason}') from error
        raise ProviderError(
            f'provider {provider} cannot run {path}; {_available()}. It says: {reason}'
        ) from error
    if session.get_providers()[0] != _OFFICIAL[provider]:
        raise ProviderError(
            f'provider {provider} does not start on this machine; {_available()}. '
            f'It needs {_NEEDS[provider]}'
        )
    check_device(session.get_modelmeta().custom_metadata_map, provider, path)
    # Else a provider that fails in a run is replaced by another without a word.
    session.disable_fallback()
    return session


def check_device(metadata: Mapping[str, str], provider: str, path: Path) -> None:
    """
    Check that a file is not for another device.

    :param metadata: of the file
    :param provider: what is to run it
    :param path: of the file
    :raises ProviderError: for a GPU, where the metadata says that the file is for a CPU
    """
    if metadata.get('crestereo.device') == 'cpu' and provider in _SHORT_NUMBERS:
        raise ProviderError(
            f'{path} was made for the CPU, and provider {provider} would compute it with too few '
            'digits: import it again with --for gpu'
        )


def _available() -> str:
    return f'available: {", ".join(available_providers())}'


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin while they wait take the cores from whoever else has work to do.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    options.log_severity_level = 4  # What fails comes as an exception.
    return options


def provider_chain(provider: str) -> list[tuple[str, dict]]:
    """
    List a provider, and those for what it cannot do.

    :returns: official names and options, as `onnxruntime.InferenceSession` takes them
    """
    names = {'tensorrt': ['tensorrt', 'cuda', 'cpu'], 'cpu': ['cpu']}.get(
        provider, [provider, 'cpu']
    )
    return [(_OFFICIAL[name], _engine_cache() if name == 'tensorrt' else {}) for name in names]


def _engine_cache() -> dict:
    # onnxruntime.ai/docs/execution-providers/TensorRT-ExecutionProvider.html
    directory = cache_directory('tensorrt')
    directory.mkdir(parents=True, exist_ok=True)
    _logger.info('TensorRT builds an engine for each new size, for minutes; see %s', directory)
    return {'trt_engine_cache_enable': True, 'trt_engine_cache_path': str(directory)}
