# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures how well the confidence separates right disparities from wrong ones; and the checks.

    make benchmark-confidence ARGS='--evaluation FOLDER --picture docs/images/confidence.png'
    make benchmark-confidence ARGS='--fit'

The program renders scenes that no network was trained on, and reads pairs with truth. It prints
Markdown tables and plots sparsification curves: the error of the kept pixels against their share
when those with the lowest confidence are removed first. With --fit, it prints the weights of
`crestereo_ros.validity.confidence` instead, fitted to other rendered scenes.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.evaluation.pairs import EvaluationPair, read_pairs
from crestereo_ros.evaluation.sgbm import BLOCK
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.evaluation.timing import medians
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.images import fill_from_background
from crestereo_ros.pipeline import DepthResult, DepthSettings, RectifiedPair
from crestereo_ros.refinement import gains, refine
from crestereo_ros.validity import Checks, right_disparity
from crestereo_ros.validity.confidence import evidence, own_evidence
from crestereo_ros.validity.validity import pixels_per_network_pixel
from training.evaluation.accuracy import SGBM_REACH

SHARES = np.linspace(0.05, 1, 20)
SHOWN = (1.0, 0.9, 0.8, 0.7, 0.5)
BAD = 2.0  # pixels
UNIQUENESS = (0, 2, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90)  # percent
FIRST = {'measure': 10_000, 'fit': 20_000}  # numbers of the first scenes, far apart
PIXELS_TO_FIT = 5000  # of each scene
SGBMS_OWN = "SGBM's uniqueness", "SGBM's oracle"  # rankings of SGBM's own disparity
NONE = Checks(out_of_view=False, occlusion=False, flying_pixels=False)
CHECKS = {
    'out of view': (Checks(True, False, False), False),
    'occluded': (Checks(False, True, False), False),
    'flying pixels': (Checks(False, False, True), False),
    'these three': (Checks(), False),
    'left-right check': (NONE, True),
    'all four': (Checks(), True),
}


@dataclass(frozen=True, eq=False)
class Ranking:
    """Errors in pixels (N,), and a score to rank them, best first."""

    errors: np.ndarray
    score: np.ndarray

    def curve(self) -> np.ndarray:
        """Return the share of bad pixels among those kept, for each of SHARES."""
        order = np.argsort(-self.score, kind='stable')
        bad = np.cumsum(self.errors[order] > BAD)
        kept = np.maximum((SHARES * len(order)).astype(int), 1)
        return bad[kept - 1] / kept


def rendered(count: int, first: int, height: int = 480, width: int = 640) -> list[EvaluationPair]:
    """Render three-dimensional scenes with the faults of cameras."""
    from training.scenes.degrade import degrade_pair
    from training.scenes.stream import solid_frames
    from training.scenes.three_d.renderer import Renderer

    renderer, pairs = Renderer(height, width), []
    for number in range(first, first + count):
        rng = np.random.default_rng((2028, number))
        (scene,), infrared = solid_frames(rng, renderer, [0.0])
        left, right = degrade_pair(rng, scene.left, scene.right, infrared)
        pairs.append(EvaluationPair(f'scene {number}', left, right, scene.disparity))
    return pairs


def fit(columns: np.ndarray, right: np.ndarray) -> np.ndarray:
    """
    Fit a logistic regression by Newton's method.

    :param columns: float (N, n)
    :param right: bool (N,)
    :returns: n weights and a constant
    """
    columns = np.column_stack([columns, np.ones(len(columns))]).astype(np.float64)
    weights = np.zeros(columns.shape[1])
    for _ in range(20):
        probability = 1 / (1 + np.exp(-columns @ weights))
        slope = columns * (probability * (1 - probability))[:, None]
        weights += np.linalg.solve(slope.T @ columns, columns.T @ (right - probability))
    return weights


def print_fit(matcher: StereoMatcher, resolutions: Sequence[str], count: int) -> None:
    """Print the weights of all kinds of evidence."""
    rng = np.random.default_rng(1)
    columns, right = defaultdict(list), defaultdict(list)
    for pair in rendered(count, FIRST['fit']):
        for resolution in resolutions:
            images = pair.left, pair.right
            match = matcher.match(*images, resolution=resolution)
            other = right_disparity(matcher, *images, resolution=resolution)
            scale = pixels_per_network_pixel(match)
            disparity, search = refine(*images, match.disparity, match.resolution[1])
            planes = {(False, True, False): evidence(match.disparity, *images, scale, other)}
            planes[False, False, False] = planes[False, True, False][:-1]
            if gains(pair.truth.shape, match.resolution):
                for with_right in None, other:
                    planes[False, with_right is not None, True] = evidence(
                        disparity, *images, scale, with_right, search
                    )
                if match.confidence is not None:
                    planes[True, False, True] = own_evidence(match.confidence, search, scale)
            chosen = rng.choice(np.flatnonzero(np.isfinite(pair.truth)), PIXELS_TO_FIT)
            for kind, some in planes.items():
                columns[kind].append(np.stack([x.ravel()[chosen] for x in some], axis=1))
                errors = np.abs((disparity if kind[2] else match.disparity) - pair.truth)
                right[kind].append((errors < scale).ravel()[chosen])
    for kind in sorted(columns):
        weights = fit(np.concatenate(columns[kind]), np.concatenate(right[kind]))
        print(f'{kind}: ({", ".join(f"{weight:.2f}" for weight in weights)}),')


