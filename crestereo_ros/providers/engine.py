# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
How to run a network, and the options of each execution provider for it.

For the options, see the pages on CUDA and TensorRT in onnxruntime.ai/docs/execution-providers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import re

from crestereo_ros.models.model_files import cache_directory
from crestereo_ros.providers.errors import ProviderError

OFFICIAL_NAMES = {
    'cpu': 'CPUExecutionProvider',
    'cuda': 'CUDAExecutionProvider',
    'tensorrt': 'TensorrtExecutionProvider',
    'openvino': 'OpenVINOExecutionProvider',
    'tensorrt_rtx': 'NvTensorRTRTXExecutionProvider',
    'webgpu': 'WebGpuExecutionProvider',
}
PROVIDERS = ('auto', *OFFICIAL_NAMES)
PRECISIONS = ('', 'fp32', 'fp16')
NVIDIA = ('cuda', 'tensorrt')
# Each provider with its fallbacks.
_CHAINS = {
    'cpu': ('cpu',),
    'cuda': ('cuda', 'cpu'),
    'tensorrt': ('tensorrt', 'cuda', 'cpu'),
    'openvino': ('openvino', 'cpu'),
    'tensorrt_rtx': ('tensorrt_rtx', 'cpu'),
    'webgpu': ('webgpu', 'cpu'),
}
_DEVICES = {
    'cuda': r'\d+',
    'tensorrt': r'\d+',
    'openvino': r'(CPU|GPU|NPU)(\.\d+)?',
    'cpu': r'(?!)',
    'tensorrt_rtx': r'(?!)',
    'webgpu': r'(?!)',
}
_DEVICE_EXAMPLES = {
    'cuda': 'the number of a GPU, such as 0',
    'tensorrt': 'the number of a GPU, such as 0',
    'openvino': 'CPU, GPU or NPU',
    'cpu': 'empty',
    'tensorrt_rtx': 'empty',
    'webgpu': 'empty',
}
# For the tactics that TensorRT tries. Enough for the convolutions of the published network at
# 720x1280. Without a limit, TensorRT takes all the memory that a Jetson's CPU and GPU share.
BUILDER_WORKSPACE = 2 * 1024**3  # bytes


@dataclass(frozen=True)
class Engine:
    """
    How to run a network.

    `provider`: one of `PROVIDERS`. `threads`: number of CPU threads, 0 for ONNX Runtime's choice.
    `device`: the number of a GPU for CUDA and TensorRT; CPU, GPU or NPU for OpenVINO; empty for
    the first. `precision`: 'fp32', 'fp16', or '' for the provider's default: CUDA and TensorRT
    multiply float32 in TF32, with the eleven bits of half precision. `cuda_graph`: whether CUDA
    and TensorRT replay a recorded sequence of work, which needs a file of fixed size. `compiled`:
    folder for what is compiled from this file. With None, OpenVINO keeps nothing, and TensorRT
    keeps its engines in the user's cache.
    """

    provider: str = 'auto'
    threads: int = 0
    device: str = ''
    precision: str = ''
    cuda_graph: bool = False
    compiled: Path | None = None

    def check(self) -> None:
        """
        Check that the options fit together, whatever is installed.

        :raises ProviderError: if they do not; the text says what does
        """
        name = self.provider
        if name not in PROVIDERS:
            raise ProviderError(f'there is no provider {name!r}, only {", ".join(PROVIDERS)}')
        if self.precision not in PRECISIONS:
            raise ProviderError(
                f'precision must be fp32, fp16 or empty for the default: {self.precision}'
            )
        if name == 'auto':
            if self.device or self.precision or self.cuda_graph:
                raise ProviderError(
                    'device, precision and cuda_graph need the name of a provider, not auto'
                )
            return
        if self.device and not re.fullmatch(_DEVICES[name], self.device):
            raise ProviderError(
                f'device of provider {name} must be {_DEVICE_EXAMPLES[name]}: {self.device}'
            )
        if self.precision == 'fp16' and name not in ('tensorrt', 'openvino'):
            raise ProviderError(
                f'provider {name} computes in the number formats of the model file: choose a '
                'model in half precision, such as crestereo_compact_fp16, and no precision'
            )
        if self.cuda_graph and name not in NVIDIA:
            raise ProviderError(f'provider {name} has no cuda_graph, only {" and ".join(NVIDIA)}')


def provider_chain(engine: Engine, engines: Path | None) -> list[tuple[str, dict[str, str]]]:
    """
    List a provider and its fallbacks, with their options.

    :param engine: with a provider other than 'auto'
    :param engines: folder for TensorRT's engines; None to build them each time
    :returns: official names and options, as `onnxruntime.InferenceSession` takes them
    """
    options = {
        'cpu': {},
        'cuda': _cuda(engine),
        'tensorrt': _tensorrt(engine, engines),
        'openvino': _openvino(engine),
        'tensorrt_rtx': {},
        'webgpu': {},
    }
    return [(OFFICIAL_NAMES[name], options[name]) for name in _CHAINS[engine.provider]]


def plugin_options(engine: Engine) -> dict[str, str]:
    """Return the options of a provider that is a plugin, whose device is chosen apart."""
    options = dict(provider_chain(engine, None)[0][1])
    options.pop('device_type', None)
    return options


def next_best(engine: Engine) -> Engine:
    """
    Return the engine that replaces a failed one.

    :param engine: with a provider other than 'auto' and 'cpu'
    """
    name = _CHAINS[engine.provider][1]
    return Engine(name, engine.threads, engine.device if name in NVIDIA else '')


def _cuda(engine: Engine) -> dict[str, str]:
    return {
        'device_id': engine.device or '0',
        'use_tf32': _flag(engine.precision != 'fp32'),
        # A search by trial runs again for each new size, and sizes follow the images and the load.
        'cudnn_conv_algo_search': 'HEURISTIC',
        # With powers of two, a second size may take twice the memory that it needs.
        'arena_extend_strategy': 'kSameAsRequested',
        'enable_cuda_graph': _flag(engine.cuda_graph and engine.provider == 'cuda'),
    }


def _tensorrt(engine: Engine, engines: Path | None) -> dict[str, str]:
    options = {
        'device_id': engine.device or '0',
        'trt_fp16_enable': _flag(engine.precision == 'fp16'),
        'trt_max_workspace_size': str(BUILDER_WORKSPACE),
        'trt_cuda_graph_enable': _flag(engine.cuda_graph),
    }
    if engines is not None:
        options |= {
            'trt_engine_cache_enable': 'True',
            'trt_engine_cache_path': str(engines),
            'trt_timing_cache_enable': 'True',
            # Shared by all models on this GPU.
            'trt_timing_cache_path': str(cache_directory('tensorrt')),
        }
    return options


def _openvino(engine: Engine) -> dict[str, str]:
    # onnxruntime.ai/docs/execution-providers/OpenVINO-ExecutionProvider.html
    device = engine.device or 'CPU'
    options = {'device_type': device}
    if not device.startswith('CPU'):  # the CPU has only one precision
        precisions = {'fp32': 'FP32', 'fp16': 'FP16'}
        options |= {'precision': precisions[engine.precision]} if engine.precision else {}
    elif engine.threads:
        options['num_of_threads'] = str(engine.threads)
    if engine.compiled is not None:
        options['cache_dir'] = str(engine.compiled)
    return options


def _flag(value: bool) -> str:
    # CUDA also accepts 1 and 0, TensorRT only these.
    return 'True' if value else 'False'
