# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which nodes of a network really run on an execution provider."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime

#: Configuration entry of a session that `placement_of` needs.
RECORD_ASSIGNMENT = 'session.record_ep_graph_assignment_info'
# These take most of the time. Computing small integers on the CPU is as it should be.
HEAVY = ('Conv', 'MatMul', 'Gemm', 'Einsum', 'InstanceNormalization')
MIN_SHARE = 0.5  # of all nodes


@dataclass(frozen=True)
class Placement:
    """
    How many nodes a provider runs.

    `taken` of `total` nodes, including those inside loops, after ONNX Runtime simplified the
    graph.
    `left`: the numbers of `HEAVY` nodes that run elsewhere, by kind.
    """

    taken: int
    total: int
    left: dict[str, int]

    def __str__(self) -> str:
        return f'{self.taken} of {self.total} nodes'

    @property
    def problem(self) -> str:
        """Why this may be slow, empty if it should not be."""
        if self.left:
            kinds = ', '.join(f'{number} {kind}' for kind, number in self.left.items())
            return f'{kinds} run elsewhere'
        if self.taken < MIN_SHARE * self.total:
            return 'most nodes run elsewhere'
        return ''


def placement_of(session: onnxruntime.InferenceSession, official: str) -> Placement | None:
    """
    Ask a session which nodes a provider runs.

    :param session: opened with `RECORD_ASSIGNMENT` set to '1'
    :param official: the name that ONNX Runtime gives the provider
    :returns: None if ONNX Runtime is too old to say
    """
    if not hasattr(session, 'get_provider_graph_assignment_info'):
        return None
    taken, left = 0, Counter[str]()
    for subgraph in session.get_provider_graph_assignment_info():
        kinds = [node.op_type for node in subgraph.get_nodes()]
        if subgraph.ep_name == official:
            taken += len(kinds)
        else:
            left.update(kinds)
    return Placement(
        taken, taken + left.total(), {kind: left[kind] for kind in HEAVY if left[kind]}
    )
