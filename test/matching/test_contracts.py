# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of the zoo's contracts, and files of none."""

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from spox import argument, build, Tensor
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.matching import NotStereoModelError, StereoMatcher
from crestereo_ros.matching.contracts import Flexible
from crestereo_ros.matching.images import half_size

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


@pytest.mark.parametrize(
    ('resolution', 'passes', 'multiple'),
    [
        ((240, 320), 2, 32),
        ((480, 640), 2, 32),
        ((500, 741), 2, 32),
        ((750, 1112), 3, 64),
        ((1080, 1920), 4, 128),
        ((16, 16), 2, 32),
    ],
)
def test_large_resolutions_have_more_passes(resolution, passes, multiple):
    contract = Flexible(None, 4, first_pixels=100_000)

    assert contract.passes(resolution) == passes
    assert contract.multiple(resolution) == multiple
    padded = tuple(-(-side // multiple) * multiple for side in resolution)
    assert contract.passes(padded) == passes
    assert Flexible(None, 4).passes(resolution) == 2


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
        (ANY_IMAGE, ANY_IMAGE),
        (Tensor(np.uint8, (1, 3, 32, 64)),) * 2,
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


def test_another_output_is_no_stereo_network(tmp_path):
    path = save(tmp_path / 'model.onnx', (IMAGE, IMAGE), output_channels=1)

    with pytest.raises(NotStereoModelError, match=r'output tensor\(float\) \[1, 1, 32, 64\]'):
        StereoMatcher(path, 'cpu')
