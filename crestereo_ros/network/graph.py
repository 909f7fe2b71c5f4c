# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Helpers for graphs: constants, sizes, repetition, choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import warnings

import numpy as np
from numpy.typing import ArrayLike
from spox import Var
import spox.opset.ai.onnx.v17 as op


def f32(values: ArrayLike) -> Var:
    """Return a float32 constant."""
    return op.const(values, np.float32)


def i64(*values: int) -> Var:
    """Return a constant int64 vector, for shapes and axes."""
    return op.const(values, np.int64)


def sizes(x: Var, first: int, last: int) -> Var:
    """Return the sizes of the axes from `first` to before `last` as an int64 vector."""
    return op.slice(op.shape(x), i64(first), i64(last))


def shape(*parts: int | Var) -> Var:
    """Join ints and int64 vectors into one int64 vector, for a shape."""
    return op.concat([i64(x) if isinstance(x, int) else x for x in parts], axis=0)


def integers(first: int, length: Var) -> Var:
    """
    Count upwards from `first`.

    :param length: int64 (1,), how many numbers
    :returns: int64 (length,)
    """
    end = op.add(op.squeeze(length), op.const(first, np.int64))
    return op.range(op.const(first, np.int64), end, op.const(1, np.int64))


def count(first: int, length: Var) -> Var:
    """Count like `integers`, in float32."""
    return op.cast(integers(first, length), to=np.float32)


def to_channels_last(x: Var) -> Var:
    """Transpose (N, C, H, W) to (N, H, W, C)."""
    return op.transpose(x, perm=[0, 2, 3, 1])


def to_channels_first(x: Var) -> Var:
    """Transpose (N, H, W, C) to (N, C, H, W)."""
    return op.transpose(x, perm=[0, 3, 1, 2])


def repeat(
    times: int | Var,
    state: Sequence[Var],
    make_step: Callable[[], Callable[..., Sequence[Var]]],
    invariants: Sequence[Var],
) -> Sequence[Var]:
    """
    Apply a step several times.

    An int unrolls the steps. An int64 scalar of the graph makes them the body of a Loop. Then the
    body contains what `make_step` creates: ONNX Runtime prepares weights for its fast kernels only
    there, not in the outer graph.

    :param times: number of steps
    :param state: variables before the first step
    :param make_step: returns `step(index, *state) -> state`
    :param invariants: values from outside that the steps use. Spox puts a value into the innermost
        graph that uses it, here the body, which would compute it in every step. The condition of
        the loop tests the invariants, which keeps them outside.
    :returns: variables after the last step
    """
    if isinstance(times, int):
        step = make_step()
        for index in range(times):
            state = step(index, *state)
        return state
    held = op.sum([op.cast(op.size(x), to=np.float32) for x in invariants])
    with warnings.catch_warnings():
        # A Loop may change the shapes of its variables, so Spox does not know them afterwards.
        # This one keeps them; the reshape lets Spox know.
        warnings.filterwarnings('ignore', '.*was not concrete')
        last = op.loop(
            times,
            op.greater(held, f32([0])),
            v_initial=state,
            body=lambda index, going_on, *state: [going_on, *make_step()(index, *state)],
        )
    return [op.reshape(x, op.shape(before)) for x, before in zip(last, state, strict=True)]


def is_even(index: int | Var) -> bool | Var:
    """Return whether a step's index is even: a bool, or a variable for an index of the graph."""
    if isinstance(index, int):
        return index % 2 == 0
    return op.equal(op.mod(index, op.const(2, np.int64)), op.const(0, np.int64))


def choose(condition: bool | Var, then: Callable[[], Var], otherwise: Callable[[], Var]) -> Var:
    """Choose a branch: now for a bool, or when the graph runs for a variable."""
    if isinstance(condition, bool):
        return then() if condition else otherwise()
    (chosen,) = op.if_(condition, then_branch=lambda: [then()], else_branch=lambda: [otherwise()])
    return chosen
