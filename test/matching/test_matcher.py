# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The matcher with real model files of a small network."""

from concurrent.futures import ThreadPoolExecutor
import time

import cv2
import numpy as np
import onnxruntime
import pytest

from crestereo_ros.matching import (
    ImageSizeError,
    ImageTypeError,
    MatchCancelledError,
    SettingsError,
    StereoError,
    StereoMatcher,
    UnequalPairError,
)


@pytest.fixture(scope='module')
def matcher(small_model):
    return StereoMatcher(str(small_model), provider='cpu', threads=1)


@pytest.fixture(scope='module')
def zoo_matcher(zoo_model):
    return StereoMatcher(str(zoo_model('init', 32, 64)), provider='cpu', threads=1)


def test_runs_the_two_passes_of_the_publication(matcher, small_model, make_pair):
    left, right = make_pair(64, 96)
    session = onnxruntime.InferenceSession(str(small_model), providers=['CPUExecutionProvider'])

    def infer(left, right, flow_init, coarse, fine):
        inputs = [left, right, flow_init, np.array(coarse), np.array(fine)]
        names = [x.name for x in session.get_inputs()]
        return session.run(None, dict(zip(names, inputs, strict=True)))[0]

    full = [image.transpose(2, 0, 1)[None].astype(np.float32) for image in (left, right)]
    start = infer(*map(half_with_aligned_corners, full), np.zeros((1, 2, 1, 1), 'f'), 2, 5)
    expected = infer(*full, start, 0, 5)[0, 0]

    disparity = matcher.match(left, right, iterations=5).disparity

    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(disparity, expected, atol=1e-4 * np.abs(expected).max())


