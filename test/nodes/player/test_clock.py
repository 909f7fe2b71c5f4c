# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player's clock with a real playback, received over DDS."""

import threading
import time

import numpy as np
import pytest

rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')

from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.time import Time  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402

from crestereo_ros.nodes.player.clock import PlayerClock  # noqa: E402
from crestereo_ros.sources import Playback, StereoFrame, StereoSource  # noqa: E402

TIMEOUT = 60.0  # s; only reached by a failure


class Clip(StereoSource):
    name, rate, length = 'clip', 2.0, 3

    def _frames(self, start):
        image = np.zeros((2, 2, 3), np.uint8)
        yield from (StereoFrame(image, image, number / self.rate) for number in range(3))


@pytest.fixture
def node(ros_domain):
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('clock', context=context)
    node.executor = executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    yield node
    executor.shutdown()
    node.destroy_node()
    context.try_shutdown()


def spin_until(node, condition):
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end
        node.executor.spin_once(0.02)


def seconds(stamp):
    return stamp.nanoseconds / 1e9


@pytest.mark.parametrize('stamps', ['wall', 'video'])
def test_a_published_clock_gives_the_stamps_and_runs_between_frames(node, stamps):
    playback = Playback(Clip())
    clock = PlayerClock(node, playback, stamps, publish=True)
    received = []
    node.create_subscription(
        Clock, '/clock', lambda m: received.append(seconds(Time.from_msg(m.clock))), 100
    )
    frames, begin = iter(playback), time.time()
    next(frames)
    first = seconds(clock.stamp())
    assert first == pytest.approx(begin if stamps == 'wall' else 0.0, abs=30)
    waiting = threading.Thread(target=next, args=(frames,))  # for half a second
    waiting.start()
    spin_until(node, lambda: not waiting.is_alive())
    assert sum(first < at < first + 0.5 for at in received) >= 5
    assert seconds(clock.stamp()) - first == pytest.approx(0.5)
    begin = time.monotonic()
    spin_until(node, lambda: time.monotonic() > begin + 0.2)
    assert received == sorted(received)
    assert received[-1] == pytest.approx(first + 0.5)  # until the next frame


def test_without_a_published_clock_wall_stamps_are_the_nodes_time(node):
    playback = Playback(Clip())
    next(iter(playback))
    before = node.get_clock().now().nanoseconds / 1e9
    stamp = seconds(PlayerClock(node, playback, 'wall', publish=False).stamp())
    assert before <= stamp + 1e-6 <= node.get_clock().now().nanoseconds / 1e9 + 2e-6
    assert not node.count_publishers('/clock')
