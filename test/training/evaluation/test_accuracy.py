# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The table of errors and times, with an included model."""

import re

import cv2
import numpy as np
import pytest

from crestereo_ros.evaluation.pairs import EvaluationPair
from training.evaluation import accuracy
from training.evaluation.accuracy import (
    errors,
    print_accuracy,
    print_comparison,
    print_models,
)


def shifted(disparity: int) -> EvaluationPair:
    """Return a pair of noise images with one disparity everywhere."""
    noise = np.random.default_rng(0).uniform(0, 255, (64, 96 + disparity, 3))
    wide = cv2.GaussianBlur(noise, (0, 0), 1).astype(np.uint8)
    truth = np.full((64, 96), disparity, np.float32)
    truth[:, :disparity] = np.inf  # not visible in the right image
    return EvaluationPair('noise', wide[:, :96], wide[:, disparity:], truth)


def test_errors_are_means_over_the_pairs():
    pairs = [shifted(2), shifted(6)]

    cell = errors(pairs, lambda pair: np.full((64, 96), 3, np.float32))

    assert cell == '2.00 px, 50.0 %'


def test_every_resolution_and_number_of_iterations_is_a_row(capsys):
    print_accuracy({'noise': [shifted(4)]}, ['crestereo_compact'], [1, 2], threads=1)

    rows = capsys.readouterr().out.strip().splitlines()[2:]
    assert len(rows) == 2 + 1 + 4 * 2
    assert rows[2].startswith('| SGBM, filled | - | - | 0.')
    assert re.fullmatch(r'\| crestereo_compact \| fast \| 1 \| \d.*px, .*% \| \d+ ms \|', rows[3])


def test_models_are_compared_with_sgbm_at_every_resolution(capsys):
    sets = {'near': [shifted(4)], 'far': [shifted(6), shifted(8)]}
    for pair in sum(sets.values(), []):
        pair.truth[:8] += 20  # so every method has errors there

    print_comparison(sets, ['crestereo_compact'], threads=1)

    title, _, head, _, first, *rows = capsys.readouterr().out.strip().splitlines()
    assert ', 3 pairs' in title
    assert head.startswith('| Method | Resolution | near | far | All |')
    cell = r'\d\.\d\d px, \d+\.\d %'
    assert re.fullmatch(
        rf'\| SGBM, filled \| - \|( {cell} \|){{3}} 100%, 100% \| - \| 1.0 \|', first
    )
    assert [row.split(' | ')[1] for row in rows] == [
        *('fast', 'fast, refined', 'medium', 'medium, refined', 'image', 'fine')
    ]
    for row in [first, *rows]:
        cells = row.strip('| ').split(' | ')
        near, far, both = (float(cell.split()[0]) for cell in cells[2:5])
        assert both == pytest.approx((near + 2 * far) / 3, abs=0.011)
        assert row is first or re.fullmatch('[0-3] of 3', cells[6])


def test_every_model_is_a_row_below_sgbm(capsys, monkeypatch):
    monkeypatch.setattr(accuracy, 'ROUNDS', 1)
    monkeypatch.setattr(accuracy, 'TIMED', (((32, 48), 'fast', 16), ((48, 64), 'image', 16)))

    print_models({'noise': [shifted(4)]}, ['', 'crestereo_compact'], threads=1)

    _, _, head, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert '| 32x48 at `fast` | 48x64 at `image` |' in head
    cell = r'\d\.\d\d px, \d+\.\d %'
    for row, name in zip(rows, ('SGBM, filled', *2 * ['crestereo_compact']), strict=True):
        pattern = rf'\| {name} \| {cell} \| \d+ ms \| \d+ ms \| [\d.]+, [\d.]+ \|'
        assert re.fullmatch(pattern, row)
