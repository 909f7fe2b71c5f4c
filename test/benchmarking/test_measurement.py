# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measuring a method."""

from time import sleep

import numpy as np

from crestereo_ros.benchmarking.measurement import mean_errors, measure_round
from crestereo_ros.benchmarking.samples import Sample


def test_a_round_matches_every_pair_once_after_one_to_warm_up():
    image = np.zeros((4, 5, 3), np.uint8)
    matched = []

    def method(sample):
        matched.append(sample.name)
        if len(matched) > 1:  # the first does not count
            sleep(0.01 if sample.name == 'a' else 0.03)
        return np.full((4, 5), len(matched))

    samples = [Sample(name, image, image) for name in 'ab']
    time, disparities = measure_round(method, samples, lambda: None)

    assert matched == ['a', 'a', 'b']
    assert [disparity[0, 0] for disparity in disparities] == [2, 3]
    assert time >= 20


def test_errors_are_means_over_the_pairs():
    truths = [np.full((4, 5), 10.0), np.full((2, 3), 10.0)]
    disparities = [np.full((4, 5), 11.0), np.full((2, 3), 15.0)]
    assert mean_errors(disparities, truths) == (3, 50)
    disparities[0][:] = np.nan
    assert mean_errors(disparities, truths) == (7.5, 100)


def test_the_time_is_the_median_of_the_rounds(measurement):
    assert measurement(10, 80).times_ms == (8, 10, 11)
    assert measurement(10, 80).time_ms == 10


def test_quality_is_the_share_of_good_pixels(measurement):
    assert measurement(10, 80).good == 80
    assert measurement(10, 80, model='SGBM').is_sgbm and not measurement(10, 80).is_sgbm
