# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes a file of one size and number of iterations from a run-time-sized one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from crestereo_ros.freezing.errors import FreezingError
from crestereo_ros.weights import WeightsError

#: Metadata entry of a frozen file: its identity, as `FrozenCache` describes it.
IDENTITY = 'crestereo.frozen'


class Target(NamedTuple):
    """
    What a frozen file computes.

    `sizes`: (height, width) of the passes, of which the last is the file's size; see
    `build_frozen_model`. `iterations`: the number of updates. `takes_start`: whether it starts
    from an earlier disparity instead of a search, and so has only the last pass. `precision`: the
    number format of the convolutions, 'fp32', 'fp16', or '' for that of the model.
    """

    sizes: tuple[tuple[int, int], ...]
    iterations: int
    takes_start: bool = False
    precision: str = ''

    def __str__(self) -> str:
        height, width = self.sizes[-1]
        return f'{height}x{width} with {self.iterations} iterations' + (
            ' from a start' if self.takes_start else ''
        )


def freeze(model: Path, target: Target, metadata: Mapping[str, str] | None = None) -> bytes:
    """
    Build the graph of one size and number of iterations with the weights of a model file.

    :param model: run-time-sized, made by this project
    :param metadata: entries of the new file, besides those of the model
    :returns: an ONNX file
    :raises FreezingError: if onnx or spox are not installed, or the weights cannot be read
    :raises ValueError: for sizes and iterations that `build_frozen_model` refuses
    """
    try:
        from crestereo_ros.network import build_frozen_model, Float16, Float32
        from crestereo_ros.weights.model_file import read_model
    except ImportError as error:
        raise FreezingError(
            f"a graph of fixed size cannot be written ({error}): pip install 'onnx>=1.16' "
            "'spox>=0.12' (the extra `models`)"
        ) from error
    try:
        file = read_model(model)
    except WeightsError as error:
        raise FreezingError(str(error)) from error
    arithmetic = {'fp32': Float32(), 'fp16': Float16()}
    frozen = build_frozen_model(
        file.weights,
        sizes=target.sizes,
        iterations=target.iterations,
        takes_start=target.takes_start,
        sign_flips=file.sign_flips,
        # Plain convolutions, for any device.
        metadata={
            key: value
            for key, value in {**file.metadata, **(metadata or {})}.items()
            if key not in ('crestereo.device', 'crestereo.sign_flips')
        },
        arithmetic=arithmetic[target.precision or file.number_format],
    )
    return frozen.SerializeToString()
