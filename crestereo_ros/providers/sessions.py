# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Creates sessions of ONNX Runtime with the options of their providers."""

from __future__ import annotations

from pathlib import Path
import re

from crestereo_ros.providers.engine import Engine, OFFICIAL_NAMES, plugin_options, provider_chain
from crestereo_ros.providers.node_placement import RECORD_ASSIGNMENT
from crestereo_ros.providers.plugins import plugin_devices
from crestereo_ros.providers.runtime import onnxruntime


def create_session(
    path: Path, engine: Engine, engines: Path | None
) -> onnxruntime.InferenceSession:
    """
    Create a session.

    :param engine: with a provider other than 'auto'
    :param engines: folder for TensorRT's engines; None to build them each time
    :raises Exception: whatever ONNX Runtime raises
    """
    if engine.provider != 'cpu':
        # For the whole process: what a provider prints before there is a session.
        onnxruntime.set_default_logger_severity(4)
    options = _options(engine)
    built_in = OFFICIAL_NAMES[engine.provider] in onnxruntime.get_available_providers()
    if not built_in and (devices := plugin_devices(engine.provider, engine.device)):
        options.add_provider_for_devices(devices, plugin_options(engine))
        return onnxruntime.InferenceSession(str(path), options, enable_fallback=0)
    return onnxruntime.InferenceSession(
        str(path),
        options,
        providers=provider_chain(engine, engines),
        enable_fallback=0,  # otherwise a failed provider is replaced without an exception
    )


def inspected(path: Path) -> onnxruntime.InferenceSession | None:
    """Open a file only to look at its inputs and outputs; None if it cannot be read."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=[OFFICIAL_NAMES['cpu']])
    except Exception:
        return None  # whoever opens it reports the error


def fixed_size(path: Path) -> str:
    """Return HEIGHTxWIDTH of a file of one size; empty for others and if it cannot be read."""
    session = inspected(path)
    if session is None:
        return ''
    sides = [x.shape[2:] for x in session.get_inputs() if len(x.shape) == 4]
    if not sides or not all(isinstance(side, int) for pair in sides for side in pair):
        return ''
    return '{}x{}'.format(*max(sides))


def reason_of(error: Exception) -> str:
    """Return ONNX Runtime's reason for an error, without the place in its code."""
    # OpenVINO's errors begin with a stack trace; CUDA's begin and end with a place in the code.
    last = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    return re.sub(r'^.*\[ONNXRuntimeError\] : \d+ : \w+ : ', '', last).partition(' ; GPU=')[0]


def unknown_operator(error: Exception) -> str:
    """Return the operator that ONNX Runtime does not have, empty for other errors."""
    found = re.search(
        r'No Op registered for (\S+)|: (\S+)\(-?\d+\) is not a registered function/op', str(error)
    )
    return (found[1] or found[2]) if found else ''


def _options(engine: Engine) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = engine.threads
    # Threads that spin while they wait take the cores from others that have work to do.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    # The CPU is as fast without it, with a sixth less memory: docs/where_it_runs.md.
    options.enable_mem_pattern = engine.provider != 'cpu'
    options.add_session_config_entry(RECORD_ASSIGNMENT, str(int(engine.provider != 'cpu')))
    options.log_severity_level = 4  # failures raise exceptions
    return options
