# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Constants that keep their names."""

import numpy as np
from spox import argument, Tensor
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.constants import Constants


def test_every_graph_that_uses_a_constant_has_its_own(open_model):
    constants = Constants()
    x, condition = argument(Tensor(np.float32, (2,))), argument(Tensor(np.bool_, ()))
    a = constants.named('a', np.array([1, 2], np.float32))
    assert constants.named('a', np.array([1, 2], np.float32)) is a
    b = constants.named('b', np.array([1, 2], np.float32))  # equal, but separate
    (chosen,) = op.if_(
        condition, then_branch=lambda: [op.add(x, a)], else_branch=lambda: [op.mul(x, b)]
    )

    model = constants.build({'x': x, 'condition': condition}, {'y': op.sub(chosen, a)})

    assert [x.name for x in model.graph.input] == ['x', 'condition']
    assert [x.name for x in model.graph.initializer] == ['a']
    (choice,) = (node for node in model.graph.node if node.op_type == 'If')
    branches = {x.name: [y.name for y in x.g.initializer] for x in choice.attribute}
    assert branches == {'then_branch': ['a/2'], 'else_branch': ['b']}
    session, value = open_model(model), np.array([5, 5], np.float32)
    for condition, expected in (True, [5, 5]), (False, [4, 8]):
        feed = {'x': value, 'condition': np.array(condition)}
        np.testing.assert_array_equal(session.run(None, feed)[0], expected)
