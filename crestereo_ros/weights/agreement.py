# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a run-time-sized model gives the numbers of the zoo file that its weights are from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

_NO_START = np.zeros((1, 2, 1, 1), np.float32)


def outputs_of_both(
    path: Path, model: bytes, iterations: int, two_passes: bool
) -> tuple[np.ndarray, np.ndarray]:
    """
    Run an `init` or `combined` file and a run-time-sized model on the same pair of noise.

    `iterations` and `two_passes` are as `read_zoo_file` has them. Returns both outputs,
    (1, 2, H, W).
    """
    zoo = _open(str(path))
    shapes = [x.shape for x in zoo.get_inputs()]
    images = [_noise(shape, side) for shape, side in zip(shapes, (0, 1, 0, 1), strict=False)]
    expected = _run(zoo, images)

    ours = _open(model)
    fine, coarse = np.array(iterations), np.array(max(iterations // 2, 1))
    output = _run(ours, [*images[:2], _NO_START, coarse, fine])
    if two_passes:
        output = _run(ours, [*images[2:], output, np.array(0), fine])
    return expected, output


def _noise(shape: list[int], side: int) -> np.ndarray:
    # A scene of blocks, 8 pixels further left in the right image.
    height, width = shape[2:]
    blocks = np.random.default_rng(0).uniform(0, 255, (1, 3, height // 4 + 1, width // 4 + 3))
    scene = blocks.astype(np.float32).repeat(4, axis=2).repeat(4, axis=3)
    return np.ascontiguousarray(scene[:, :, :height, 8 * side : 8 * side + width])


def _open(model: str | bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])


def _run(session: onnxruntime.InferenceSession, inputs: list[np.ndarray]) -> np.ndarray:
    names = [x.name for x in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]
