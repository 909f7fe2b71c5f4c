# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The graphs that this project writes, compared with PyTorch's export of the same weights."""

from functools import partial
from pathlib import Path
import tempfile

import cv2
import numpy as np
import onnx
import torch

from crestereo_ros.evaluation.pairs import EvaluationPair
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.evaluation.timing import medians
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.network import build_model, Winograd
from training.network import CREStereo, OFFICIAL
from training.network.plain_export import export_plainly
from training.zoo_model import build_zoo_model

SIZES = (240, 320), (480, 640)
ITERATIONS = 5, 10
ROUNDS = 5


def full_size_network() -> CREStereo:
    """Return a network of the official widths. Its weights are random: only its time matters."""
    torch.manual_seed(0)
    return CREStereo(OFFICIAL, sign_flips=True)


def print_exports(pair: EvaluationPair, threads: int) -> None:
    """
    Print how fast the full-size network is, exported by PyTorch and by this project.

    Both have the same weights, the same resized `pair` and the inputs of the ONNX zoo
    (`combined`). A third row shows the file of dynamic size. The difference is the largest of any
    pixel.

    :param threads: of the networks
    """
    print_head(
        '**The same full-size network, exported plainly and written here.**',
        'Resolution',
        'Iterations',
        'Plain export',
        'Ours, same inputs',
        'Faster',
        'Ours, any size',
        'Faster',
        'Difference',
    )
    network = full_size_network()
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'flexible.onnx'
        model = build_model(weights, sign_flips=True, metadata={}, arithmetic=Winograd())
        onnx.save(model, path)
        flexible = StereoMatcher(str(path), 'cpu', threads)
        for height, width in SIZES:
            left, right = (cv2.resize(x, (width, height)) for x in (pair.left, pair.right))
            for iterations in ITERATIONS:
                paths = [Path(folder) / f'{name}.onnx' for name in ('plain', 'ours')]
                export_plainly(network, 'combined', height, width, iterations, paths[0])
                built = build_zoo_model(
                    weights,
                    kind='combined',
                    height=height,
                    width=width,
                    iterations=iterations,
                    sign_flips=True,
                    arithmetic=Winograd(),
                )
                onnx.save(built, paths[1])
                plain, ours = (StereoMatcher(str(path), 'cpu', threads) for path in paths)
                times = medians(
                    partial(plain.match, left, right),
                    partial(ours.match, left, right),
                    partial(flexible.match, left, right, iterations),
                    rounds=ROUNDS,
                )
                difference = np.abs(
                    plain.match(left, right).disparity - ours.match(left, right).disparity
                ).max()
                print_row(
                    f'{height}x{width}',
                    iterations,
                    f'{times[0]:.0f} ms',
                    f'{times[1]:.0f} ms',
                    f'{times[0] / times[1]:.2f}x',
                    f'{times[2]:.0f} ms',
                    f'{times[0] / times[2]:.2f}x',
                    f'{difference:.1e} px',
                )
