# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The sets of pairs."""

from training.evaluation.pairs import halves


def test_every_pair_is_in_one_half():
    """Pairs that choose a model are separate from pairs that report its errors."""
    pairs = list(range(9))
    first, second = halves(pairs).values()
    assert sorted([*first, *second]) == pairs
    assert abs(len(first) - len(second)) <= 1
