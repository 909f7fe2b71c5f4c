# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is said about pairs that do not come; the topics are tested with the depth node."""

from itertools import zip_longest

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.stereo_input import explain  # noqa: E402
from crestereo_ros.pairing import PairingProblem, PairSynchronizer, Side  # noqa: E402

TOPICS = {Side.LEFT: '/camera/left', Side.RIGHT: '/camera/right'}
BOTH = dict.fromkeys(Side, 1)
ONLY_LEFT = {Side.LEFT: 1, Side.RIGHT: 0}


@pytest.mark.parametrize(
    ('lefts', 'rights', 'publishers', 'problem', 'texts'),
    [
        ([], [], dict.fromkeys(Side, 0), 'NO_ITEMS', ['/camera/left and /camera/right', 'remap']),
        ([], [], BOTH, 'NO_ITEMS', ['though published']),
        ([1, 2], [], BOTH, 'ONLY_LEFT', ['No images on /camera/right, though published']),
        ([1, 2], [], ONLY_LEFT, 'ONLY_LEFT', ['nobody publishes', 'remap right/image_rect']),
        ([], [1, 2], BOTH, 'ONLY_RIGHT', ['No images on /camera/left, though']),
        ([0, 0, 0], [0, 0, 0], BOTH, 'FROZEN_STAMPS', ['do not advance', 'header.stamp']),
        (
            [0, 33_000_000],
            [4_000_000, 38_000_000],
            BOTH,
            'STAMPS_DIFFER',
            ['differ by 4.000 ms', 'sync_tolerance to 0.006000'],
        ),
    ],
)
def test_every_problem_is_told_with_its_fix(lefts, rights, publishers, problem, texts):
    synchronizer = PairSynchronizer()
    for stamps in zip_longest(lefts, rights):
        for side, stamp in zip(Side, stamps, strict=True):
            if stamp is not None:
                synchronizer.add(side, stamp, None)
    snapshot = synchronizer.snapshot()
    assert snapshot.problem is PairingProblem[problem]
    told = explain(snapshot.problem, snapshot, TOPICS, publishers)
    assert all(text in told for text in texts), told
