# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures the gain of the refinement at each resolution, and compares it with SGBM.

    make benchmark-refinement ARGS='--evaluation FOLDER'

The program matches pairs with truth, at most as large as 240x320, then as 480x640, then as they
are, and prints a table in Markdown for each. Errors are means over the pairs. Times are medians of
the ratios to SGBM's on the same pair, where SGBM knows the largest disparity. All methods take
turns on a pair. A pair counts as better if both errors are below SGBM's.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
import math
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import cv2
import numpy as np

from crestereo_ros.evaluation import sgbm
from crestereo_ros.evaluation.measures import bad, end_point_error
from crestereo_ros.evaluation.pairs import EvaluationPair, read_pairs
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import FAST, IMAGE, MEDIUM
from crestereo_ros.refinement import refine

SIZES = {'240x320': 240 * 320, '480x640': 480 * 640, 'their own size': math.inf}  # pixels
WORDS = FAST, MEDIUM, IMAGE
MODELS = 'crestereo_fast', 'crestereo_compact'


class Score(NamedTuple):
    """A disparity's end-point error in pixels, percentage of bad-2.0 pixels, and seconds."""

    error: float
    bad: float
    seconds: float


def score(disparity: np.ndarray, truth: np.ndarray, seconds: float) -> Score:
    return Score(end_point_error(disparity, truth), 100 * bad(disparity, truth), seconds)


def scaled(pair: EvaluationPair, pixels: float) -> EvaluationPair:
    """Return a pair scaled to at most so many pixels."""
    height, width = pair.truth.shape
    scale = math.sqrt(pixels / (height * width))
    if scale >= 1:
        return pair
    size = round(scale * width), round(scale * height)
    left, right = (
        cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (pair.left, pair.right)
    )
    truth = cv2.resize(pair.truth, size, interpolation=cv2.INTER_NEAREST)
    return EvaluationPair(pair.name, left, right, truth * np.float32(size[0] / width))


def measure(
    pairs: Iterable[EvaluationPair], matchers: Sequence[StereoMatcher], iterations: Sequence[int]
) -> tuple[list[Score], dict[tuple[str, str, int, bool], list[Score]]]:
    """Return SGBM's scores, and those by model, resolution, iterations and refinement."""
    references, scores = list[Score](), defaultdict[tuple[str, str, int, bool], list[Score]](list)
    for pair in pairs:
        images, truth = (pair.left, pair.right), pair.truth
        begin = perf_counter()
        disparity = sgbm.match(*images, float(truth[np.isfinite(truth)].max()))
        references.append(score(disparity, truth, perf_counter() - begin))
        for matcher in matchers:
            for word in WORDS:
                for count in iterations:
                    begin = perf_counter()
                    match = matcher.match(*images, count, word)
                    matched = perf_counter()
                    refined, _ = refine(*images, match.disparity, match.resolution[1])
                    end = perf_counter()
                    for found, ended in (match.disparity, matched), (refined, end):
                        setting = matcher.model, word, count, ended is end
                        scores[setting].append(score(found, truth, ended - begin))
    return references, scores


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description='Measure the gain of the refinement.')
    parser.add_argument('--evaluation', type=Path, required=True, help='folder of the pairs')
    parser.add_argument('--iterations', type=int, nargs='+', default=(1, 2, 4))
    parser.add_argument('--threads', type=int, default=2, help='threads of the network')
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    pairs = list(read_pairs(arguments.evaluation))
    matchers = [StereoMatcher(x, 'cpu', arguments.threads) for x in MODELS]
    measure(pairs[:1], matchers, (1,))  # to warm up
    for name, pixels in SIZES.items():
        some = (scaled(pair, pixels) for pair in pairs)
        references, scores = measure(some, matchers, arguments.iterations)
        reference = np.array(references)
        print_head(
            f'**{len(pairs)} pairs at {name}.** SGBM: {{:.2f}} px, {{:.1f}} %'.format(
                *reference.mean(axis=0)
            ),
            *('Model', 'Resolution', 'Iterations', 'Refined', 'EPE', 'bad-2.0', "Of SGBM's"),
            *('Better on both', "Time, of SGBM's"),
        )
        for (model, word, count, refined), values in scores.items():
            own = np.array(values)
            error, share, _ = own.mean(axis=0)
            print_row(
                *(model, word, count, 'yes' if refined else 'no'),
                *(f'{error:.2f} px', f'{share:.1f} %'),
                '{:.0%}, {:.0%}'.format(*(own.mean(axis=0) / reference.mean(axis=0))[:2]),
                f'{(own[:, :2] < reference[:, :2]).all(axis=1).sum()} of {len(pairs)}',
                f'{np.median(own[:, 2] / reference[:, 2]):.2f}',
            )


if __name__ == '__main__':
    main()
