# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of the zoo's contracts, and files of none."""

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from spox import argument, build, Tensor
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.matching import NotStereoModelError, StereoMatcher
from crestereo_ros.models.contracts import contract_of
from crestereo_ros.models.resizing import half_size, resize_aligned

# The same operations on the same numbers, but folded and fused differently by ONNX Runtime where
# sizes and iterations are fixed: float32 roundings, which the updates enlarge. Seen: 4e-7 of the
# largest disparity.
TOLERANCE = 1e-4


def assert_same(disparity, expected):
    assert np.abs(expected).max() > 1
    assert np.abs(disparity - expected).max() <= TOLERANCE * np.abs(expected).max()


SIZES = pytest.mark.parametrize('size', [(64, 96), (96, 128)])


@SIZES
def test_combined_is_the_run_time_sized_file(small_model, zoo_model, make_pair, size):
    pair = make_pair(75, 110)
    zoo = StereoMatcher(str(zoo_model('combined', *size)), 'cpu', threads=1)
    flexible = StereoMatcher(str(small_model), 'cpu', threads=1)

    assert zoo.fixed_resolution == size
    expected = flexible.match(*pair, iterations=2, resolution=size)
    assert_same(zoo.match(*pair).disparity, expected.disparity)


@SIZES
@pytest.mark.parametrize(('kind', 'coarse'), [('init', 1), ('next', 0)])
def test_one_pass_is_a_run_of_the_run_time_sized_file(
    small_model, zoo_model, make_pair, size, kind, coarse
):
    left, right = make_pair(75, 110)
    zoo = StereoMatcher(str(zoo_model(kind, *size)), 'cpu', threads=1)
    session = onnxruntime.InferenceSession(str(small_model), providers=['CPUExecutionProvider'])
    interpolation = cv2.INTER_AREA if size[0] < 75 else cv2.INTER_LINEAR
    images = [cv2.resize(x, size[::-1], interpolation=interpolation) for x in (left, right)]
    images = [x.transpose(2, 0, 1)[None].astype(np.float32) for x in images]
    counts = np.array(coarse), np.array(2)
    inputs = [*images, np.zeros((1, 2, size[0] // 2, size[1] // 2), np.float32), *counts]
    names = [x.name for x in session.get_inputs()]
    (output,) = session.run(None, dict(zip(names, inputs, strict=True)))

    expected = cv2.resize(output[0, 0], (110, 75)) * (110 / size[1])
    assert_same(zoo.match(left, right).disparity, expected)


@pytest.fixture
def flexible(small_model):
    """Return a function that gives the contract of a run-time-sized file."""
    contract = contract_of(onnxruntime.InferenceSession(str(small_model)), small_model)
    return partial(replace, contract)


@pytest.mark.parametrize(
    ('resolution', 'sizes'),
    [
        ((240, 320), [(120, 160), (240, 320)]),
        ((480, 640), [(240, 320), (480, 640)]),
        ((376, 1244), [(188, 624), (376, 1244)]),
        ((752, 1112), [(188, 280), (376, 556), (752, 1112)]),
        ((1080, 1920), [(136, 240), (272, 480), (540, 960), (1080, 1920)]),
        ((20, 400), [(16, 200), (20, 400)]),
        ((16, 16), [(16, 16), (16, 16)]),
    ],
)
def test_each_pass_has_half_the_size_of_the_next(flexible, resolution, sizes):
    assert flexible(first_pixels=120_000).sizes(resolution) == sizes
    halved = max(resolution[0] // 2, 16), max(resolution[1] // 2, 16)
    assert flexible().sizes(resolution) == [halved, resolution]  # as the publication halves


def test_the_first_pass_of_a_long_image_keeps_its_rows(flexible):
    assert flexible(first_pixels=40_000).sizes((576, 1920))[0] == (144, 480)


def test_there_is_an_end_of_passes(flexible):
    assert flexible(first_pixels=256).sizes((20, 4000))[0] == (16, 16)


@pytest.mark.parametrize('size', [(240, 320), (360, 640), (720, 1280)])
def test_sizes_that_need_no_padding_get_none(small_model, make_pair, size):
    """The two passes of the publication, at the sizes that the zoo has them."""
    left, right = make_pair(*size)
    session = onnxruntime.InferenceSession(str(small_model), providers=['CPUExecutionProvider'])
    names = [x.name for x in session.get_inputs()]
    images = [x.astype(np.float32) for x in (left, right)]
    halves = [half_size(x) for x in images]
    expected = np.zeros((1, 2, 1, 1), np.float32)
    for pair, coarse in ((halves, 1), (images, 0)):
        inputs = [*(x.transpose(2, 0, 1)[None] for x in pair), expected]
        counts = np.array(coarse), np.array(1)
        (expected,) = session.run(None, dict(zip(names, [*inputs, *counts], strict=True)))

    matcher = StereoMatcher(str(small_model), 'cpu')

    assert_same(matcher.match(left, right, iterations=1).disparity, expected[0, 0])


@pytest.mark.parametrize(('first_pixels', 'half', 'ratio'), [(10**6, 44, 84 / 88), (None, 42, 1)])
def test_a_half_that_is_no_multiple(small_model, make_pair, tmp_path, first_pixels, half, ratio):
    """
    Networks trained here round it, and scale the disparity by the widths: 160 to 80.

    The publication does neither: its first output is as high as what it is rounded to, and the
    heights scale both directions.
    """
    path = small_model
    if first_pixels:
        model = onnx.load(small_model)
        model.metadata_props.add(key='crestereo.first_pixels', value=str(first_pixels))
        path = tmp_path / 'rounding.onnx'
        onnx.save(model, path)
    left, right = make_pair(84, 160)
    session = onnxruntime.InferenceSession(str(small_model), providers=['CPUExecutionProvider'])
    names = [x.name for x in session.get_inputs()]
    images = [x.astype(np.float32) for x in (left, right)]
    halves = [resize_aligned(x, (half, 80)) for x in images]
    expected = np.zeros((1, 2, 1, 1), np.float32)
    for pair, coarse in ((halves, 1), (images, 0)):
        inputs = [*(x.transpose(2, 0, 1)[None] for x in pair), expected]
        counts = np.array(coarse), np.array(2)
        (expected,) = session.run(None, dict(zip(names, [*inputs, *counts], strict=True)))
        if coarse:
            assert expected.shape == (1, 2, 44, 80)
            expected[0, 0] *= 1 / ratio

    matcher = StereoMatcher(str(path), 'cpu')

    assert_same(matcher.match(left, right, iterations=2).disparity, expected[0, 0])


def test_passes_follow_one_another_at_twice_the_size(small_model, make_pair, tmp_path):
    model = onnx.load(small_model)
    model.metadata_props.add(key='crestereo.first_pixels', value=str(64 * 64))
    path = tmp_path / 'careful.onnx'
    onnx.save(model, path)
    left, right = make_pair(192, 192)
    session = onnxruntime.InferenceSession(str(small_model), providers=['CPUExecutionProvider'])
    names = [x.name for x in session.get_inputs()]
    expected = np.zeros((1, 2, 1, 1), np.float32)
    for size, coarse in ((48, 1), (96, 0), (192, 0)):
        images = [x.astype(np.float32) for x in (left, right)]
        while len(images[0]) > size:
            images = [half_size(image) for image in images]
        images = [x.transpose(2, 0, 1)[None] for x in images]
        inputs = [*images, expected, np.array(coarse), np.array(2)]
        (expected,) = session.run(None, dict(zip(names, inputs, strict=True)))

    careful = StereoMatcher(str(path), 'cpu', threads=1)

    assert_same(careful.match(left, right, iterations=2).disparity, expected[0, 0])


def test_next_takes_a_start_at_half_the_size(zoo_model, small_model, make_pair):
    pair = make_pair(64, 96)
    start = np.random.default_rng(0).uniform(0, 9, (64, 96)).astype(np.float32)
    zoo = StereoMatcher(str(zoo_model('next', 64, 96)), 'cpu', threads=1)
    flexible = StereoMatcher(str(small_model), 'cpu', threads=1)

    expected = flexible.match(*pair, 2, start=start)
    assert_same(zoo.match(*pair, start=start).disparity, expected.disparity)
    assert not np.allclose(zoo.match(*pair).disparity, expected.disparity)


BAD_METADATA = [
    ('crestereo.first_pixels', 'nan'),
    ('crestereo.first_pixels', '100'),
    ('crestereo.first_pixels', '-1'),
    ('crestereo.first_pixels', 'many'),
    ('crestereo.iterations', 'many'),
    ('crestereo.iterations', '4.5'),
    ('crestereo.iterations', '0'),
    ('crestereo.iterations', '33'),
    ('crestereo.iterations', 'inf'),
]


@pytest.mark.parametrize(('key', 'value'), BAD_METADATA)
def test_metadata_that_cannot_be_used(small_model, tmp_path, key, value):
    model = onnx.load(small_model)
    del model.metadata_props[:]
    model.metadata_props.add(key=key, value=value)
    path = tmp_path / 'model.onnx'
    onnx.save(model, path)

    with pytest.raises(NotStereoModelError, match=f'model.onnx .*{key} .* {value!r}, not a whole'):
        StereoMatcher(str(path), 'cpu')


@pytest.mark.parametrize('value', ['many', '-3', 'inf'])
def test_metadata_of_a_fixed_file_that_cannot_be_used(zoo_model, tmp_path, value):
    model = onnx.load(zoo_model('init', 32, 64))
    del model.metadata_props[:]
    model.metadata_props.add(key='crestereo.iterations', value=value)
    path = tmp_path / 'model.onnx'
    onnx.save(model, path)

    with pytest.raises(NotStereoModelError, match=f'crestereo.iterations .* {value!r}'):
        StereoMatcher(str(path), 'cpu')


@pytest.mark.parametrize(('name', 'expected'), [('init_iter20_32x64', 20), ('mine', 0)])
def test_fixed_iterations_may_stand_in_the_name(zoo_model, tmp_path, name, expected):
    model = onnx.load(zoo_model('init', 32, 64))
    del model.metadata_props[:]
    path = tmp_path / f'{name}.onnx'
    onnx.save(model, path)

    matcher = StereoMatcher(str(path), 'cpu', threads=1)

    assert matcher.fixed_iterations == expected
    image = np.zeros((32, 64, 3), np.uint8)
    assert matcher.match(image, image).iterations == expected


IMAGE = Tensor(np.float32, (1, 3, 32, 64))
HALF = Tensor(np.float32, (1, 3, 16, 32))
FLOW = Tensor(np.float32, (1, 2, 16, 32))
ANY_IMAGE = Tensor(np.float32, (1, 3, 'height', 'width'))
ANY_FLOW = Tensor(np.float32, (1, 2, 'h', 'w'))
COUNT = Tensor(np.int64, ())


def save(path, inputs, output_channels=2):
    """Save a file with these inputs whose output is zeros."""
    arguments = {f'input{index}': argument(type_) for index, type_ in enumerate(inputs)}
    zeros = op.const(np.zeros((1, output_channels, 32, 64), np.float32))
    path.write_bytes(build(arguments, {'output': zeros}).SerializeToString())
    return str(path)


@pytest.mark.parametrize(
    'inputs',
    [
        (IMAGE, IMAGE),
        (IMAGE, IMAGE, FLOW),
        (HALF, HALF, IMAGE, IMAGE),
        (ANY_IMAGE, ANY_IMAGE, ANY_FLOW, COUNT, COUNT),
    ],
)
def test_names_of_inputs_do_not_matter(tmp_path, inputs):
    matcher = StereoMatcher(save(tmp_path / 'model.onnx', inputs), 'cpu', threads=1)

    image = np.zeros((32, 64, 3), np.uint8)
    np.testing.assert_array_equal(matcher.match(image, image).disparity, np.zeros((32, 64)))


@pytest.mark.parametrize(
    'inputs',
    [
        (IMAGE,),
        (IMAGE, HALF),
        (HALF, IMAGE),
        (Tensor(np.float32, (1, 1, 32, 64)),) * 2,
        (Tensor(np.float32, (3, 32, 64)),) * 2,
        (IMAGE, IMAGE, HALF),
        (IMAGE, IMAGE, Tensor(np.float32, (1, 2, 32, 64))),
        (IMAGE, IMAGE, IMAGE, IMAGE),
        (IMAGE, IMAGE, HALF, HALF),
        (IMAGE, IMAGE, FLOW, COUNT, COUNT),
        (ANY_IMAGE, ANY_IMAGE, ANY_FLOW, COUNT),
        (ANY_IMAGE, ANY_IMAGE, ANY_FLOW, COUNT, Tensor(np.int64, (2,))),
    ],
)
def test_other_inputs_are_no_stereo_network(tmp_path, inputs):
    path = save(tmp_path / 'model.onnx', inputs)

    with pytest.raises(NotStereoModelError, match=r'model.onnx .* input0 tensor'):
        StereoMatcher(path, 'cpu')


def test_a_confidence_is_scaled_to_the_image(tmp_path):
    """A file of two outputs."""
    types = (ANY_IMAGE, ANY_IMAGE, ANY_FLOW, COUNT, COUNT)
    inputs = {f'input{index}': argument(type_) for index, type_ in enumerate(types)}
    left = inputs['input0']
    channels = op.split(left, outputs_count=3, axis=1)
    outputs = {'result': op.concat(channels[1:], axis=1), 'sureness': channels[0]}
    path = tmp_path / 'model.onnx'
    model = build(inputs, outputs)
    for output, count in zip(model.graph.output, (2, 1), strict=True):
        shape = [1, count, 'height', 'width']
        output.CopyFrom(onnx.helper.make_tensor_value_info(output.name, 1, shape))
    onnx.save(model, path)
    image = np.full((66, 128, 3), (1, 2, 3), np.uint8)

    match = StereoMatcher(str(path), 'cpu').match(image, image, resolution=(33, 32))

    for part, value in (match.confidence, 1), (match.disparity, 2 * 4), (match.vertical, 3 * -2):
        assert part.dtype == np.float32
        np.testing.assert_array_equal(part, np.full((66, 128), value, np.float32))


def test_another_output_is_no_stereo_network(tmp_path):
    path = save(tmp_path / 'model.onnx', (IMAGE, IMAGE), output_channels=1)

    with pytest.raises(NotStereoModelError, match=r'output tensor\(float\) \[1, 1, 32, 64\]'):
        StereoMatcher(path, 'cpu')
