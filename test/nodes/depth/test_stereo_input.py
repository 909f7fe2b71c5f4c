# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is said about pairs that do not come."""

import itertools
from itertools import zip_longest
import signal

import cv2
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from builtin_interfaces.msg import Time  # noqa: E402
from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
import rclpy  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import CompressedImage, Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.nodes.depth.stereo_input import explain, StereoInput  # noqa: E402
from crestereo_ros.pairing import PairingProblem, PairSynchronizer, Side  # noqa: E402

TOPICS = {Side.LEFT: '/camera/left', Side.RIGHT: '/camera/right'}
BOTH = dict.fromkeys(Side, 1)
ONLY_LEFT = {Side.LEFT: 1, Side.RIGHT: 0}
LATER = 1_800_000_000_000_000_000  # a stamp after all others of these tests
NONE_INCOMPATIBLE = {side: [] for side in Side}


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
    told = explain(snapshot.problem, snapshot, TOPICS, publishers, NONE_INCOMPATIBLE)
    assert all(text in told for text in texts), told


def test_topics_follow_remappings_once(make_node):
    swapped = [
        *('-r', 'left/image_rect:=right/image_rect'),
        *('-r', 'right/image_rect:=left/image_rect'),
    ]
    images = StereoInput(make_node('depth', cli_args=['--ros-args', *swapped]), print)
    assert images.topics == {Side.LEFT: '/right/image_rect', Side.RIGHT: '/left/image_rect'}
    images.configure(0, 10, 'compressed')
    assert images.topics[Side.LEFT] == '/right/image_rect/compressed'


def test_what_the_transport_appends_may_be_in_the_name(make_node):
    named = ['--ros-args', '-r', 'left/image_rect:=/camera/left/compressed']
    images = StereoInput(make_node('depth', cli_args=named), print)
    images.configure(0, 10, 'compressed')
    assert images.topics[Side.LEFT] == '/camera/left/compressed'
    images.configure(0, 10, 'raw')
    images.configure(0, 10, 'compressed')  # declares nothing twice
    assert images.topics[Side.RIGHT] == '/right/image_rect/compressed'


def test_publishers_that_cannot_be_heard_are_named():
    snapshot = PairSynchronizer().snapshot()
    incompatible = {Side.LEFT: ['/camera publishes another type'], Side.RIGHT: []}
    told = explain(PairingProblem.NO_ITEMS, snapshot, TOPICS, BOTH, incompatible)
    assert told == ('No images on /camera/left and /camera/right: /camera publishes another type')


STAMPS_DIFFER = {
    # What came, in nanoseconds, the period of the cameras in seconds, and what is said.
    'nanoseconds': ([0, 33_000_000], [30], 0.033, 'set sync_tolerance to 0.000000045 if'),
    'a little': ([0, 33_000_000], [4_000_000], 0.033, 'set sync_tolerance to 0.006000 if'),
    'almost half a period': ([0], [13_000_000], 0.033, 'set sync_tolerance to 0.016170 if'),
    'half a period': ([0], [16_000_000], 0.033, 'no sync_tolerance can tell'),
    'beyond the parameter': ([0], [950_000_000], None, 'no sync_tolerance can tell'),
    'two lost images': ([0], [133_325_000], 0.0667, 'which is 2 whole period(s) of the cameras'),
}


@pytest.mark.parametrize('case', STAMPS_DIFFER)
def test_losses_are_told_from_skew_and_no_wrong_tolerance_is_advised(case):
    lefts, rights, period, text = STAMPS_DIFFER[case]
    synchronizer = PairSynchronizer()
    for side, stamps in zip(Side, (lefts, rights), strict=True):
        for stamp in stamps:
            synchronizer.add(side, stamp, None)
    explained = explain(
        PairingProblem.STAMPS_DIFFER,
        synchronizer.snapshot(),
        TOPICS,
        BOTH,
        NONE_INCOMPATIBLE,
        period=period,
    )
    assert text in explained
    lost = 'get lost on the way' in explained
    assert lost == ('lost' in case)
    assert ('LARGE_DATA' in explained and 'image_transport:=compressed' in explained) == lost
    assert ('set sync_tolerance' in explained) == ('set sync_tolerance' in text)


def test_lost_images_are_named_as_such(start_depth, connect, pair):
    client = connect(start_depth()).listen()
    client.warm_up(*pair)
    numbers = itertools.count(1)

    def publish_what_is_left():
        # Of two cameras at 15 Hz, only so few arrive that they never meet.
        period = 66_666_667
        number = 10 * next(numbers)
        for side, offsets in (('left', (0, 3, 5)), ('right', (2, 6))):
            for offset in offsets:
                client.publish(side, pair[0], LATER + (number + offset) * period)
        client.spin_for(0.1)
        return 'stamps' in client.status.get('message', '')

    client.spin_until(publish_what_is_left)
    assert 'get lost on the way' in client.status['message']
    assert 'sync_tolerance' not in client.status['message']


def test_why_no_pairs_come_is_told_with_the_fix(start_depth, connect, pair):
    node = start_depth()
    client = connect(node).listen()
    raw = client.node.create_publisher(Image, 'left/image_raw', 1)
    node.wait_for('No images on')
    client.spin_until(lambda: 'There are images on' in client.status.get('message', ''))
    assert f'{node.namespace}/left/image_raw' in client.status['message']
    client.node.destroy_publisher(raw)
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


