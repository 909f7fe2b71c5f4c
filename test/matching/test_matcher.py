# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The matcher with real model files of a small network."""

from concurrent.futures import ThreadPoolExecutor
import re
import subprocess
import sys
import time

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from spox import argument, build, Tensor
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.matching import (
    ImageSizeError,
    ImageTypeError,
    InferenceError,
    MatchCancelledError,
    SettingsError,
    StereoError,
    StereoMatcher,
    UnequalPairError,
)
from crestereo_ros.network import build_model


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


def test_repeats_the_border_up_to_a_multiple_of_four(matcher, make_pair):
    left, right = make_pair(50, 71)
    padded = [np.pad(x, ((0, 2), (0, 1), (0, 0)), mode='edge') for x in (left, right)]

    match = matcher.match(left, right, iterations=1)

    assert match.resolution == (50, 71)
    np.testing.assert_array_equal(
        match.disparity, matcher.match(*padded, iterations=1).disparity[:50, :71]
    )


def test_the_vertical_part_is_in_rows_of_the_image(matcher, small_model, make_pair):
    left, right = make_pair(64, 96)
    session = onnxruntime.InferenceSession(str(small_model), providers=['CPUExecutionProvider'])
    images = [cv2.resize(x, (96, 32), interpolation=cv2.INTER_AREA) for x in (left, right)]
    images = [x.transpose(2, 0, 1)[None].astype(np.float32) for x in images]
    inputs = [*images, np.zeros((1, 2, 16, 48), np.float32), np.array(0), np.array(3)]
    names = [x.name for x in session.get_inputs()]
    (output,) = session.run(None, dict(zip(names, inputs, strict=True)))
    start = np.zeros((64, 96), np.float32)

    match = matcher.match(left, right, 3, (32, 96), start)

    np.testing.assert_allclose(match.disparity, cv2.resize(output[0, 0], (96, 64)), atol=1e-4)
    # The network's points up.
    np.testing.assert_allclose(match.vertical, -2 * cv2.resize(output[0, 1], (96, 64)), atol=1e-4)


def test_a_start_takes_the_place_of_the_earlier_passes(matcher, make_pair):
    left, right = make_pair(64, 96)
    first = matcher.match(left, right, 4, (32, 48))
    # The same pass as the second of two, but for the vertical part and the resizing of the first.
    again = matcher.match(left, right, 4, start=first.disparity)
    anew = matcher.match(left, right, 4)

    assert not np.allclose(again.disparity, anew.disparity)
    unknown = first.disparity.copy()
    unknown[10, 10:20] = np.nan
    some = matcher.match(left, right, 4, start=unknown)
    assert np.isfinite(some.disparity).all()
    assert np.abs(some.disparity - again.disparity).max() > 0
    nothing = matcher.match(left, right, 4, start=np.full((64, 96), np.nan, np.float32))
    np.testing.assert_array_equal(nothing.disparity, anew.disparity)


def test_a_start_far_off_is_near_where_no_update_moves_it(make_pair, shipped_matcher):
    left, right = make_pair(64, 160)
    start = np.full((64, 160), 3, np.float32)

    match = shipped_matcher.match(left, right, 1, start=start)

    # One update moves by a pixel or so of a quarter of the size.
    assert abs(np.median(match.disparity) - 3) < 1


def test_every_shipped_model_finds_a_shift_and_is_sure_of_it(make_pair, shipped_matcher):
    match = shipped_matcher.match(*make_pair(96, 160))

    assert abs(np.median(match.disparity) - 3) < 0.3
    assert abs(np.median(match.vertical)) < 0.3
    assert np.median(match.confidence) > 0.5


@pytest.mark.parametrize('kind', ['init', 'combined'])
def test_a_file_that_cannot_take_a_start(zoo_model, make_pair, kind):
    matcher = StereoMatcher(str(zoo_model(kind, 32, 64)), provider='cpu', threads=1)

    with pytest.raises(SettingsError, match=rf'start must be None: .* \({kind}\), has no input'):
        matcher.match(*make_pair(32, 64), start=np.zeros((32, 64), np.float32))


def test_a_start_of_another_size(matcher, make_pair):
    with pytest.raises(SettingsError, match='start must be as large as the images, 32x64: 16x32'):
        matcher.match(*make_pair(32, 64), start=np.zeros((16, 32), np.float32))


