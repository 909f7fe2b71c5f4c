# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How good and how fast a model is at each resolution and number of iterations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
import time

import numpy as np

from crestereo_ros.evaluation import sgbm
from crestereo_ros.evaluation.measures import bad, end_point_error
from crestereo_ros.evaluation.pairs import EvaluationPair
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import RESOLUTION_WORDS

SGBM_REACH = 128  # pixels; what the truth needs is not told to it

# A pair to its disparity, float32 (H, W), pixels.
Method = Callable[[EvaluationPair], np.ndarray]


def errors(pairs: Iterable[EvaluationPair], method: Method) -> str:
    """Return a cell: end-point error and share of bad-2.0, means over the pairs."""
    values = []
    for pair in pairs:
        disparity = method(pair)
        values.append((end_point_error(disparity, pair.truth), 100 * bad(disparity, pair.truth)))
    return '{:.2f} px, {:.1f} %'.format(*np.mean(values, axis=0))


def print_accuracy(
    sets: Mapping[str, Sequence[EvaluationPair]],
    model: str,
    iterations: Iterable[int],
    threads: int,
) -> None:
    """
    Print the table of errors and times.

    A cell is the end-point error in pixels and the share of bad-2.0 pixels over all pixels whose
    truth is known, as means over a set; the time is the median over all pairs, after one to warm
    up.

    :param sets: pairs by the name of their set
    :param model: name or path
    :param iterations: each is a row
    :param threads: of the network
    """
    print_head(
        '**Errors and times.**', 'Method', 'Resolution', 'Iterations', *sets, 'Time of a pair'
    )

    def row(name: str, resolution: str, count: object, method: Method) -> None:
        times: list[float] = []

        def timed(pair: EvaluationPair) -> np.ndarray:
            start = time.perf_counter()
            disparity = method(pair)
            times.append(time.perf_counter() - start)
            return disparity

        method(next(iter(sets.values()))[0])
        cells = [errors(pairs, timed) for pairs in sets.values()]
        print_row(name, resolution, count, *cells, f'{1000 * np.median(times):.0f} ms')

    row('SGBM, filled', '-', '-', lambda pair: sgbm.match(pair.left, pair.right, SGBM_REACH))
    matcher = StereoMatcher(model, provider='cpu', threads=threads)
    for word in RESOLUTION_WORDS:
        for count in iterations:
            row(matcher.model, word, count, partial(_disparity, matcher, count, word))


def _disparity(
    matcher: StereoMatcher, iterations: int, resolution: str, pair: EvaluationPair
) -> np.ndarray:
    return matcher.match(pair.left, pair.right, iterations, resolution).disparity
