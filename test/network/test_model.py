# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The run-time-sized model file in ONNX Runtime."""

import numpy as np
import onnx
import pytest

from crestereo_ros.network import build_model

# For a flow_init that is ignored.
ANYTHING = np.full((1, 2, 1, 1), 7, np.float32)


def run(session, left, right, flow_init, coarse, fine):
    """Return the disparity (1, 2, H, W) of one pair."""
    inputs = [left, right, flow_init, np.array(coarse), np.array(fine)]
    names = [x.name for x in session.get_inputs()]
    return session.run(['disparity'], dict(zip(names, inputs, strict=True)))[0]


def random_pair(height, width):
    """Make two noise images."""
    noise = np.random.default_rng(0).uniform(0, 255, (2, 1, 3, height, width))
    return tuple(noise.astype(np.float32))


@pytest.fixture(scope='module')
def official_session(official_weights, open_model):
    """Return a session of a model with the official widths."""
    return open_model(build_model(official_weights, sign_flips=True, metadata={}))


@pytest.mark.parametrize('case', ['64x96_iter2', '96x128_iter5', '128x160_iter10'])
@pytest.mark.parametrize('way', ['init', 'next', 'init_full'])
def test_reproduces_the_official_architecture(official_session, reference_vectors, case, way):
    iterations = int(case.split('iter')[1])
    half = '_half' if way == 'init' else ''
    left, right = (reference_vectors[f'{case}_{side}{half}'] for side in ('left', 'right'))
    if way == 'next':
        coarse, flow_init = 0, reference_vectors[f'{case}_init']
    else:
        coarse, flow_init = iterations // 2, ANYTHING

    disparity = run(official_session, left, right, flow_init, coarse, iterations)

    expected = reference_vectors[f'{case}_{way}']
    assert disparity.shape == expected.shape
    assert np.abs(disparity - expected).max() <= 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize('size', [(16, 16), (16, 80), (48, 16), (96, 64)])
@pytest.mark.parametrize('coarse', [0, 1])
def test_runs_at_any_multiple_of_16(small_session, size, coarse):
    flow_init = np.ones((1, 2, 3, 5), np.float32)

    disparity = run(small_session, *random_pair(*size), flow_init, coarse, 1)

    assert disparity.shape == (1, 2, *size)
    assert disparity.dtype == np.float32
    assert np.isfinite(disparity).all()


def test_starts_from_flow_init_only_without_coarse_iterations(small_session):
    pair = random_pair(32, 48)
    zero, two = (np.full((1, 2, 16, 24), x, np.float32) for x in (0, 2))

    from_zero, from_two = (run(small_session, *pair, x, 0, 1) for x in (zero, two))
    coarse_zero, coarse_two = (run(small_session, *pair, x, 1, 1) for x in (zero, two))

    assert not np.allclose(from_zero, from_two)
    np.testing.assert_array_equal(coarse_zero, coarse_two)
    assert not np.allclose(from_zero, coarse_zero)


def test_keeps_flow_init_without_iterations(small_session):
    # Away from the border, where upsampling mixes in zeros from outside the image.
    flow_init = np.full((1, 2, 16, 24), 3, np.float32)

    disparity = run(small_session, *random_pair(32, 48), flow_init, 0, 0)

    np.testing.assert_allclose(disparity[:, :, 4:-4, 4:-4], 2 * 3, rtol=1e-5)


@pytest.mark.parametrize('more', [(1, 2), (2, 1)])
def test_counts_iterations(small_session, more):
    pair = random_pair(32, 48)

    assert not np.allclose(
        run(small_session, *pair, ANYTHING, 1, 1), run(small_session, *pair, ANYTHING, *more)
    )


def test_flips_signs_between_stages_for_official_weights(small_session, small_weights, open_model):
    flipping = open_model(build_model(small_weights, sign_flips=True, metadata={}))
    pair = random_pair(32, 48)
    start = np.ones((1, 2, 16, 24), np.float32)

    np.testing.assert_array_equal(
        run(flipping, *pair, start, 0, 2), run(small_session, *pair, start, 0, 2)
    )
    assert not np.allclose(
        run(flipping, *pair, start, 1, 2), run(small_session, *pair, start, 1, 2)
    )


def test_the_file_is_valid_and_opens_in_old_runtimes(small_weights):
    model = build_model(small_weights, sign_flips=False, metadata={'crestereo.name': 'small'})

    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 8
    assert [x.version for x in model.opset_import] == [16]
    assert {x.key: x.value for x in model.metadata_props} == {
        'crestereo.name': 'small',
        'crestereo.sign_flips': '0',
    }


def test_loops_contain_their_weights_and_nothing_constant(small_weights):
    model = build_model(small_weights, sign_flips=False, metadata={})

    bodies = list(loop_bodies(model.graph))

    assert len(bodies) == 3
    for body in bodies:
        operators = [node.op_type for node in body.node]
        # Motion encoder 5, gates 6, flow head 2; neither context nor mask.
        assert operators.count('Conv') == 13
        constants = {x.name for x in body.initializer}
        for node in body.node:
            assert node.op_type != 'Conv' or node.input[1] in constants


def loop_bodies(graph):
    """Yield the bodies of all loops of a graph."""
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField('g'):
                if node.op_type == 'Loop':
                    yield attribute.g
                yield from loop_bodies(attribute.g)


def test_only_our_networks_have_a_confidence(small_weights, trained_weights, open_model):
    official, trained = (
        open_model(build_model(weights, sign_flips=False, metadata={}))
        for weights in (small_weights, trained_weights)
    )
    left, right = random_pair(48, 64)
    feed = (left, right, ANYTHING, np.array(1), np.array(2))

    outputs = trained.run(
        None, dict(zip([x.name for x in trained.get_inputs()], feed, strict=True))
    )

    assert [x.name for x in official.get_outputs()] == ['disparity']
    shapes = {x.name: x.shape for x in trained.get_outputs()}
    assert shapes == {
        'disparity': [1, 2, 'height', 'width'],
        'confidence': [1, 1, 'height', 'width'],
    }
    disparity, confidence = outputs
    assert (disparity.shape, confidence.shape) == ((1, 2, 48, 64), (1, 1, 48, 64))
    assert 0 <= confidence.min() < confidence.max() <= 1


def test_only_coarse_iterations_start_with_a_search(small_weights, trained_weights, open_model):
    without, with_search = (
        open_model(build_model(weights, sign_flips=False, metadata={}))
        for weights in (small_weights, trained_weights)
    )
    pair = random_pair(48, 64)
    start = np.ones((1, 2, 24, 32), np.float32)

    # Equal except for rounding: these updates are not damped.
    np.testing.assert_allclose(
        run(without, *pair, start, 0, 2), run(with_search, *pair, start, 0, 2), atol=1e-5
    )
    assert not np.allclose(run(without, *pair, start, 1, 2), run(with_search, *pair, start, 1, 2))


def test_names_a_missing_weight(small_weights):
    weights = dict(small_weights)
    del weights['update_block.gru.convq2.bias']

    with pytest.raises(KeyError, match='update_block.gru.convq2.bias'):
        build_model(weights, sign_flips=False, metadata={})
