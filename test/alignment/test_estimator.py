# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The estimator with scenes of known truth, without evidence, and with real samples."""

from pathlib import Path
import re

import cv2
import numpy as np
import pytest

from crestereo_ros.alignment import AlignmentEstimator

DEMO = Path(__file__).resolve().parents[2] / 'demo/data'
PHONE_PAIRS = ('cupandearphone', 'eevee', 'pantablet', 'paperbag', 'totoro')


def align(left, right, swap='no'):
    estimator = AlignmentEstimator(swap)
    estimator.add(left, right)
    return estimator.estimate()


def read(path, flags=cv2.IMREAD_COLOR):
    return cv2.imread(str(path), flags)


def orb_row_error(left, right):
    """Return the median row error of ORB matches; the estimator itself uses SIFT."""
    orb = cv2.ORB_create(3000, fastThreshold=10)
    (points, words), (others, more_words) = (orb.detectAndCompute(x, None) for x in (left, right))
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(words, more_words)
    matches = sorted(matches, key=lambda match: match.distance)[: len(matches) // 2]
    pairs = np.array([(points[m.queryIdx].pt, others[m.trainIdx].pt) for m in matches])
    _, good = cv2.findFundamentalMat(pairs[:, 0], pairs[:, 1], cv2.USAC_MAGSAC, 1.5, 0.999, 10000)
    rows = pairs[good.ravel() > 0][..., 1]
    assert len(rows) > 50
    return np.median(np.abs(rows[:, 0] - rows[:, 1])) * 640 / left.shape[1]


@pytest.mark.parametrize(
    'disturbance',
    [
        {'rotation': 2.0},
        {'scale': 1.03},
        {'move': (0, 12)},
        {'rotation': -1.5, 'scale': 0.97, 'move': (0, -8)},
        {'rotation': 8.0, 'move': (0, 40)},
    ],
    ids=str,
)
def test_corrects_the_disturbance_of_the_right_view(scene, disturbance):
    disturbed = scene.disturbed(**disturbance)
    alignment = align(disturbed.left, disturbed.right)
    assert np.abs(disturbed.row_errors(alignment.rectification)).max() < 0.5
    found = alignment.rectification
    # The correction is the inverse of cv2.getRotationMatrix2D, which has the opposite sign.
    assert found.rotation == pytest.approx(disturbance.get('rotation', 0), abs=0.1)
    assert found.scale == pytest.approx(1 / disturbance.get('scale', 1), abs=0.002)
    if list(disturbance) == ['move']:
        assert found.vertical_shift == pytest.approx(-disturbance['move'][1], abs=0.1)
    assert alignment.error_before > 1
    assert alignment.error_after < 0.2
    assert not alignment.identity
    assert not alignment.swapped


def test_every_disparity_becomes_positive(scene):
    """With zero disparity in mid scene, as in converged films, only the shift differs."""
    converged = scene.disturbed(move=(30, 0))
    assert (converged.left_points - converged.right_points)[:, 0].min() < -20
    alignment = align(converged.left, converged.right)
    left, right = alignment.apply(converged.left, converged.right)
    assert left is converged.left
    shift = round(alignment.horizontal_shift)
    np.testing.assert_array_equal(right[:, :-shift], converged.right[:, shift:])
    lowest = (converged.left_points - converged.right_points)[:, 0].min() + shift
    assert 5 < lowest < 20


@pytest.mark.parametrize('move', [-70, 60])
def test_rotated_views_get_small_positive_disparities(scene, move):
    """If rows are not aligned, nothing is calibrated, and a large offset has no meaning."""
    disturbed = scene.disturbed(rotation=2, move=(move, 5))
    alignment = align(disturbed.left, disturbed.right)
    middle = (np.array(disturbed.left.shape[1::-1]) - 1) / 2
    disparities = alignment.horizontal_shift + alignment.rectification.disparities(
        disturbed.left_points - middle, disturbed.right_points - middle
    )
    assert 5 < np.percentile(disparities, 1) < 30


def test_the_size_does_not_matter(scene):
    disturbed = scene.disturbed(rotation=1, move=(0, 10))
    large = [cv2.resize(x, None, fx=2.5, fy=2.5) for x in (disturbed.left, disturbed.right)]
    alignment = align(*large)
    assert np.abs(disturbed.row_errors(alignment.rectification)).max() < 0.5
    assert [x.shape for x in alignment.apply(*large)] == [(1200, 1600, 3)] * 2


def test_ignores_black_bars(scene):
    """A film with bars around it is aligned by its picture, although the bars do not move."""
    disturbed = scene.disturbed(rotation=1.5, scale=1.02, move=(0, 6)).barred(60, 110)
    alignment = align(disturbed.left, disturbed.right)
    columns, rows = disturbed.left_points.T
    inside = (columns > 130) & (columns < 510) & (rows > 80) & (rows < 400)
    assert np.abs(disturbed.row_errors(alignment.rectification))[inside].max() < 0.5


def test_a_calibrated_pair_is_left_untouched(scene):
    for left, right in (
        (scene.left, scene.right),
        (read(DEMO / 'left.png'), read(DEMO / 'right.png')),
    ):
        alignment = align(left, right, swap='auto')
        assert alignment.identity
        aligned = alignment.apply(left, right)
        assert aligned[0] is left
        assert aligned[1] is right
        assert 'rows unchanged: they already line up' in alignment.report
        assert 'in order' in alignment.report


@pytest.mark.parametrize('disturbance', [{}, {'rotation': 1, 'scale': 1.02, 'move': (0, 5)}])
def test_exchanged_views_are_exchanged_back(scene, disturbance):
    exchanged = scene.disturbed(**disturbance).exchanged()
    alignment = align(exchanged.left, exchanged.right, swap='auto')
    assert alignment.swapped
    assert 'exchanged (9' in alignment.report
    left, right = alignment.apply(exchanged.left, exchanged.right)
    if disturbance:
        assert np.abs(exchanged.exchanged().row_errors(alignment.rectification)).max() < 0.5
    else:
        assert left is exchanged.right
        assert right is exchanged.left


def test_follows_the_swap_argument(scene):
    assert align(scene.left, scene.right, swap='yes').swapped
    exchanged = scene.exchanged()
    assert not align(exchanged.left, exchanged.right, swap='no').swapped
    with pytest.raises(ValueError, match="swap is 'perhaps'"):
        AlignmentEstimator('perhaps')


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, (480, 640, 3), np.uint8)