def sgbm(pair: EvaluationPair) -> tuple[np.ndarray, np.ndarray]:
    """Return SGBM's filled disparity, and the largest uniqueness ratio that a pixel passes."""
    padded = [
        cv2.copyMakeBorder(image, 0, 0, SGBM_REACH, 0, cv2.BORDER_REPLICATE)
        for image in (pair.left, pair.right)
    ]
    score = np.full(pair.truth.shape, -1, np.float32)
    disparities = []
    for ratio in UNIQUENESS:
        matcher = cv2.StereoSGBM.create(
            minDisparity=0,
            numDisparities=SGBM_REACH,
            blockSize=BLOCK,
            P1=8 * 3 * BLOCK**2,
            P2=32 * 3 * BLOCK**2,
            disp12MaxDiff=-1,
            uniquenessRatio=ratio,
            mode=cv2.STEREO_SGBM_MODE_SGBM,
        )
        found = matcher.compute(*padded)[:, SGBM_REACH:].astype(np.float32) / 16
        disparities.append(found)
        score[found >= 0] = ratio
    disparity = disparities[0]  # with a ratio of 0, all pixels pass
    return fill_from_background(np.where(disparity < 0, np.nan, disparity)), score


def measure(
    matcher: StereoMatcher, pairs: Iterable[EvaluationPair], settings: DepthSettings
) -> tuple[dict[str, list[Ranking]], dict[str, list[tuple[float, float, float]]]]:
    """Return rankings by method; by check, the share found and the bad shares of it and others."""
    rankings, found = defaultdict(list), defaultdict(list)
    for pair in pairs:
        known = np.isfinite(pair.truth)
        images = pair.left, pair.right
        rectified = RectifiedPair(*images)
        match = matcher.match(*images, resolution=settings.resolution)
        other = right_disparity(matcher, *images, resolution=settings.resolution)
        # As the node publishes it, and estimated even if the network has its own.
        alone = replace(match, confidence=None)
        scores = {
            'estimated': DepthResult(rectified, alone, settings).confidence,
            'estimated, left-right check': DepthResult(
                rectified, alone, settings, disparity_right=other
            ).confidence,
        }
        if match.confidence is not None:
            scores["the network's own"] = DepthResult(rectified, match, settings).confidence
        refined = DepthResult(rectified, match, settings).refined
        errors = np.abs(refined.disparity - pair.truth)[known]
        for name, score in scores.items():
            if score is not None:
                rankings[name].append(Ranking(errors, score[known]))
        rankings['oracle'].append(Ranking(errors, -errors))
        disparity, score = sgbm(pair)
        rivals = np.abs(disparity - pair.truth)[known]
        rng = np.random.default_rng(1)
        rankings["SGBM's uniqueness"].append(
            # Equal ratios in random order, not from top to bottom.
            Ranking(rivals, score[known] + 1e-3 * rng.random(rivals.shape, np.float32))
        )
        rankings["SGBM's uniqueness, of our disparity"].append(
            Ranking(errors, rankings["SGBM's uniqueness"][-1].score)
        )
        rankings["SGBM's oracle"].append(Ranking(rivals, -rivals))
        for name, (checks, twice) in CHECKS.items():
            valid = DepthResult(
                rectified,
                match,
                replace(settings, checks=checks),
                disparity_right=other if twice else None,
            ).known[known]
            bad = errors > BAD
            found[name].append((1 - valid.mean(), _mean(bad[~valid]), _mean(bad[valid])))
    return rankings, found


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float('nan')


def print_curves(rankings: dict[str, list[Ranking]]) -> dict[str, np.ndarray]:
    """Print and return the curves, which are means over the pairs."""
    print_head(
        '**Bad-2.0 of the pixels that are kept**, and the area: 0 the oracle, 1 random.',
        'Ranked by',
        *(f'{share:.0%} kept' for share in SHOWN),
        'Area',
    )
    curves = {name: np.mean([x.curve() for x in some], axis=0) for name, some in rankings.items()}
    for name, curve in curves.items():
        oracle = curves["SGBM's oracle" if name in SGBMS_OWN else 'oracle']
        area = (curve - oracle).mean() / (curve[-1] - oracle).mean()
        cells = [f'{100 * curve[np.argmin(abs(SHARES - share))]:.1f} %' for share in SHOWN]
        print_row(name, *cells, f'{area:.2f}')
    return curves