def test_grey_is_equal_channels(matcher, make_pair):
    grey = [x[:, :, 1] for x in make_pair(32, 64)]
    color = [np.dstack([x, x, x]) for x in grey]

    np.testing.assert_array_equal(matcher.match(*grey).disparity, matcher.match(*color).disparity)


def test_takes_views(matcher, make_pair):
    left, right = make_pair(32, 64)

    turned = matcher.match(left[::-1, ::-1], right[::-1, ::-1]).disparity

    copies = left[::-1, ::-1].copy(), right[::-1, ::-1].copy()
    np.testing.assert_array_equal(turned, matcher.match(*copies).disparity)


def test_defaults(matcher, small_model, make_pair):
    pair = make_pair(32, 64)

    assert matcher.provider == 'cpu'
    assert matcher.model == str(small_model)
    assert matcher.fixed_resolution is None
    assert matcher.fixed_iterations is None
    expected = matcher.match(*pair, 2, (32, 64))
    for iterations in (None, 0):
        match = matcher.match(*pair, iterations)
        assert (match.iterations, match.resolution) == (2, (32, 64))
        assert match.seconds > 0
        assert match.confidence is None
        np.testing.assert_array_equal(match.disparity, expected.disparity)
    assert not np.allclose(expected.disparity, matcher.match(*pair, 3).disparity)


def test_a_word_for_the_resolution_follows_the_image(matcher, make_pair):
    pair = make_pair(32, 64)

    fine = matcher.match(*pair, 1, 'fine')
    assert (fine.iterations, fine.resolution) == (1, (64, 128))
    np.testing.assert_array_equal(fine.disparity, matcher.match(*pair, 1, (64, 128)).disparity)
    assert matcher.match(*pair, None, 'fine').iterations == 4
    fast = matcher.match(*make_pair(480, 640), None, 'fast')
    assert (fast.iterations, fast.resolution) == (2, (240, 320))


@pytest.mark.parametrize(
    ('own', 'fast', 'fine'), [('1', 1, 2), ('2', 2, 4), ('3', 2, 6), ('8', 4, 16), ('20', 10, 32)]
)
def test_words_take_less_and_more_than_a_files_own_iterations(
    small_weights, tmp_path, own, fast, fine
):
    metadata = {'crestereo.name': 'small', 'crestereo.iterations': own}
    path = tmp_path / 'small.onnx'
    onnx.save(build_model(small_weights, sign_flips=False, metadata=metadata), path)
    matcher = StereoMatcher(str(path), provider='cpu', threads=1)
    for word, count in ('fast', fast), ('medium', int(own)), ('image', int(own)), ('fine', fine):
        assert matcher.resolved((48, 64), resolution=word)[0] == count


def test_a_file_of_fixed_size_and_iterations(zoo_matcher, make_pair):
    pair = make_pair(48, 100)

    match = zoo_matcher.match(*pair)

    assert match.disparity.shape == match.vertical.shape == (48, 100)
    assert zoo_matcher.fixed_resolution == (32, 64)
    assert zoo_matcher.fixed_iterations == 2
    for arguments in ((), (None, 'fast'), (2, (32, 64))):
        again = zoo_matcher.match(*pair, *arguments)
        assert (again.iterations, again.resolution) == (2, (32, 64))
        np.testing.assert_array_equal(again.disparity, match.disparity)


@pytest.mark.parametrize('iterations', [-1, 33, 2.5, 'many'])
def test_iterations_out_of_range(matcher, make_pair, iterations):
    message = f'iterations must be 1 to 32.*{iterations}'
    with pytest.raises(SettingsError, match=message):
        matcher.match(*make_pair(32, 64), iterations)
    with pytest.raises(SettingsError, match=message):
        matcher.check(iterations)


@pytest.mark.parametrize(
    ('resolution', 'message'),
    [
        ((8, 64), 'resolution must be at least 16x16: 8x64'),
        ((64, 0), 'resolution must be at least 16x16'),
        ((-32, 64), 'resolution must be at least 16x16'),
        ('finest', 'resolution must be .* one of fast, medium, image, fine: finest'),
    ],
)
def test_resolutions_that_cannot_be(matcher, make_pair, resolution, message):
    with pytest.raises(SettingsError, match=message):
        matcher.match(*make_pair(32, 64), None, resolution)
    with pytest.raises(SettingsError, match=message):
        matcher.check(None, resolution)


