# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The graphs that this project writes, beside PyTorch's plain export of the same weights."""

from pathlib import Path
import tempfile

import cv2
import numpy as np
import onnx
import torch

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.network import build_model, build_zoo_model, Winograd
from training.evaluation.accuracy import errors
from training.evaluation.table import print_head, print_row
from training.evaluation.timing import medians
from training.network import CREStereo, OFFICIAL
from training.network.plain_export import export_plainly

SIZES = (240, 320), (480, 640)
ITERATIONS = 5, 10
ROUNDS = 5


def full_size_network():
    """Return a network of the official widths; no official weights can be had, so at random."""
    torch.manual_seed(0)
    return CREStereo(OFFICIAL, sign_flips=True)


def print_exports(pair, threads):
    """
    Print how fast the full-size network is, plainly exported and as written here.

    Same weights, same resized `pair`, same inputs of the ONNX zoo (`combined`); the file whose
    size is chosen when it runs is beside them. The difference is the largest of any pixel.
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
        flexible = Path(folder) / 'flexible.onnx'
        model = build_model(weights, sign_flips=True, metadata={}, arithmetic=Winograd())
        onnx.save(model, flexible)
        flexible = StereoMatcher(str(flexible), 'cpu', threads)
        for height, width in SIZES:
            images = [cv2.resize(image, (width, height)) for image in (pair.left, pair.right)]
            for iterations in ITERATIONS:
                plain, ours = (Path(folder) / f'{name}.onnx' for name in ('plain', 'ours'))
                export_plainly(network, 'combined', height, width, iterations, plain)
                built = build_zoo_model(
                    weights,
                    kind='combined',
                    height=height,
                    width=width,
                    iterations=iterations,
                    sign_flips=True,
                    arithmetic=Winograd(),
                )
                onnx.save(built, ours)
                plain, ours = (StereoMatcher(str(path), 'cpu', threads) for path in (plain, ours))
                times = medians(
                    lambda m=plain, i=images: m.match(*i),
                    lambda m=ours, i=images: m.match(*i),
                    lambda i=images, n=iterations: flexible.match(*i, n),
                    rounds=ROUNDS,
                )
                difference = np.abs(
                    plain.match(*images).disparity - ours.match(*images).disparity
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


def print_precisions(sets, models, network, threads):
    """
    Print what the number format of the convolutions costs and gains.

    `models`: shipped ones of the same weights as `network`, whose plain export is what they are
    measured against, at the iterations of each. Errors are at the size of the images.
    """
    print_head(
        '**Number formats.**',
        'Model',
        *sets,
        *(f'{height}x{width}' for height, width in SIZES),
        'Faster than the plain float32 export',
    )
    matchers = [StereoMatcher(model, 'cpu', threads) for model in models]
    pair = next(iter(sets.values()))[0]
    iterations = matchers[0].match(pair.left, pair.right).iterations
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for height, width in SIZES:
            path = Path(folder) / f'plain_{height}.onnx'
            export_plainly(network, 'combined', height, width, iterations, path)
            plain = StereoMatcher(str(path), 'cpu', threads)
            images = [cv2.resize(image, (width, height)) for image in (pair.left, pair.right)]
            times.append(
                medians(
                    *(lambda m=m, i=images: m.match(*i) for m in (plain, *matchers)),
                    rounds=3 * ROUNDS,
                )
            )
    blank = ['-'] * len(sets)
    print_row('plain float32 export', *blank, *(f'{row[0]:.0f} ms' for row in times), '1')
    for index, matcher in enumerate(matchers, start=1):
        cells = [
            errors(pairs, lambda pair, m=matcher: m.match(pair.left, pair.right).disparity)
            for pairs in sets.values()
        ]
        print_row(
            matcher.model,
            *cells,
            *(f'{row[index]:.0f} ms' for row in times),
            ', '.join(f'{row[0] / row[index]:.2f}x' for row in times),
        )