def half_with_aligned_corners(image):
    """Halve (1, C, H, W), exactly."""
    for axis in (2, 3):
        length = image.shape[axis]
        position = np.linspace(0, length - 1, length // 2)
        low = np.minimum(position.astype(int), length - 2)
        share = (position - low).reshape([-1 if a == axis else 1 for a in range(4)])
        image = image.take(low, axis) * (1 - share) + image.take(low + 1, axis) * share
    return image.astype(np.float32)


@pytest.mark.parametrize('shape', [(64, 96), (50, 71), (16, 16), (33, 200)])
def test_disparity_has_the_image_size(matcher, make_pair, shape):
    disparity = matcher.match(*make_pair(*shape), iterations=1).disparity

    assert disparity.shape == shape
    assert disparity.dtype == np.float32
    assert np.isfinite(disparity).all()


def test_disparity_is_in_pixels_of_the_input(matcher, make_pair):
    left, right = make_pair(96, 128)
    small = [cv2.resize(x, (64, 32), interpolation=cv2.INTER_AREA) for x in (left, right)]

    disparity = matcher.match(left, right, iterations=2, resolution=(32, 64)).disparity

    expected = 2 * cv2.resize(matcher.match(*small, iterations=2).disparity, (128, 96))
    np.testing.assert_allclose(disparity, expected, rtol=1e-5)


def test_enlarges_bilinearly(matcher, make_pair):
    left, right = make_pair(32, 64)
    large = [cv2.resize(x, (128, 64)) for x in (left, right)]

    disparity = matcher.match(left, right, iterations=1, resolution=(64, 128)).disparity

    expected = cv2.resize(matcher.match(*large, iterations=1).disparity, (64, 32)) / 2
    np.testing.assert_allclose(disparity, expected, rtol=1e-5)


def test_repeats_the_border_where_the_network_needs_more(matcher, make_pair):
    left, right = make_pair(50, 71)
    padded = [np.pad(x, ((0, 14), (0, 25), (0, 0)), mode='edge') for x in (left, right)]

    disparity = matcher.match(left, right, iterations=1).disparity

    assert matcher.effective(left.shape) == (2, (50, 71))
    np.testing.assert_array_equal(disparity, matcher.match(*padded, iterations=1)[:50, :71])


def test_grey_is_equal_channels(matcher, make_pair):
    grey = [x[:, :, 1] for x in make_pair(32, 64)]
    color = [np.dstack([x, x, x]) for x in grey]

    np.testing.assert_array_equal(matcher.match(*grey), matcher.match(*color))


def test_takes_views(matcher, make_pair):
    left, right = make_pair(32, 64)

    turned = matcher.match(left[::-1, ::-1], right[::-1, ::-1])

    np.testing.assert_array_equal(
        turned, matcher.match(left[::-1, ::-1].copy(), right[::-1, ::-1].copy())
    )


def test_defaults(matcher, small_model, make_pair):
    pair = make_pair(32, 64)

    assert matcher.provider == 'cpu'
    assert matcher.model == str(small_model)
    assert matcher.fixed_resolution is None
    assert matcher.fixed_iterations is None
    for iterations in (None, 0):
        assert matcher.effective((32, 64, 3), iterations, None) == (2, (32, 64))
        np.testing.assert_array_equal(
            matcher.match(*pair, iterations), matcher.match(*pair, 2, (32, 64))
        )
    assert not np.allclose(matcher.match(*pair), matcher.match(*pair, 3))


def test_a_word_for_the_resolution_follows_the_image(matcher, make_pair):
    pair = make_pair(32, 64)

    assert matcher.effective((480, 640), None, 'fast') == (1, (240, 320))
    np.testing.assert_array_equal(
        matcher.match(*pair, 1, 'fine'), matcher.match(*pair, 1, (80, 160))
    )
    assert matcher.effective((32, 64), None, 'fine') == (4, (80, 160))
    assert matcher.effective((32, 64), 3, 'fine') == (3, (80, 160))


def test_a_file_of_fixed_size_and_iterations(zoo_matcher, make_pair):
    pair = make_pair(48, 100)

    disparity = zoo_matcher.match(*pair).disparity

    assert disparity.shape == (48, 100)
    assert zoo_matcher.fixed_resolution == (32, 64)
    assert zoo_matcher.fixed_iterations == 2
    assert zoo_matcher.effective((48, 100)) == (2, (32, 64))
    assert zoo_matcher.effective((48, 100), None, 'fast') == (2, (32, 64))
    np.testing.assert_array_equal(disparity, zoo_matcher.match(*pair, 2, (32, 64)))


@pytest.mark.parametrize('iterations', [-1, 33, 2.5, 'many'])
def test_iterations_out_of_range(matcher, make_pair, iterations):
    with pytest.raises(SettingsError, match=f'iterations must be 1 to 32.*{iterations}'):
        matcher.match(*make_pair(32, 64), iterations)


@pytest.mark.parametrize('resolution', [(8, 64), (64, 0), (-32, 64)])
def test_resolution_out_of_range(matcher, make_pair, resolution):
    with pytest.raises(SettingsError, match='resolution must be at least 16x16'):
        matcher.match(*make_pair(32, 64), None, resolution)


def test_iterations_fixed(zoo_matcher, make_pair):
    with pytest.raises(SettingsError, match='cannot be 5: .* fixed number of them, 2'):
        zoo_matcher.match(*make_pair(32, 64), 5)


def test_resolution_fixed(zoo_matcher, make_pair):
    with pytest.raises(SettingsError, match='cannot be 64x96: .* runs at 32x64 only'):
        zoo_matcher.match(*make_pair(32, 64), None, (64, 96))


GOOD = np.zeros((32, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ('left', 'right', 'error', 'message'),
    [
        (GOOD.astype(np.float32), GOOD, ImageTypeError, 'left .* uint8, not float32'),
        (GOOD, GOOD.astype(np.uint16), ImageTypeError, 'right .* uint8, not uint16'),
        (GOOD, None, ImageTypeError, 'right .* not NoneType'),
        (GOOD[None], GOOD, ImageTypeError, r'left .* not of shape \(1, 32, 64, 3\)'),
        (GOOD, GOOD[0, 0], ImageTypeError, r'right .* not of shape \(3,\)'),
        (GOOD[:, :, :2], GOOD, ImageTypeError, r'left .* not of shape \(32, 64, 2\)'),
        (GOOD, GOOD[:0], ImageSizeError, 'right image is empty'),
        (GOOD[:15], GOOD[:15], ImageSizeError, 'left image is too small: 15x64'),
        (GOOD, GOOD[:, :60], UnequalPairError, r'\(32, 64, 3\) and \(32, 60, 3\)'),
        (GOOD, GOOD[:, :, 0], UnequalPairError, r'\(32, 64, 3\) and \(32, 64\)'),
    ],
)
def test_images_that_cannot_be_matched(matcher, left, right, error, message):
    with pytest.raises(error, match=message) as raised:
        matcher.match(left, right)
    assert isinstance(raised.value, StereoError)


def test_threads_share_a_matcher(matcher, make_pair):
    pairs = [make_pair(32 + 16 * (seed % 3), 64, seed) for seed in range(12)]
    expected = [matcher.match(*pair) for pair in pairs]

    with ThreadPoolExecutor(4) as pool:
        disparities = list(pool.map(lambda pair: matcher.match(*pair), pairs))

    for disparity, alone in zip(disparities, expected, strict=True):
        np.testing.assert_array_equal(disparity, alone)


@pytest.mark.parametrize('kind', ['flexible', 'zoo'])
def test_cancel_ends_matches_in_progress_and_later_ones(small_model, zoo_model, make_pair, kind):
    path = small_model if kind == 'flexible' else zoo_model('init', 480, 640, 5)
    matcher = StereoMatcher(str(path), provider='cpu', threads=1)
    pair = make_pair(480, 640)  # for a second or so

    with ThreadPoolExecutor(2) as pool:
        matches = [pool.submit(matcher.match, *pair, 5) for _ in range(8)]
        time.sleep(0.3)
        running = [match for match in matches if match.running()]
        matcher.cancel()
        assert running
        for match in running:
            with pytest.raises(MatchCancelledError, match=str(path)):
                match.result()

    with pytest.raises(MatchCancelledError):
        matcher.match(*make_pair(32, 64), 5)


def test_negative_threads(small_model):
    with pytest.raises(SettingsError, match='threads .* -1'):
        StereoMatcher(str(small_model), threads=-1)
