# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy and time of a model at each resolution and number of iterations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
import time

import cv2
import numpy as np

from crestereo_ros.evaluation import sgbm
from crestereo_ros.evaluation.measures import bad, end_point_error
from crestereo_ros.evaluation.pairs import EvaluationPair
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.evaluation.timing import medians
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import FAST, IMAGE, MEDIUM, RESOLUTION_WORDS
from crestereo_ros.pipeline import DepthPipeline, DepthSettings, RectifiedPair

SGBM_REACH = 128  # pixels, the same for all pairs

# Image sizes whose times are measured, the resolution at each, and the range of SGBM.
TIMED = ((240, 320), FAST, 64), ((480, 640), FAST, 128), ((720, 1280), FAST, 128)
ROUNDS = 15

# The measured settings of `refine` by resolution: both where `auto` refines.
REFINED = dict.fromkeys(RESOLUTION_WORDS, ('off',)) | dict.fromkeys((FAST, MEDIUM), ('off', 'on'))

# Turns a pair into its disparity, float32 (H, W), pixels.
Method = Callable[[EvaluationPair], np.ndarray]


def errors(pairs: Iterable[EvaluationPair], method: Method) -> str:
    """Return a cell: end-point error and share of bad-2.0, means over the pairs."""
    values = []
    for pair in pairs:
        disparity = method(pair)
        values.append((end_point_error(disparity, pair.truth), 100 * bad(disparity, pair.truth)))
    return _cell(*np.mean(values, axis=0))


def _cell(error: float, share: float) -> str:
    return f'{error:.2f} px, {share:.1f} %'


def print_accuracy(
    sets: Mapping[str, Sequence[EvaluationPair]],
    models: Iterable[str],
    iterations: Sequence[int],
    threads: int,
) -> None:
    """
    Print the table of errors and times.

    A cell shows the end-point error in pixels and the share of bad-2.0 pixels over all pixels
    whose truth is known, as means over a set. The time is the median over all pairs, after one
    for warm-up.

    :param sets: pairs by the name of their set
    :param models: names or paths
    :param iterations: numbers of iterations, one row for each
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
    for model in models:
        matcher = StereoMatcher(model, provider='cpu', threads=threads)
        for word in RESOLUTION_WORDS:
            for count in iterations:
                row(matcher.model, word, count, partial(_disparity, matcher, count, word))


def print_comparison(
    sets: Mapping[str, Sequence[EvaluationPair]], models: Iterable[str], threads: int
) -> None:
    """
    Print the table that compares models with SGBM, at each resolution and the models' iterations.

    Resolutions that `refine` refines by default have a row without refinement too. Errors are
    means over a set and over the pairs of all sets. A pair counts as better if the end-point
    error and the share of bad-2.0 pixels are both below SGBM's. Times are medians of the ratios to
    SGBM's; all methods process a pair in turn. SGBM gets the largest disparity of each pair.

    :param sets: pairs by the name of their set
    :param models: names or paths
    :param threads: of the networks
    """
    matchers = [StereoMatcher(model, provider='cpu', threads=threads) for model in models]
    words = [(word, refine) for word in RESOLUTION_WORDS for refine in REFINED[word]]
    settings = [(matcher, *word) for matcher in matchers for word in words]
    methods: list[Method] = [_sgbm_with_reach]
    methods += [
        partial(_disparity, matcher, None, word, refine=x) for matcher, word, x in settings
    ]
    pairs = [pair for each in sets.values() for pair in each]
    for method in methods:
        method(pairs[0])  # to warm up
    scores = np.array([[_score(method, pair) for method in methods] for pair in pairs])
    scores = scores.transpose(1, 0, 2)  # method, pair, and the result of _score
    ends = np.cumsum([len(each) for each in sets.values()])
    parts = [*np.split(scores, ends[:-1], axis=1), scores]

    print_head(
        f'**Beside SGBM, {len(pairs)} pairs of many kinds.**',
        'Method',
        'Resolution',
        *sets,
        'All',
        "Of SGBM's",
        'Better on both',
        "Time, of SGBM's",
    )
    names = [('SGBM, filled', '-')]
    names += [(matcher.model, word + ', refined' * (x == 'on')) for matcher, word, x in settings]
    for index, name in enumerate(names):
        cells = (_cell(*part[index, :, :2].mean(axis=0)) for part in parts)
        error, share, _ = scores[index].mean(axis=0) / scores[0].mean(axis=0)
        better = (scores[index, :, :2] < scores[0, :, :2]).all(axis=1)
        print_row(
            *name,
            *cells,
            f'{error:.0%}, {share:.0%}',
            f'{better.sum()} of {len(pairs)}' if index else '-',
            f'{np.median(scores[index, :, 2] / scores[0, :, 2]):.1f}',
        )


def print_models(
    sets: Mapping[str, Sequence[EvaluationPair]], models: Iterable[str], threads: int
) -> None:
    """
    Print the table of the errors and times of the models and of SGBM.

    Errors are at the size of the images. Times include the refinement. They are measured at the
    sizes in TIMED, with all methods in turn. Each model runs its own number of iterations.

    :param sets: pairs by the name of their set
    :param models: names or paths
    :param threads: of the networks
    """
    print_head(
        '**Every model.**',
        'Method',
        *sets,
        *(f'{height}x{width} at `{word}`' for (height, width), word, _ in TIMED),
        "Times, of SGBM's",
    )
    matchers = [StereoMatcher(model, provider='cpu', threads=threads) for model in models]
    methods: list[Method] = [lambda pair: sgbm.match(pair.left, pair.right, SGBM_REACH)]
    methods += [partial(_disparity, matcher, None, IMAGE) for matcher in matchers]
    example = next(iter(sets.values()))[0]
    times = []
    for size, word, reach in TIMED:
        left, right = (cv2.resize(x, size[::-1]) for x in (example.left, example.right))
        pair = EvaluationPair('', left, right, np.zeros(size, np.float32))
        times.append(
            medians(
                partial(sgbm.match, left, right, reach),
                *(partial(_disparity, x, None, word, pair, 'auto') for x in matchers),
                rounds=ROUNDS,
            )
        )
    names = ['SGBM, filled', *(matcher.model for matcher in matchers)]
    for index, (name, method) in enumerate(zip(names, methods, strict=True)):
        print_row(
            name,
            *(errors(pairs, method) for pairs in sets.values()),
            *(f'{row[index]:.0f} ms' for row in times),
            ', '.join(f'{row[index] / row[0]:.1f}' for row in times),
        )


def _sgbm_with_reach(pair: EvaluationPair) -> np.ndarray:
    largest = float(pair.truth[np.isfinite(pair.truth)].max())
    return sgbm.match(pair.left, pair.right, largest)


def _score(method: Method, pair: EvaluationPair) -> tuple[float, float, float]:
    # Returns the end-point error, the percentage of bad-2.0 pixels, and the seconds.
    start = time.perf_counter()
    disparity = method(pair)
    seconds = time.perf_counter() - start
    return end_point_error(disparity, pair.truth), 100 * bad(disparity, pair.truth), seconds


def _disparity(
    matcher: StereoMatcher,
    iterations: int | None,
    resolution: str,
    pair: EvaluationPair,
    refine: str = 'off',
) -> np.ndarray:
    settings = DepthSettings(iterations=iterations or 0, resolution=resolution, refine=refine)
    result = DepthPipeline(matcher, settings).process(RectifiedPair(pair.left, pair.right))
    return result.refined.disparity
