# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Error measures on numbers that can be checked by hand."""

import numpy as np
import pytest

from training.evaluation.measures import bad, end_point_error


def test_unknown_truth_does_not_count():
    """Errors 1, 3 and 0; the fourth pixel's truth is unknown."""
    truth = np.array([[10, 10, 10, np.inf]], np.float32)
    disparity = np.array([[11, 7, 10, 99]], np.float32)
    assert end_point_error(disparity, truth) == pytest.approx(4 / 3)
    assert bad(disparity, truth) == pytest.approx(1 / 3)
    assert bad(disparity, truth, threshold=0.5) == pytest.approx(2 / 3)
