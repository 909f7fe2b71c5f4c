# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frozen files compared with the run-time-sized ones that they are made from."""

from dataclasses import replace

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

from crestereo_ros.freezing import freeze, FreezingError, Target
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.models.contracts import contract_of
from crestereo_ros.network import Float16, Winograd

SIZE = 60, 100  # half of it is rounded to 32x52, so both sides are scaled differently


@pytest.fixture(scope='module')
def pair():
    """Return two images with a disparity of four pixels."""
    noise = np.random.default_rng(0).uniform(0, 255, (*SIZE, 3)).astype(np.float32)
    scene = cv2.GaussianBlur(noise, (0, 0), 2)
    scene = ((scene - scene.min()) / np.ptp(scene) * 255).astype(np.uint8)
    return scene, np.roll(scene, -4, axis=1)


def frozen(model, tmp_path, **options):
    """Write a frozen file with two iterations, and return its path and matcher."""
    contract = contract_of(onnxruntime.InferenceSession(str(model)), model)
    sizes = replace(contract, first_pixels=2000).sizes(SIZE)
    path = tmp_path / 'frozen.onnx'
    path.write_bytes(freeze(model, Target(tuple(sizes), 2, **options)))
    return path, StereoMatcher(str(path), 'cpu', threads=1)


@pytest.mark.parametrize(
    ('arithmetic', 'sign_flips', 'tolerance'),
    [
        (None, False, 1e-4),
        (Float16(), False, 2e-2),  # the order of sums may differ, in half precision
        (Winograd(), True, 1e-2),  # computed in another order, see network.winograd
    ],
)
def test_gives_the_values_of_the_model(
    make_model, pair, tmp_path, arithmetic, sign_flips, tolerance
):
    model = make_model(arithmetic=arithmetic, sign_flips=sign_flips)
    expected = StereoMatcher(str(model), 'cpu', threads=1).match(*pair, 2, SIZE)

    _, matcher = frozen(model, tmp_path)
    found = matcher.match(*pair)

    assert (matcher.fixed_resolution, matcher.fixed_iterations) == (SIZE, 2)
    scale = np.abs(expected.disparity).max()
    np.testing.assert_allclose(found.disparity, expected.disparity, atol=tolerance * max(scale, 1))
    np.testing.assert_allclose(found.vertical, expected.vertical, atol=tolerance * max(scale, 1))
    np.testing.assert_allclose(found.confidence, expected.confidence, atol=tolerance)


def test_halves_the_size_as_published_if_the_model_does(model, pair, tmp_path):
    """Published weights have no `first_pixels`: half of 60x100 is 30x50."""
    official = onnx.load(model)
    (entry,) = (x for x in official.metadata_props if x.key == 'crestereo.first_pixels')
    official.metadata_props.remove(entry)
    onnx.save(official, tmp_path / 'official.onnx')
    expected = StereoMatcher(str(tmp_path / 'official.onnx'), 'cpu', threads=1).match(
        *pair, 2, SIZE
    )

    path = tmp_path / 'frozen.onnx'
    path.write_bytes(freeze(tmp_path / 'official.onnx', Target(((30, 50), SIZE), 2)))

    found = StereoMatcher(str(path), 'cpu', threads=1).match(*pair)
    np.testing.assert_allclose(found.disparity, expected.disparity, atol=1e-4)
    assert np.abs(found.disparity).max() > 0.1


def test_can_start_from_an_earlier_disparity(model, pair, tmp_path):
    start = np.full(SIZE, 4, np.float32)
    expected = StereoMatcher(str(model), 'cpu', threads=1).match(*pair, 2, SIZE, start=start)

    _, matcher = frozen(model, tmp_path, takes_start=True)

    found = matcher.match(*pair, start=start)
    np.testing.assert_allclose(found.disparity, expected.disparity, atol=1e-4)


def test_has_neither_control_flow_nor_open_shapes(model, tmp_path):
    path, _ = frozen(model, tmp_path)

    graph = onnx.load(path)

    onnx.checker.check_model(graph, full_check=True)
    assert not {'Loop', 'If', 'Constant'} & {node.op_type for node in graph.graph.node}
    shapes = [[x.dim_value for x in v.type.tensor_type.shape.dim] for v in graph.graph.output]
    assert shapes == [[1, 2, *SIZE], [1, 1, *SIZE]]
    # It is plain, whatever device the model was for, and can be frozen again.
    metadata = {x.key: x.value for x in graph.metadata_props}
    assert metadata == {
        'crestereo.name': 'small',
        'crestereo.iterations': '2',
        'crestereo.first_pixels': '2000',
        'crestereo.sign_flips': '0',
    }
    assert freeze(path, Target((SIZE,), 1))


def test_half_precision_can_be_chosen(model, pair, tmp_path):
    full = StereoMatcher(str(model), 'cpu', threads=1).match(*pair, 2, SIZE).disparity
    path, matcher = frozen(model, tmp_path, precision='fp16')

    kept = {x.name: x.data_type for x in onnx.load(path).graph.initializer}
    assert kept['fnet.conv1.weight'] == onnx.TensorProto.FLOAT16
    difference = np.abs(matcher.match(*pair).disparity - full).mean()
    assert 0 < difference < 0.02 * np.abs(full).max()


def test_refuses_a_model_without_names(model, tmp_path):
    old = onnx.load(model)
    del old.metadata_props[:]
    onnx.save(old, tmp_path / 'old.onnx')

    with pytest.raises(FreezingError, match='old.onnx does not keep the names of its weights'):
        freeze(tmp_path / 'old.onnx', Target((SIZE,), 1))