def print_calibration(rankings: dict[str, list[Ranking]]) -> None:
    """Print how many pixels of each confidence are right."""
    edges = np.linspace(0, 1, 6)
    print_head(
        '**Share of pixels less than 2 px off, by their confidence** (share of all pixels).',
        'Confidence',
        *(f'{low:.1f} to {high:.1f}' for low, high in zip(edges, edges[1:], strict=False)),
    )
    for name, some in rankings.items():
        if 'SGBM' in name or name == 'oracle':
            continue
        right = np.concatenate([x.errors < BAD for x in some])
        score = np.concatenate([x.score for x in some])
        bins = np.digitize(score, edges[1:-1])
        cells = [
            f'{_mean(right[bins == n]):.0%} ({_mean(bins == n):.0%})' if (bins == n).any() else '-'
            for n in range(5)
        ]
        print_row(name, *cells)


def print_checks(found: dict[str, list[tuple[float, float, float]]]) -> None:
    """Print what each check finds."""
    print_head(
        '**What the checks find.**',
        'Check',
        'Pixels made unknown',
        'Bad-2.0 of these',
        'Bad-2.0 of the others',
    )
    for name, values in found.items():
        print_row(name, *(f'{100 * x:.1f} %' for x in np.nanmean(values, axis=0)))


def print_times(matcher: StereoMatcher, pair: EvaluationPair, settings: DepthSettings) -> None:
    """Print the times of the match, the refinement and the checks."""
    images = pair.left, pair.right
    rectified = RectifiedPair(*images)
    match = matcher.match(*images, resolution=settings.resolution)
    alone = replace(match, confidence=None)
    steps = {
        'Match': lambda: matcher.match(*images, resolution=settings.resolution),
        'Refinement': lambda: DepthResult(rectified, match, settings).refinement,
        'and three checks': lambda: DepthResult(rectified, match, settings).passing,
        'and confidence': lambda: DepthResult(rectified, match, settings).confidence,
        'or estimated confidence': lambda: DepthResult(rectified, alone, settings).confidence,
    }
    times = medians(*steps.values(), rounds=15)
    height, width = pair.truth.shape
    print_head(f'**Time of a pair of {width}x{height}**, medians in turns.', *steps)
    print_row(*(f'{t:.1f} ms ({t / times[0]:.1%})' for t in times))


def draw(curves: dict[str, dict[str, np.ndarray]], path: Path) -> None:
    """Draw the curves of every set of pairs."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(curves), figsize=(5 * len(curves), 4), squeeze=False)
    for axis, (title, some) in zip(axes[0], curves.items(), strict=True):
        for name, curve in some.items():
            style = ':' if 'oracle' in name else '--' if name.startswith('SGBM') else '-'
            axis.plot(100 * SHARES, 100 * curve, style, label=name)
        axis.axhline(100 * some['oracle'][-1], color='grey', linewidth=0.8, label='random')
        axis.set(title=title, xlabel='pixels kept, %', ylabel='bad-2.0 of them, %')
        axis.set(xlim=(5, 100), ylim=0)
    axes[0, 0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def sets(folder: Path | None, count: int) -> Iterator[tuple[str, list[EvaluationPair]]]:
    """Yield the name and the pairs of each set."""
    yield f'{count} rendered scenes', rendered(count, FIRST['measure'])
    if folder is not None:
        pairs = list(read_pairs(folder))
        yield f'{len(pairs)} pairs of {folder.name}', pairs


def main() -> None:
    """Print the tables and draw the picture."""
    parser = argparse.ArgumentParser(description='Measure confidence and checks.')
    parser.add_argument('--evaluation', type=Path, help='folder of pairs with truth')
    parser.add_argument('--scenes', type=int, default=24, help='how many are rendered')
    parser.add_argument('--model', default='')
    parser.add_argument('--resolution', default='fast')
    parser.add_argument('--refine', default='auto', help='auto, on or off')
    parser.add_argument('--picture', type=Path, help='file to draw the curves in')
    parser.add_argument('--fit', action='store_true', help='print the weights, measure nothing')
    arguments = parser.parse_args()
    matcher = StereoMatcher(arguments.model, provider='cpu')
    if arguments.fit:
        print_fit(matcher, ('fast', 'medium', 'image'), arguments.scenes)
        return
    curves = {}
    settings = DepthSettings.of({x: getattr(arguments, x) for x in ('resolution', 'refine')})
    for name, pairs in sets(arguments.evaluation, arguments.scenes):
        print(f'\n## {name}, {matcher.model}, {arguments.resolution}, refine {arguments.refine}')
        rankings, found = measure(matcher, pairs, settings)
        curves[name] = print_curves(rankings)
        print_calibration(rankings)
        print_checks(found)
        if len(curves) == 1:
            print_times(matcher, pairs[0], settings)
    if arguments.picture:
        draw(curves, arguments.picture)


if __name__ == '__main__':
    main()
