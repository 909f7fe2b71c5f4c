# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the node says when no pairs arrive."""

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
LATER = 1_800_000_000_000_000_000  # later than all other stamps of these tests
NONE_INCOMPATIBLE = {side: [] for side in Side}


@pytest.mark.parametrize(
    ('lefts', 'rights', 'publishers', 'problem', 'texts'),
    [
        ([], [], dict.fromkeys(Side, 0), 'NO_ITEMS', ['/camera/left and /camera/right', 'remap']),
        ([], [], BOTH, 'NO_ITEMS', ['although published']),
        ([1, 2], [], BOTH, 'ONLY_LEFT', ['No images on /camera/right, although published']),
        ([1, 2], [], ONLY_LEFT, 'ONLY_LEFT', ['nobody publishes', 'remap right/image_rect']),
        ([], [1, 2], BOTH, 'ONLY_RIGHT', ['No images on /camera/left, although']),
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
def test_explains_every_problem_with_its_fix(lefts, rights, publishers, problem, texts):
    synchronizer = PairSynchronizer()
    for stamps in zip_longest(lefts, rights):
        for side, stamp in zip(Side, stamps, strict=True):
            if stamp is not None:
                synchronizer.add(side, stamp, None)
    snapshot = synchronizer.snapshot()
    assert snapshot.problem is PairingProblem[problem]
    explained = explain(snapshot.problem, snapshot, TOPICS, publishers, NONE_INCOMPATIBLE)
    assert all(text in explained for text in texts), explained


def test_topics_are_remapped_once(make_node):
    swapped = [
        *('-r', 'left/image_rect:=right/image_rect'),
        *('-r', 'right/image_rect:=left/image_rect'),
    ]
    images = StereoInput(make_node('depth', cli_args=['--ros-args', *swapped]), print)
    assert images.topics == {Side.LEFT: '/right/image_rect', Side.RIGHT: '/left/image_rect'}
    images.configure(0, 10, 'compressed')
    assert images.topics[Side.LEFT] == '/right/image_rect/compressed'


def test_the_remapped_name_may_have_the_suffix_of_the_transport(make_node):
    named = ['--ros-args', '-r', 'left/image_rect:=/camera/left/compressed']
    images = StereoInput(make_node('depth', cli_args=named), print)
    images.configure(0, 10, 'compressed')
    assert images.topics[Side.LEFT] == '/camera/left/compressed'
    images.configure(0, 10, 'raw')
    images.configure(0, 10, 'compressed')  # declares nothing twice
    assert images.topics[Side.RIGHT] == '/right/image_rect/compressed'


def test_names_publishers_that_cannot_be_received():
    snapshot = PairSynchronizer().snapshot()
    incompatible = {Side.LEFT: ['/camera publishes another type'], Side.RIGHT: []}
    text = explain(PairingProblem.NO_ITEMS, snapshot, TOPICS, BOTH, incompatible)
    assert text == 'No images on /camera/left and /camera/right: /camera publishes another type'


STAMPS_DIFFER = {
    # Left and right stamps in ns, the period of the cameras in s, and the expected text.
    'nanoseconds': ([0, 33_000_000], [30], 0.033, 'set sync_tolerance to 0.000000045 if'),
    'a little': ([0, 33_000_000], [4_000_000], 0.033, 'set sync_tolerance to 0.006000 if'),
    'almost half a period': ([0], [13_000_000], 0.033, 'set sync_tolerance to 0.016170 if'),
    'half a period': ([0], [16_000_000], 0.033, 'no sync_tolerance can tell'),
    'beyond the parameter': ([0], [950_000_000], None, 'no sync_tolerance can tell'),
    'two lost images': ([0], [133_325_000], 0.0667, 'which is 2 whole period(s) of the cameras'),
}


@pytest.mark.parametrize('case', STAMPS_DIFFER)
def test_distinguishes_losses_from_skew_and_advises_no_wrong_tolerance(case):
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
    assert (
        'config/fastdds.xml' in explained and 'image_transport:=compressed' in explained
    ) == lost
    assert ('set sync_tolerance' in explained) == ('set sync_tolerance' in text)


def test_reports_lost_images(start_depth, connect, pair):
    client = connect(start_depth()).listen()
    client.warm_up(*pair)
    numbers = itertools.count(1)

    def publish_the_rest():
        # So few images of two cameras at 15 Hz arrive that they never form a pair.
        period = 66_666_667
        number = 10 * next(numbers)
        for side, offsets in (('left', (0, 3, 5)), ('right', (2, 6))):
            for offset in offsets:
                client.publish(side, pair[0], LATER + (number + offset) * period)
        client.spin_for(0.1)
        return 'stamps' in client.status.get('message', '')

    client.spin_until(publish_the_rest)
    assert 'get lost on the way' in client.status['message']
    assert 'sync_tolerance' not in client.status['message']


def test_reports_why_no_pairs_arrive_with_the_fix(start_depth, connect, pair):
    node = start_depth()
    client = connect(node).listen()
    raw = client.node.create_publisher(Image, 'left/image_raw', 1)
    node.wait_for('No images on')
    client.spin_until(lambda: 'There are images on' in client.status.get('message', ''))
    assert f'{node.namespace}/left/image_raw' in client.status['message']
    client.node.destroy_publisher(raw)
    client.spin_until(lambda: 'No images' in client.status.get('message', ''))
    assert client.status['level'] == DiagnosticStatus.WARN
    assert 'nobody publishes' in client.status['message']

    def publish_until(text, *sides):
        """Publish the sides with their offsets until the diagnostics contain a text."""
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
    assert client.status_with_pairs()['level'] == DiagnosticStatus.OK


@pytest.fixture
def streaming(client, pair):
    """Return a function that publishes 20 pairs a second until a condition holds."""

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


def test_names_publishers_of_another_type(node, client):
    # In a separate participant: each has only one type for a topic.
    context = rclpy.Context()
    rclpy.init(context=context)
    packer = rclpy.create_node('packer', namespace=node.namespace, context=context)
    packer.create_publisher(CompressedImage, 'left/image_rect', 1)
    packer.create_publisher(CompressedImage, 'right/camera_info', 1)
    reason = f'{node.namespace}/packer publishes sensor_msgs/msg/CompressedImage, not'
    for key in ('left images not received', 'right camera_info not received'):
        client.spin_until(lambda key=key: client.status.get(key, '').startswith(reason))
    packer.destroy_node()
    context.try_shutdown()
    client.spin_until(lambda: 'left images not received' not in client.status)


def results(client):
    return int(client.status.get('pairs processed', 0))


def test_reports_rate_age_and_losses(client, streaming):
    # Enough of them to know the period of the camera.
    streaming(lambda: int(client.status.get('left images received', 0)) >= 10)
    before = int(client.status['left images lost before'])
    client.new_stamp()  # nothing is published for two periods
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


def test_one_camera_that_dies_is_an_error_until_it_returns(node, client, streaming):
    streaming(lambda: client.status['level'] == DiagnosticStatus.ERROR, sides=('left',))
    assert client.status['message'].startswith(f'No images on {node.namespace}/right/image_rect')
    streaming(lambda: client.status['level'] == DiagnosticStatus.OK)


def test_reports_invalid_stamps(node, client, streaming):
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


def test_continues_after_stamps_jump_back(client, pair):
    stamp = client.new_stamp() - 3_600_000_000_000
    for _ in range(3):
        stamp += 33_000_000
        for side, image in zip(('left', 'right'), pair, strict=True):
            client.publish(side, image, stamp)
        client.spin_until(
            lambda stamp=stamp: stamp in [client.stamp_of(m) for _, m in client.disparities]
        )


def test_continues_when_a_bag_loops_on_simulated_time(start_depth, connect, pair):
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
