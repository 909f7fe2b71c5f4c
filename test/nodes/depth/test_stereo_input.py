# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is said about pairs that do not come."""

from itertools import zip_longest

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402

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


def test_why_no_pairs_come_is_told_with_the_fix(start_depth, connect, pair):
    node = start_depth()
    client = connect(node).listen()
    node.wait_for('No images on')
    told = client.spin_until(lambda: 'No images' in client.status.get('message', '') and client)
    assert told.status['level'] == DiagnosticStatus.WARN
    assert 'nobody publishes' in told.status['message']

    def publish_until(text, *sides):
        """Publish with stamps 4 ms apart until the diagnostics have a text."""
        while text not in client.status.get('message', ''):
            stamp = client.new_stamp()
            for side, offset in sides:
                client.publish(side, pair[0], stamp + offset)
            client.spin_for(0.2)
        assert client.status['level'] == DiagnosticStatus.WARN
        node.wait_for(text)

    publish_until(f'No images on {node.namespace}/right/image_rect', ('left', 0))
    publish_until('differ by 4.000 ms', ('left', 0), ('right', 4_000_000))
    assert 'set sync_tolerance to 0.006' in client.status['message']
    assert client.set_parameters(sync_tolerance=0.006).successful
    while not client.disparities:
        stamp = client.new_stamp()
        client.publish('left', pair[0], stamp)
        client.publish('right', pair[0], stamp + 4_000_000)
        client.spin_for(0.2)
    assert client.stamp_of(client.disparities[0][1]) <= stamp
    assert client.fresh_status()['level'] == DiagnosticStatus.OK
