# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files with the inputs and outputs of the ONNX zoo's files."""

import numpy as np
import onnx
import pytest

from training.zoo_model import build_zoo_model


@pytest.mark.parametrize(
    ('kind', 'expected'),
    [
        ('init', {'left': (1, 3, 64, 96), 'right': (1, 3, 64, 96)}),
        (
            'next',
            {'left': (1, 3, 64, 96), 'right': (1, 3, 64, 96), 'flow_init': (1, 2, 32, 48)},
        ),
        (
            'combined',
            {
                'init_left': (1, 3, 32, 48),
                'init_right': (1, 3, 32, 48),
                'next_left': (1, 3, 64, 96),
                'next_right': (1, 3, 64, 96),
            },
        ),
    ],
)
def test_has_the_inputs_of_its_kind(small_weights, open_model, kind, expected):
    model = build_zoo_model(
        small_weights, kind=kind, height=64, width=96, iterations=2, sign_flips=False
    )

    onnx.checker.check_model(model, full_check=True)
    session = open_model(model)
    assert {x.name: tuple(x.shape) for x in session.get_inputs()} == expected
    assert all(x.type == 'tensor(float)' for x in session.get_inputs())
    assert session.get_modelmeta().custom_metadata_map == {
        'crestereo.iterations': '2',
        'crestereo.sign_flips': '0',
    }


def test_runs_at_a_zoo_size_whose_half_is_not_a_multiple_of_16(small_weights, open_model):
    model = build_zoo_model(
        small_weights, kind='combined', height=240, width=320, iterations=2, sign_flips=False
    )
    session = open_model(model)
    images = {x.name: np.full(x.shape, 100, np.float32) for x in session.get_inputs()}

    (output,) = session.run(None, images)

    assert output.shape == (1, 2, 240, 320)
    assert np.isfinite(output).all()


def test_holds_each_weight_once_as_an_initializer(small_weights):
    model = build_zoo_model(
        small_weights, kind='combined', height=32, width=64, iterations=2, sign_flips=False
    )

    assert not [node for node in model.graph.node if node.op_type == 'Constant']
    kept = [x for x in model.graph.initializer if x.dims[:] == [8, 3, 7, 7]]
    assert len(kept) == 1
    expected = small_weights['fnet.conv1.weight']
    assert onnx.numpy_helper.to_array(kept[0]).tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        ({'height': 42}, 'multiples of 4 .* 42x64'),
        ({'width': 12}, 'of at least 16'),
        ({'kind': 'combined', 'width': 68}, 'multiples of 8 of at least 32'),
        ({'iterations': 0}, 'iterations'),
        ({'kind': 'first'}, "'first'"),
    ],
)
def test_refuses_invalid_arguments(small_weights, wrong, message):
    asked = {'kind': 'init', 'height': 32, 'width': 64, 'iterations': 1, 'sign_flips': False}

    with pytest.raises(ValueError, match=message):
        build_zoo_model(small_weights, **(asked | wrong))
