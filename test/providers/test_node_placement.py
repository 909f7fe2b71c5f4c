# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which nodes of a real session its provider runs."""

import onnxruntime
import pytest

from crestereo_ros.providers.node_placement import Placement, placement_of, RECORD_ASSIGNMENT


@pytest.fixture(scope='module')
def session(small_model):
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry(RECORD_ASSIGNMENT, '1')
    session = onnxruntime.InferenceSession(
        str(small_model), options, providers=['CPUExecutionProvider']
    )
    if not hasattr(session, 'get_provider_graph_assignment_info'):
        pytest.skip('this ONNX Runtime does not say')
    return session


def test_the_cpu_runs_all_nodes_including_the_bodies_of_loops(session):
    placement = placement_of(session, 'CPUExecutionProvider')

    assert placement.taken == placement.total > 500
    assert placement.left == {} and placement.problem == ''
    assert str(placement) == f'{placement.total} of {placement.total} nodes'


def test_another_provider_runs_none_of_them(session):
    placement = placement_of(session, 'CUDAExecutionProvider')

    assert placement.taken == 0
    assert placement.left['Conv'] > 50  # those of the encoder, and of the updates inside loops
    assert f'{placement.left["Conv"]} Conv' in placement.problem
    assert 'run elsewhere' in placement.problem


@pytest.mark.parametrize(
    ('placement', 'problem'),
    [
        (Placement(60, 100, {}), ''),
        (Placement(40, 100, {}), 'most nodes run elsewhere'),
        (Placement(99, 100, {'Conv': 1}), '1 Conv run elsewhere'),
    ],
)
def test_why_a_placement_is_slow(placement, problem):
    assert placement.problem == problem


def test_an_old_onnx_runtime_does_not_say():
    assert placement_of(object(), 'CUDAExecutionProvider') is None
