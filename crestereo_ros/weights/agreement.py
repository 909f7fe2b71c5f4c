# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Compares a run-time-sized model with the zoo file that its weights come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.parameters import shape_text

_NO_START = np.zeros((1, 2, 1, 1), np.float32)


def outputs_of_both(
    path: Path, model: bytes, iterations: int, two_passes: bool
) -> tuple[np.ndarray, np.ndarray]:
    """
    Run an `init` or `combined` file and a run-time-sized model on the same pair of noise.

    :param iterations: of the file, as `read_zoo_file` has it
    :param two_passes: the same
    :returns: the output of the file and that of the model, float32 (1, 2, H, W)
    :raises WeightsError: where the file cannot be run, or its output has another shape
    """
    zoo = _open(path)
    images = []
    for index, given in enumerate(zoo.get_inputs()):
        _, _, height, width = given.shape
        images.append(_noise(height, width, side=index % 2))
    try:
        expected = _run(zoo, images)
    except Exception as error:  # the errors of ONNX Runtime have no base of their own
        raise WeightsError(f'{path} cannot be run: {_first_line(error)}') from error

    ours = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    fine, coarse = np.array(iterations), np.array(max(iterations // 2, 1))
    output = _run(ours, [*images[:2], _NO_START, coarse, fine])
    if two_passes:
        output = _run(ours, [*images[2:], output, np.array(0), fine])
    if expected.shape != output.shape:
        raise WeightsError(
            f'{path} gives an output of shape {shape_text(expected.shape)}, where the published '
            f'network gives {shape_text(output.shape)}'
        )
    return expected, output


def _open(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised, and need not be on stderr as well
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
    except Exception as error:  # the errors of ONNX Runtime have no base of their own
        raise WeightsError(f'{path} cannot be opened: {_first_line(error)}') from error


def _first_line(error: Exception) -> str:
    return str(error).partition('\n')[0] or type(error).__name__


def _noise(height: int, width: int, side: int) -> np.ndarray:
    # A scene of blocks, 8 pixels further left in the right image.
    blocks = np.random.default_rng(0).uniform(0, 255, (1, 3, height // 4 + 1, width // 4 + 3))
    scene = blocks.astype(np.float32).repeat(4, axis=2).repeat(4, axis=3)
    return np.ascontiguousarray(scene[:, :, :height, 8 * side : 8 * side + width])


def _run(session: onnxruntime.InferenceSession, inputs: list[np.ndarray]) -> np.ndarray:
    names = [x.name for x in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]
