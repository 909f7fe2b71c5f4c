# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The shared libraries that the providers for NVIDIA GPUs need, and which are missing."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import io
from pathlib import Path
import re

from crestereo_ros.providers.runtime import onnxruntime

_LIBRARIES = {
    'cuda': 'libonnxruntime_providers_cuda.so',
    'tensorrt': 'libonnxruntime_providers_tensorrt.so',
}
# What to install, by the first library that cannot be loaded.
_BRINGS = (
    ('libcuda.so', "NVIDIA's driver for the GPU (in a container: --gpus all)"),
    (
        'libnvinfer',
        "TensorRT: pip install 'tensorrt-cu13-libs<11', or tensorrt-cu12-libs for CUDA 12",
    ),
    ('libcu', "CUDA and cuDNN: pip install 'onnxruntime-gpu[cuda,cudnn]'"),
)
_DRIVERS = '/proc/driver/nvidia/version', '/etc/nv_tegra_release'
_GPUS = '/proc/driver/nvidia/gpus'


def load_libraries(provider: str) -> None:
    """
    Load CUDA, cuDNN and TensorRT from NVIDIA's wheels if they are installed.

    ONNX Runtime itself searches only the system's library folders.

    :param provider: 'cuda' or 'tensorrt'; others need nothing
    """
    if provider not in _LIBRARIES:
        return
    # New in ONNX Runtime 1.21. It prints what fails to load; `missing_library` is clearer.
    if hasattr(onnxruntime, 'preload_dlls'):
        with contextlib.redirect_stdout(io.StringIO()):
            onnxruntime.preload_dlls()
    if provider == 'tensorrt':
        wheel = importlib.util.find_spec('tensorrt_libs')
        for folder in (wheel and wheel.submodule_search_locations) or ():
            for name in ('libnvinfer', 'libnvinfer_plugin', 'libnvonnxparser'):
                for path in sorted(Path(folder).glob(f'{name}.so.*')):
                    with contextlib.suppress(OSError):
                        ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)


def missing_library(provider: str) -> str:
    """
    Return which library a provider is missing, and what to install.

    :returns: a sentence without a full stop; empty if none is known to be missing
    """
    name = _LIBRARIES.get(provider, '')
    path = Path(onnxruntime.__file__).parent / 'capi' / name
    if not name or not path.exists():
        return ''
    try:
        ctypes.CDLL(str(path))
    except OSError as error:
        library = re.match(r'(lib[^:]+): cannot open shared object', str(error))
        if library:
            what = next((x for start, x in _BRINGS if library[1].startswith(start)), '')
            return f'{library[1]} is missing' + (f', which comes with {what}' if what else '')
    return ''  # it loads, or lacks only symbols of ONNX Runtime


def driver_and_gpus() -> str:
    """Return what NVIDIA's driver says about its version and the GPUs, empty without a driver."""
    lines = []
    for path in [*map(Path, _DRIVERS), *sorted(Path(_GPUS).glob('*/information'))]:
        with contextlib.suppress(OSError):
            lines.append(path.read_text().splitlines()[0])
    return '; '.join(' '.join(line.split()) for line in lines)


def tensorrt_version() -> int:
    """Return TensorRT's version number, 0 if it cannot be loaded."""
    for name in ('libnvinfer.so.10', 'libnvinfer.so.8', 'libnvinfer.so'):
        with contextlib.suppress(OSError, AttributeError):
            return int(ctypes.CDLL(name).getInferLibVersion())
    return 0
