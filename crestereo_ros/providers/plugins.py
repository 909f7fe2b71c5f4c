# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Execution providers that come as packages beside ONNX Runtime, which it loads as plugins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from crestereo_ros.providers.runtime import onnxruntime


@dataclass(frozen=True)
class Plugin:
    """
    A package with a plugin.

    `package`: its name for pip; its module is called alike. `hardware`: what it needs, in words.
    """

    package: str
    hardware: str

    @property
    def module(self) -> str:
        return self.package.replace('-', '_')

    @property
    def is_installed(self) -> bool:
        return find_spec(self.module) is not None

    @property
    def version(self) -> str:
        try:
            return version(self.package)
        except PackageNotFoundError:  # it was copied
            return 'of unknown version'


PLUGINS = {
    'openvino': Plugin('onnxruntime-ep-openvino', 'a CPU, GPU or NPU of Intel with its driver'),
    'tensorrt_rtx': Plugin(
        'onnxruntime-ep-nv-tensorrt-rtx', 'an RTX GPU of NVIDIA with its driver'
    ),
    'webgpu': Plugin('onnxruntime-ep-webgpu', 'a GPU with a driver for Vulkan'),
}


def plugin_devices(provider: str, device: str = '') -> list[Any]:
    """
    Return the devices that a plugin offers, as ONNX Runtime takes them for a session.

    :param provider: of `OFFICIAL_NAMES`
    :param device: 'CPU', 'GPU' or 'NPU', perhaps with a number as in 'GPU.1'; empty for the first
    :returns: one device; none if there is no such plugin, or it offers no such device
    """
    if provider not in PLUGINS:
        return []
    offered = _load(provider)[0]
    kind, _, number = device.partition('.')
    if kind:
        offered = [x for x in offered if x.device.type.name == kind]
    return offered[int(number or 0) :][:1]


def plugin_problem(provider: str) -> str:
    """Return why an installed plugin gives no provider; empty if it does, or is not installed."""
    if provider not in PLUGINS or not PLUGINS[provider].is_installed:
        return ''
    return _load(provider)[1]


def runtime_of(provider: str) -> str:
    """Return the versions of what runs a provider: those of ONNX Runtime and of its plugin."""
    if not plugin_devices(provider):
        return onnxruntime.__version__
    plugin = PLUGINS[provider]
    return f'{onnxruntime.__version__}, {plugin.package} {plugin.version}'


@cache
def _load(provider: str) -> tuple[list[Any], str]:
    """Return the devices that a plugin offers, and why there are none."""
    plugin = PLUGINS[provider]
    if not plugin.is_installed:
        return [], ''
    name = f'{plugin.package} {plugin.version}'
    if not hasattr(onnxruntime, 'register_execution_provider_library'):
        return [], (
            f'{name} is installed, but onnxruntime {onnxruntime.__version__} takes no plugins: '
            'install a newer onnxruntime'
        )
    try:
        module = import_module(plugin.module)
        names = module.get_ep_names()
        onnxruntime.register_execution_provider_library(plugin.module, module.get_library_path())
    except Exception as error:
        reason = ' '.join(str(error).split())
        return [], (
            f'{name} is installed, but cannot be loaded. It needs {plugin.hardware}: {reason}'
        )
    known = onnxruntime.get_ep_devices()
    offered = [x for x in known if x.ep_name in names]
    if offered:
        return offered, ''
    seen = sorted({f'{x.device.type.name} of {x.device.vendor or "unknown make"}' for x in known})
    return [], (
        f'{name} is installed and registers, but offers no device on this machine: it needs '
        f'{plugin.hardware}, and ONNX Runtime sees {" and ".join(seen) or "nothing"}'
    )
