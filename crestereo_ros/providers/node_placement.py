# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which nodes of a network an execution provider really took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime

#: Entry of a session's configuration that `placement_of` needs.
RECORD_ASSIGNMENT = 'session.record_ep_graph_assignment_info'
# Where the time goes. That small integers are computed on the CPU is as it should be.
HEAVY = ('Conv', 'MatMul', 'Gemm', 'Einsum', 'InstanceNormalization')
LEAST_SHARE = 0.5  # of all nodes


@dataclass(frozen=True)
class Placement:
    """
    How many nodes a provider took.

    `taken` of `total` nodes, those inside of loops included, after ONNX Runtime simplified the
    graph; `left`: the kinds of `HEAVY` nodes that it did not take, with their numbers.
    """

    taken: int
    total: int
    left: dict[str, int]

    def __str__(self) -> str:
        return f'{self.taken} of {self.total} nodes'

    @property
    def problem(self) -> str:
        """What makes this slow, empty if nothing does."""
        if self.left:
            kinds = ', '.join(f'{number} {kind}' for kind, number in self.left.items())
            return f'{kinds} run elsewhere'
        if self.taken < LEAST_SHARE * self.total:
            return 'most nodes run elsewhere'
        return ''


def placement_of(session: onnxruntime.InferenceSession, official: str) -> Placement | None:
    """
    Ask a session which nodes a provider took.

    :param session: opened with `RECORD_ASSIGNMENT` set to '1'
    :param official: the name that ONNX Runtime gives the provider
    :returns: None where ONNX Runtime is too old to tell
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
