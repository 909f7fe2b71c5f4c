# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Compares OpenVINO with ONNX Runtime's own CPU provider on the same frozen graphs.

    make benchmark-openvino ARGS='--rounds 5'

The program prints a table in Markdown. The methods of a row take turns, so that their ratios hold
on a machine with other work, too. Without OpenVINO, the package runs the run-time-sized file on
the CPU provider.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
import sys
import tempfile
from time import perf_counter

import cv2
import numpy as np

from crestereo_ros.errors import CrestereoError
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.evaluation.timing import medians
from crestereo_ros.freezing import freeze, Target
from crestereo_ros.matching import available_providers, StereoMatcher
from crestereo_ros.models.contracts import contract_of
from crestereo_ros.models.model_files import find_model
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.opening import open_session

DATA = Path(__file__).parents[1] / 'demo' / 'data'
SIZES = (240, 320), (480, 640), (720, 1280)  # height, width


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--model', default='')
    parser.add_argument('--device', default='CPU', help="OpenVINO's device: CPU, GPU or NPU")
    parser.add_argument('--iterations', type=int, default=4)
    parser.add_argument(
        '--threads', type=int, default=0, help='threads of both (default: as many as cores)'
    )
    parser.add_argument('--rounds', type=int, default=5)
    options = parser.parse_args()
    if 'openvino' not in available_providers():
        sys.exit('error: OpenVINO is not in the installed ONNX Runtime: make benchmark-openvino')
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(options, Path(folder))
    except CrestereoError as error:
        sys.exit(f'error: {error}')


def measure(options: argparse.Namespace, folder: Path) -> None:
    """Print the table."""
    model, iterations = find_model(options.model), options.iterations
    flexible = StereoMatcher(options.model, 'cpu', options.threads)
    contract = contract_of(open_session(model, Engine('cpu')).session, model)
    if not contract.has_passes:
        sys.exit(f'error: {model} has one size already')
    print_head(
        f'{model.stem}, {iterations} iterations, OpenVINO on {options.device}',
        'Size',
        'Run-time-sized, CPU provider',
        'Frozen, CPU provider',
        'Frozen, OpenVINO',
        'OpenVINO to CPU provider, frozen',
        'Freezing',
        'Opening with OpenVINO',
        'Largest difference',
    )
    for height, width in SIZES:
        size = height, width
        start = perf_counter()
        frozen = folder / f'{height}x{width}.onnx'
        frozen.write_bytes(freeze(model, Target(tuple(contract.sizes(size)), iterations)))
        opening = perf_counter()
        openvino = StereoMatcher(str(frozen), 'openvino', options.threads, device=options.device)
        opened = perf_counter()
        cpu = StereoMatcher(str(frozen), 'cpu', options.threads)
        pair = demo_pair(size)
        difference = cpu.match(*pair).disparity - openvino.match(*pair).disparity
        of_flexible, of_cpu, of_openvino = medians(
            partial(flexible.match, *pair, iterations, size),
            partial(cpu.match, *pair),
            partial(openvino.match, *pair),
            rounds=options.rounds,
        )
        print_row(
            f'{height}x{width}',
            *(f'{x:.0f} ms' for x in (of_flexible, of_cpu, of_openvino)),
            f'{of_openvino / of_cpu:.2f}',
            f'{opening - start:.1f} s',
            f'{opened - opening:.1f} s',
            f'{np.abs(difference).max():.1g} px',
        )


def demo_pair(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the demo's images, uint8, resized to (height, width)."""
    left, right = (
        cv2.resize(np.asarray(cv2.imread(str(DATA / f'{side}.png'))), size[::-1])
        for side in ('left', 'right')
    )
    return left, right


if __name__ == '__main__':
    main()
