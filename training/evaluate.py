# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Print how good and how fast the shipped model is, beside OpenCV's SGBM.

    python -m training.evaluate

A cell is the end-point error in pixels and the share of bad-2.0 pixels, as means over the
pairs of a set; the time is the median over all pairs, each after one run to warm up.
"""

import argparse
import time

import cv2
import numpy as np

from crestereo_ros.matching import StereoMatcher
from training.evaluation import sgbm
from training.evaluation.measures import bad, end_point_error
from training.evaluation.pairs import all_sets

THREADS = 2
SGBM_REACH = 128  # pixels; what the truth needs is not told to it
SMALL = (240, 320)


def row(sets, method, size, iterations, match):
    """Measure `match(pair) -> disparity` on all sets and print one line of the table."""
    match(next(iter(sets.values()))[0])
    times, cells = [], []
    for pairs in sets.values():
        errors = []
        for pair in pairs:
            start = time.perf_counter()
            disparity = match(pair)
            times.append(time.perf_counter() - start)
            errors.append(
                (end_point_error(disparity, pair.truth), 100 * bad(disparity, pair.truth))
            )
        cells.append('{:.2f} px, {:.1f} %'.format(*np.mean(errors, axis=0)))
    columns = [method, size, iterations, *cells, f'{1000 * np.median(times):.0f} ms']
    print('| ' + ' | '.join(columns) + ' |', flush=True)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--model', default='', help='name or path; the shipped default if none')
    parser.add_argument('--iterations', type=int, nargs='+', default=(4, 8, 16, 32))
    arguments = parser.parse_args()

    cv2.setNumThreads(THREADS)
    matcher = StereoMatcher(arguments.model, provider='cpu', threads=THREADS)
    sets = all_sets()
    print('| Method | Network | Iterations | ' + ' | '.join(sets) + ' | Time |')
    print('| --- ' * (len(sets) + 4) + '|')
    row(sets, 'SGBM, filled', '-', '-', lambda pair: sgbm.match(pair.left, pair.right, SGBM_REACH))
    for size, resolution in (
        ('{}x{}'.format(*SMALL), lambda pair: SMALL),
        ('half the image', lambda pair: (pair.left.shape[0] // 2, pair.left.shape[1] // 2)),
        ('the image', lambda pair: None),
    ):
        for iterations in arguments.iterations:
            row(
                sets,
                matcher.model,
                size,
                str(iterations),
                lambda pair, n=iterations, r=resolution: matcher.match(
                    pair.left, pair.right, n, r(pair)
                ),
            )


if __name__ == '__main__':
    main()
