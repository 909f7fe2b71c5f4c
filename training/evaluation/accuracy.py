# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How good and how fast a model is at each resolution and number of iterations."""

import time

import numpy as np

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import RESOLUTION_WORDS
from training.evaluation import sgbm
from training.evaluation.measures import bad, end_point_error
from training.evaluation.table import print_head, print_row

SGBM_REACH = 128  # pixels; what the truth needs is not told to it


def errors(pairs, match):
    """Return a cell: end-point error and share of bad-2.0, means over the pairs."""
    values = []
    for pair in pairs:
        disparity = match(pair)
        values.append((end_point_error(disparity, pair.truth), 100 * bad(disparity, pair.truth)))
    return '{:.2f} px, {:.1f} %'.format(*np.mean(values, axis=0))


def print_accuracy(sets, model, iterations, threads):
    """
    Print the table of errors and times.

    `sets`: lists of EvaluationPair by name; `model`: name or path. A cell is the end-point
    error in pixels and the share of bad-2.0 pixels over all pixels whose truth is known, as means
    over a set; the time is the median over all pairs, after one to warm up.
    """
    print_head(
        '**Errors and times.**', 'Method', 'Resolution', 'Iterations', *sets, 'Time of a pair'
    )

    def row(method, resolution, count, match):
        times = []

        def timed(pair):
            start = time.perf_counter()
            disparity = match(pair)
            times.append(time.perf_counter() - start)
            return disparity

        match(next(iter(sets.values()))[0])
        cells = [errors(pairs, timed) for pairs in sets.values()]
        print_row(method, resolution, count, *cells, f'{1000 * np.median(times):.0f} ms')

    row('SGBM, filled', '-', '-', lambda pair: sgbm.match(pair.left, pair.right, SGBM_REACH))
    matcher = StereoMatcher(model, provider='cpu', threads=threads)
    for word in RESOLUTION_WORDS:
        for count in iterations:
            row(
                matcher.model,
                word,
                count,
                lambda pair, n=count, w=word: matcher.match(pair.left, pair.right, n, w).disparity,
            )