def test_iterations_fixed(zoo_matcher):
    with pytest.raises(SettingsError, match='cannot be 5: .* fixed number of them, 2'):
        zoo_matcher.check(5)
    zoo_matcher.check(2)


def test_resolution_fixed(zoo_matcher):
    with pytest.raises(SettingsError, match='cannot be 64x96: .* runs at 32x64 only'):
        zoo_matcher.check(None, (64, 96))
    zoo_matcher.check(None, (32, 64))
    zoo_matcher.check(0, 'fine')


def test_what_can_be_is_checked_without_an_image(matcher):
    matcher.check()
    matcher.check(32, (480, 640))
    matcher.check(1, 'fast')


GOOD = np.zeros((32, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ('left', 'right', 'error', 'message'),
    [
        (GOOD.astype(np.float32), GOOD, ImageTypeError, 'left .* uint8, not float32'),
        (GOOD, GOOD.astype(np.uint16), ImageTypeError, 'right .* uint8, not uint16'),
        (GOOD, None, ImageTypeError, 'right .* not NoneType'),
        (GOOD[None], GOOD, ImageTypeError, 'left .* not of shape 1x32x64x3'),
        (GOOD, GOOD[0, 0], ImageTypeError, 'right .* not of shape 3'),
        (GOOD[:, :, :2], GOOD, ImageTypeError, 'left .* not of shape 32x64x2'),
        (GOOD, GOOD[:0], ImageSizeError, 'right image is empty'),
        (GOOD[:15], GOOD[:15], ImageSizeError, 'left image is too small: 15x64'),
        (GOOD, GOOD[:, :60], UnequalPairError, 'left image is 32x64 and the right one 32x60 '),
        (GOOD, GOOD[:, :, 0], UnequalPairError, 'left image is colour and the right one grey'),
    ],
)
def test_images_that_cannot_be_matched(matcher, left, right, error, message):
    with pytest.raises(error, match=message) as raised:
        matcher.match(left, right)
    assert isinstance(raised.value, StereoError)


def test_threads_share_a_matcher(matcher, make_pair):
    pairs = [make_pair(32 + 16 * (seed % 3), 64, seed) for seed in range(12)]
    expected = [matcher.match(*pair).disparity for pair in pairs]

    with ThreadPoolExecutor(4) as pool:
        disparities = list(pool.map(lambda pair: matcher.match(*pair).disparity, pairs))

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


def test_what_onnx_runtime_says_is_one_line(tmp_path):
    """A graph whose shapes do not fit when it runs."""
    image = Tensor(np.float32, (1, 3, 32, 64))
    inputs = {'left': argument(image), 'right': argument(image)}
    several = op.non_zero(inputs['left'])
    flow = op.reshape(op.cast(several, to=np.float32), op.const([1, 2, 32, 64], np.int64))
    path = tmp_path / 'failing.onnx'
    path.write_bytes(build(inputs, {'flow': flow}).SerializeToString())
    matcher = StereoMatcher(str(path), 'cpu')
    ones = np.ones((32, 64, 3), np.uint8)

    with pytest.raises(InferenceError) as raised:
        matcher.match(ones, ones)

    text = str(raised.value)
    assert re.fullmatch(r'model .*failing.onnx failed on cpu at resolution 32x64: .*', text)
    assert 'memory' not in text


TOO_LITTLE_MEMORY = """
import resource, sys
import numpy as np
from crestereo_ros.matching import InferenceError, StereoMatcher
matcher = StereoMatcher(provider='cpu', threads=1)
image = np.zeros((2000, 3000, 3), np.uint8)
used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]) * 2**20,) * 2)
try:
    matcher.match(image, image, 1, (2000, 3000))
except InferenceError as error:
    print(error)
"""


@pytest.mark.parametrize('megabytes', [5, 300, 800])
def test_too_little_memory_is_one_line(megabytes):
    """OpenCV's, NumPy's or ONNX Runtime's."""
    command = [sys.executable, '-c', TOO_LITTLE_MEMORY, str(megabytes)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, '')
    assert re.fullmatch(
        'there is too little memory for model crestereo_compact at resolution 2000x3000: '
        'choose a smaller one\n',
        ended.stdout,
    )


def test_negative_threads(small_model):
    with pytest.raises(SettingsError, match='threads .* -1'):
        StereoMatcher(str(small_model), threads=-1)
