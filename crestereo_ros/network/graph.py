# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Words that the graph code of this room shares: constants, sizes, repetition, choice."""

import warnings

import numpy as np
import spox.opset.ai.onnx.v17 as op


def f32(values):
    """Constant of float32 `values`."""
    return op.const(values, np.float32)


def i64(*values):
    """Constant vector of int64 `values`, as shapes and axes are given."""
    return op.const(values, np.int64)


def sizes(x, first, last):
    """Sizes of the axes `first` to `last` (not included) of `x`, as an int64 vector."""
    return op.slice(op.shape(x), i64(first), i64(last))


def shape(*parts):
    """One int64 vector of ints and int64 vectors, to reshape to."""
    return op.concat([i64(x) if isinstance(x, int) else x for x in parts], axis=0)


def integers(first, length):
    """Int64 vector `first`, `first` + 1, ... of `length` (an int64 vector of one) numbers."""
    end = op.add(op.squeeze(length), op.const(first, np.int64))
    return op.range(op.const(first, np.int64), end, op.const(1, np.int64))


def count(first, length):
    """As `integers`, in float32."""
    return op.cast(integers(first, length), to=np.float32)


def to_channels_last(x):
    """(N, C, H, W) to (N, H, W, C)."""
    return op.transpose(x, perm=[0, 2, 3, 1])


def to_channels_first(x):
    """(N, H, W, C) to (N, C, H, W)."""
    return op.transpose(x, perm=[0, 3, 1, 2])


def repeat(times, state, make_step, invariants):
    """
    Apply a step `times` times to the variables in `state` and return the last of them.

    `make_step()` returns `step(index, *state) -> state`. Where `times` is a Python int the
    steps are unrolled; where it is an int64 scalar of the graph they are the body of a Loop,
    and what `make_step` creates lives inside of the body: ONNX Runtime prepares weights there
    for its fast kernels, which it does not do for weights that come from the graph around.

    `invariants` are what the steps use of the graph around. Spox puts a value into the
    innermost graph that uses it, here the body, where it would be computed in every step. To
    ask the graph around whether the invariants hold anything keeps them there.
    """
    if isinstance(times, int):
        step = make_step()
        for index in range(times):
            state = step(index, *state)
        return state
    held = op.sum([op.cast(op.size(x), to=np.float32) for x in invariants])
    with warnings.catch_warnings():
        # A Loop may change its variables' shapes, so Spox does not know them afterwards. This
        # one keeps them, which the reshaping says.
        warnings.filterwarnings('ignore', '.*was not concrete')
        last = op.loop(
            times,
            op.greater(held, f32([0])),
            v_initial=state,
            body=lambda index, going_on, *state: [going_on, *make_step()(index, *state)],
        )
    return [op.reshape(x, op.shape(before)) for x, before in zip(last, state, strict=True)]


def is_even(index):
    """Whether a step's index is even: a Python bool, or a bool of the graph."""
    if isinstance(index, int):
        return index % 2 == 0
    return op.equal(op.mod(index, op.const(2, np.int64)), op.const(0, np.int64))


def choose(condition, then, otherwise):
    """Call `then` or `otherwise`, at once or (where `condition` is of the graph) when run."""
    if isinstance(condition, bool):
        return then() if condition else otherwise()
    (chosen,) = op.if_(condition, then_branch=lambda: [then()], else_branch=lambda: [otherwise()])
    return chosen