@pytest.fixture
def streaming(client, pair):
    """Return a function that publishes pairs, 20 a second, until a condition holds."""

    def stream_until(condition, sides=('left', 'right')):
        def attempt():
            stamp = client.new_stamp()
            for side, image in zip(('left', 'right'), pair, strict=True):
                if side in sides:
                    client.publish(side, image, stamp)
            client.spin_for(0.05)
            return condition()

        client.spin_until(attempt)

    return stream_until


def test_publishers_of_another_type_are_named(node, client):
    # In a participant of its own: one has a single type on each topic.
    context = rclpy.Context()
    rclpy.init(context=context)
    packer = rclpy.create_node('packer', namespace=node.namespace, context=context)
    packer.create_publisher(CompressedImage, 'left/image_rect', 1)
    packer.create_publisher(CompressedImage, 'right/camera_info', 1)
    told = f'{node.namespace}/packer publishes sensor_msgs/msg/CompressedImage, not'
    for key in ('left images not received', 'right camera_info not received'):
        client.spin_until(lambda key=key: client.status.get(key, '').startswith(told))
    packer.destroy_node()
    context.try_shutdown()
    client.spin_until(lambda: 'left images not received' not in client.status)


def results(client):
    return int(client.status.get('pairs processed', 0))


def test_rate_age_and_losses_are_told(client, streaming):
    # Enough of them to know the camera's period by.
    streaming(lambda: int(client.status.get('left images received', 0)) >= 10)
    before = int(client.status['left images lost before'])
    client.new_stamp()  # two periods that nothing was published for
    client.new_stamp()
    streaming(lambda: int(client.status['left images lost before']) >= before + 2)
    streaming(lambda: float(client.status['right image rate (Hz)']) > 0)
    assert float(client.status['right image age (s)']) < 3
    streaming(lambda: client.status['level'] == DiagnosticStatus.OK)


def test_input_that_ends_is_an_error_until_it_returns(node, client, streaming):
    count = results(client)
    streaming(lambda: results(client) > count)
    client.spin_until(lambda: client.status['level'] == DiagnosticStatus.ERROR)
    assert client.status['message'].startswith('No images on ')
    assert float(client.status['left image age (s)']) >= 2
    streaming(lambda: client.status['level'] == DiagnosticStatus.OK)


def test_the_end_of_a_player_is_no_warning(start_depth, start_node, connect, pair, tmp_path):
    node = start_depth()
    client = connect(node).listen()
    for side, image in zip(('left', 'right'), pair, strict=True):
        cv2.imwrite(str(tmp_path / f'{side}.png'), image)
    remapped = [f'{side}/image_raw:={side}/image_rect' for side in ('left', 'right')]
    player = start_node(
        'crestereo_ros.nodes.player.stereo_player_node',
        *(x for rule in remapped for x in ('-r', rule)),
        namespace=node.namespace,
        source=tmp_path / 'left.png',
        source_right=tmp_path / 'right.png',
        loop=True,
        align='off',
    )
    client.spin_until(lambda: len(client.disparities) > 30)  # three seconds
    player.send(signal.SIGINT)
    client.spin_until(lambda: 'stereo_player has ended' in client.status['message'])
    assert client.status['level'] == DiagnosticStatus.OK
    node.wait_for('No more images: stereo_player has ended')
    assert not node.count('No images on')


def test_one_camera_that_dies_is_an_error_until_it_returns(node, client, streaming):
    streaming(lambda: client.status['level'] == DiagnosticStatus.ERROR, sides=('left',))
    assert client.status['message'].startswith(f'No images on {node.namespace}/right/image_rect')
    streaming(lambda: client.status['level'] == DiagnosticStatus.OK)


def test_stamps_that_are_no_times_are_told(node, client, streaming):
    name = f'{node.namespace}/right/image_rect'
    publisher = client.image_publisher('right', Image())

    def publish_broken():
        publisher.publish(
            Image(header=Header(stamp=Time(sec=1, nanosec=2**32 - 1)), height=2, width=2)
        )
        return 'are invalid' in client.status['message']

    streaming(publish_broken, sides=('left',))
    assert client.status['level'] == DiagnosticStatus.ERROR
    assert name in client.status['message']
    assert int(client.status['right images dropped: invalid stamp']) > 1
    streaming(lambda: client.status['level'] == DiagnosticStatus.OK)


def test_stamps_that_jump_back_are_followed(client, pair):
    stamp = client.new_stamp() - 3_600_000_000_000
    for _ in range(3):
        stamp += 33_000_000
        for side, image in zip(('left', 'right'), pair, strict=True):
            client.publish(side, image, stamp)
        client.spin_until(
            lambda stamp=stamp: stamp in [client.stamp_of(m) for _, m in client.disparities]
        )


def test_a_bag_that_loops_on_simulated_time_needs_no_restart(start_depth, connect, pair):
    client = connect(start_depth(use_sim_time=True, temporal=True)).listen()
    clock = client.publisher(Clock, '/clock')
    client.warm_up(*pair)
    begin = 1_600_000_000_000_000_000
    for _ in range(2):  # the clock and the stamps go back by the length of the bag
        client.disparities.clear()
        for number in range(8):
            stamp = begin + number * 33_000_000
            clock.publish(Clock(clock=Time(sec=stamp // 10**9, nanosec=stamp % 10**9)))
            for side, image in zip(('left', 'right'), pair, strict=True):
                client.publish(side, image, stamp)
            client.spin_until(
                lambda stamp=stamp: stamp in [client.stamp_of(m) for _, m in client.disparities]
            )
    client.spin_until(lambda: client.status.get('level') == DiagnosticStatus.OK)
