# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The model recovers how points were moved, and nothing else."""

import numpy as np
import pytest

from crestereo_ros.alignment.rectification import (
    fit_rectification,
    Rectification,
    transform,
    UNTOUCHED,
)

TURNED = {
    'pitch': [0.05, 0, 0, 0, 0, 0, 0],
    'yaw': [0, 0.06, 0, 0, 0, 0, 0],
    'roll': [0, 0, 0.04, 0, 0, 0, 0],
    'zoom': [0, 0, 0, 0.03, 0, 0, 0],
    'vertical shift': [0, 0, 0, 0, 0.02, 0, 0],
    'baseline ahead': [0, 0, 0, 0, 0, 0.05, 0],
    'baseline tilted': [0, 0, 0, 0, 0, 0, 0.1],
    'all': [0.03, -0.04, 0.02, 0.02, 0.01, 0.04, -0.08],
}


def points(parameters, count=400, seed=0):
    """Make points on common rows with disparities of 5 to 60 px, then rotate both sides back."""
    rng = np.random.default_rng(seed)
    left = rng.uniform((-310, -230), (310, 230), (count, 2))
    right = left - np.stack([rng.uniform(5, 60, count), np.zeros(count)], axis=1)
    turned = Rectification(np.array(parameters, float))
    return (
        transform(left, np.linalg.inv(turned.left)),
        transform(right, np.linalg.inv(turned.right)),
    )


@pytest.mark.parametrize('parameters', TURNED.values(), ids=TURNED)
def test_lines_up_rotated_points(parameters):
    left, right = points(parameters)
    fitted = fit_rectification(left, right)
    others = points(parameters, seed=1)
    assert np.abs(fitted.errors(*others)).max() < 0.3
    if parameters[2] or parameters[3]:
        assert fitted.rotation == pytest.approx(np.degrees(parameters[2]), abs=0.1)
        assert fitted.scale == pytest.approx(np.exp(parameters[3]), abs=0.002)


def test_wrong_matches_have_no_influence():
    left, right = points(TURNED['all'])
    rng = np.random.default_rng(3)
    wrong = rng.choice(len(left), len(left) * 3 // 10, replace=False)
    right[wrong] += rng.uniform(-150, 150, (len(wrong), 2))
    fitted = fit_rectification(left, right)
    assert np.abs(fitted.errors(*points(TURNED['all'], seed=1))).max() < 0.7


def test_parameters_that_matches_do_not_determine_stay_zero():
    """Matches along one short row determine how far to move it, not how to rotate or zoom."""
    left = np.stack([np.linspace(-20, 20, 40), np.zeros(40)], axis=1)
    right = left + (-10, 4)
    fitted = fit_rectification(left, right)
    assert np.abs(fitted.errors(left, right)).max() < 0.2
    assert abs(fitted.rotation) < 0.2
    assert fitted.scale == pytest.approx(1, abs=0.002)
    assert abs(fitted.vertical_shift + 4) < 0.2


def test_the_centre_keeps_its_column():
    turned = Rectification(np.array(TURNED['all']))
    for homography in (turned.left, turned.right):
        assert transform(np.zeros((1, 2)), homography)[0, 0] == pytest.approx(0)


def test_untouched_is_the_identity():
    np.testing.assert_allclose(UNTOUCHED.left, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(UNTOUCHED.right, np.eye(3), atol=1e-12)
    assert UNTOUCHED.vertical_shift == 0
    assert UNTOUCHED.largest_angle == 0
