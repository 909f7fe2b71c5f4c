# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a method is measured."""

import numpy as np
import pytest

from crestereo_ros.benchmarking.measurement import measure
from crestereo_ros.benchmarking.samples import Sample


def test_errors_are_means_over_the_pairs_and_every_pair_is_matched_in_every_round():
    image = np.zeros((4, 5, 3), np.uint8)
    samples = [Sample(name, image, image) for name in 'ab']
    truths = [np.full((4, 5), 10, np.float32)] * 2
    matched = []

    def method(sample):
        matched.append(sample.name)
        return np.full((4, 5), 11 if sample.name == 'a' else 15, np.float32)

    figures = measure(method, samples, truths, 3, lambda: None)

    assert ''.join(matched) == 'aababab'
    assert figures['end_point_error'] == pytest.approx(3)
    assert figures['bad_2'] == 50
    assert 0 < figures['fastest_ms'] <= figures['time_ms'] <= figures['slowest_ms']


def test_quality_is_the_share_of_good_pixels(measurement):
    assert measurement(10, 80).good == 80
    assert measurement(10, 80, model='SGBM').is_sgbm and not measurement(10, 80).is_sgbm
