# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The advice."""

from crestereo_ros.benchmarking.advice import advice, fastest_good, pareto_front


def test_the_front_has_the_settings_that_no_faster_one_beats(measurement):
    points = [(30, 90), (10, 70), (20, 80), (25, 80), (40, 85)]
    front = pareto_front(measurement(*point) for point in points)
    assert [(x.time_ms, x.good) for x in front] == [(10, 70), (20, 80), (30, 90)]


def test_chooses_the_fastest_network_that_is_nearly_as_good(measurement):
    points = [measurement(10, 70), measurement(20, 86), measurement(30, 90)]
    points.append(measurement(1, 99, model='SGBM'))
    assert fastest_good(points, 5).time_ms == 20
    assert fastest_good(points, 0).time_ms == 30
    assert fastest_good(points, 50).time_ms == 10


def test_the_advice_is_a_sentence_with_parameters(measurement):
    points = [
        measurement(20, 86, iterations=2),
        measurement(30, 90, resolution='image'),
        measurement(5, 80, model='SGBM'),
    ]
    assert advice(points, 5) == (
        'Set model:=net iterations:=2 resolution:=fast: 86.0 % of the pixels within 2 px in 20 ms '
        '(against 90.0 % of the pixels within 2 px in 30 ms at the best setting, model:=net '
        'iterations:=4 resolution:=image; 80.0 % of the pixels within 2 px in 5 ms with SGBM).'
    )
    assert advice(points[1:2], 5) == (
        'Set model:=net iterations:=4 resolution:=image: 90.0 % of the pixels within 2 px in '
        '30 ms.'
    )


def test_advises_sgbm_if_it_is_neither_slower_nor_worse(measurement):
    points = [measurement(20, 86), measurement(30, 90)]
    text = 'For images like these, use SGBM (stereo_image_proc, or StereoSGBM of OpenCV): 86.0 % '
    assert advice([*points, measurement(20, 86, model='SGBM')], 5).startswith(text)
    assert 'If you want the network, set model:=net' in advice(
        [*points, measurement(5, 95, model='SGBM')], 5
    )
    for time, good in (21, 99), (5, 85.9):
        assert advice([*points, measurement(time, good, model='SGBM')], 5).startswith('Set model')


def test_a_reference_is_not_a_truth(measurement):
    best = measurement(30, 100, resolution='image')
    points = [measurement(20, 96), best, measurement(5, 97, model='SGBM')]
    assert advice(points, 5, best.setting) == (
        'Set model:=net iterations:=4 resolution:=fast: 96.0 % of the pixels agree with the best '
        'setting within 2 px in 20 ms (against 30 ms at the best setting, model:=net '
        'iterations:=4 resolution:=image; 97.0 % of the pixels agree with the best setting '
        'within 2 px in 5 ms with SGBM).'
    )
    assert 'resolution:=image: 30 ms (against 97.0 %' in advice(points, 0, best.setting)