def flat():
    return np.full((480, 640, 3), 90, np.uint8)


def with_a_corner_of(image):
    picture = flat()
    picture[:120, :160] = image[:120, :160]
    return picture


def bent(image):
    """Bend straight lines like a wide lens, which rotating a view cannot correct."""
    rows, columns = np.mgrid[-240:240, -320:320].astype(np.float32)
    bend = 1 + np.float32(0.3 / 320**2) * (columns**2 + rows**2)
    return cv2.remap(image, columns * bend + 320, rows * bend + 240, cv2.INTER_LINEAR)


@pytest.mark.parametrize(
    'make_left, make_right, reason',
    [
        (lambda s: flat(), lambda s: flat(), 'only 0 features'),
        (lambda s: np.zeros_like(s.left), lambda s: np.zeros_like(s.left), 'only 0 features'),
        (lambda s: noise(1), lambda s: noise(2), r'only \d+ features'),
        (lambda s: s.left, lambda s: noise(2), r'only \d+ features'),
        (lambda s: with_a_corner_of(s.left), lambda s: with_a_corner_of(s.right), 'cover only'),
        (lambda s: s.left, lambda s: s.disturbed(rotation=40).right, 'rotated by 40 degrees'),
        (lambda s: s.left, lambda s: cv2.rotate(s.right, cv2.ROTATE_180), 'contradict'),
        (lambda s: s.left, lambda s: bent(s.right), 'contradict'),
    ],
    ids=[
        'flat',
        'black',
        'noise',
        'unrelated',
        'one corner',
        'turned too far',
        'upside down',
        'bent',
    ],
)
def test_a_lack_of_evidence_changes_nothing_and_is_reported(scene, make_left, make_right, reason):
    left, right = make_left(scene), make_right(scene)
    alignment = align(left, right, swap='auto')
    assert alignment.identity
    assert alignment.apply(left, right)[1] is right
    assert re.search(reason, alignment.report)


def test_an_estimate_before_the_first_frame():
    assert 'no frame has been examined yet' in AlignmentEstimator().estimate().report
    assert AlignmentEstimator('yes').estimate().swapped


@pytest.mark.parametrize(
    'right', [np.zeros((480, 600, 3), np.uint8), np.zeros((480, 640), np.uint8)]
)
def test_refuses_images_that_are_not_a_pair(right):
    left = flat() if right.ndim == 3 else right
    with pytest.raises(ValueError, match='must be HxWx3'):
        AlignmentEstimator().add(left, right)


def test_is_steady_and_follows_cameras_that_move(scene):
    """The alignment stays as long as it fits, and changes after the cameras have moved."""
    estimator = AlignmentEstimator('no')
    still = scene.disturbed(rotation=1.5, move=(0, 6))
    held = []
    for _ in range(10):
        estimator.add(still.left, still.right)
        held.append(estimator.estimate())
    assert held[-1] is held[-2] is held[-3]

    black = np.zeros_like(scene.left)
    estimator.add(black, black)
    assert estimator.estimate() is held[-1], 'a black frame says nothing'

    moved = scene.disturbed(rotation=2.5, move=(0, 10))
    for _ in range(3):
        estimator.add(moved.left, moved.right)
        followed = estimator.estimate()
    assert followed is not held[-1]
    assert np.median(np.abs(moved.row_errors(followed.rectification))) < 0.6


@pytest.mark.parametrize('name', PHONE_PAIRS)
def test_hand_held_pairs_line_up(shared, name):
    left, right = (
        read(shared(f'phone_pairs/{name}_{side}.jpg'), cv2.IMREAD_REDUCED_COLOR_4)
        for side in ('left', 'right')
    )
    assert orb_row_error(left, right) > 1
    alignment = align(left, right)
    left, right = alignment.apply(left, right)
    assert orb_row_error(left, right) <= 1


def test_a_real_calibrated_pair_is_left_untouched(shared):
    left, right = (read(shared(f'motorcycle/{side}.png')) for side in ('left', 'right'))
    assert align(left, right, swap='auto').identity
    exchanged = align(right, left, swap='auto')
    assert exchanged.swapped
    assert not exchanged.warps
