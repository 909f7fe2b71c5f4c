# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
How images arrive in another process: with Fast DDS as it is, and with config/fastdds.xml.

    python -m benchmarks.large_images --sizes 480x640,720x1280

Two images are published at a time, as by a stereo camera. The age of an image is counted from
before its publication.
"""

from __future__ import annotations

import argparse
from array import array
import json
import os
from pathlib import Path
import subprocess
import sys
import time

import numpy as np
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from crestereo_ros.benchmarking.processes import unused_domain
from crestereo_ros.commands.option_values import image_size, listed
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.nodes.message_data import with_data

PROFILE = Path(__file__).parents[1] / 'config/fastdds.xml'
TRANSPORTS = {
    'as it is': {},
    'LARGE_DATA': {'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA'},
    'fastdds.xml': {'FASTDDS_DEFAULT_PROFILES_FILE': str(PROFILE)},
}
RELIABILITIES = (
    ('reliable', 'reliable'),
    ('reliable', 'best_effort'),
    ('best_effort', 'best_effort'),
)
TOPICS = 'left', 'right'
DEPTH = 5
WAIT = 3.0  # s, for what is still on its way
TIMEOUT = 30.0  # s


def quality(reliability: str) -> QoSProfile:
    return QoSProfile(depth=DEPTH, reliability=ReliabilityPolicy[reliability.upper()])


def publish(options: argparse.Namespace) -> None:
    """Publish pairs once there is a subscriber; this is a process of its own."""
    rclpy.init()
    node = rclpy.create_node('camera')
    publishers = [node.create_publisher(Image, x, quality(options.publisher)) for x in TOPICS]
    (height, width), *_ = options.sizes
    message = Image(height=height, width=width, step=3 * width, encoding='bgr8')
    with_data(message, array('B', bytes(3 * width * height)))
    end = time.monotonic() + TIMEOUT
    while any(not x.get_subscription_count() for x in publishers):
        if time.monotonic() > end:
            sys.exit('nobody subscribes')
        time.sleep(0.1)
    time.sleep(1)  # until both ends know of each other
    for _ in range(options.pairs):
        begin = time.time()
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(int(1e9 * begin), 10**9)
        for publisher in publishers:
            publisher.publish(message)
        time.sleep(max(0.0, 1 / options.rate - (time.time() - begin)))
    time.sleep(WAIT)


def subscribe(options: argparse.Namespace) -> None:
    """Print the ages of the images that arrive, in milliseconds; this is a process of its own."""
    rclpy.init()
    node = rclpy.create_node('viewer')
    ages: list[float] = []

    def received(message: Image) -> None:
        stamp = message.header.stamp
        ages.append(1e3 * (time.time() - stamp.sec - 1e-9 * stamp.nanosec))

    # The node keeps its subscriptions alive.
    for topic in TOPICS:
        node.create_subscription(Image, topic, received, quality(options.subscription))
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end and len(ages) < 2 * options.pairs:
        rclpy.spin_once(node, timeout_sec=0.1)
        if ages:  # the camera has begun
            end = min(end, time.monotonic() + options.pairs / options.rate + WAIT)
    print(json.dumps(ages))
    sys.stdout.flush()
    os._exit(0)


def measure(
    size: str, reliabilities: tuple[str, str], transport: str, line: list[str]
) -> list[float]:
    environment = {**os.environ, **TRANSPORTS[transport], 'ROS_DOMAIN_ID': str(unused_domain())}
    environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    line = [*line, '--sizes', size]
    line += ['--publisher', reliabilities[0], '--subscription', reliabilities[1]]
    program = [sys.executable, '-m', 'benchmarks.large_images']
    with subprocess.Popen([*program, '--as', 'camera', *line], env=environment) as camera:
        viewer = subprocess.run(
            [*program, '--as', 'viewer', *line],
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
        camera.terminate()
    ages: list[float] = json.loads(viewer.stdout)
    return ages


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument('--sizes', type=listed(image_size), default=((480, 640), (720, 1280)))
    parser.add_argument('--pairs', type=int, default=50)
    parser.add_argument('--rate', type=float, default=10.0)
    parser.add_argument('--as', dest='role', choices=('camera', 'viewer'), help=argparse.SUPPRESS)
    parser.add_argument('--publisher', help=argparse.SUPPRESS)
    parser.add_argument('--subscription', help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        {'camera': publish, 'viewer': subscribe}[options.role](options)
        return
    line = ['--pairs', str(options.pairs), '--rate', str(options.rate)]
    heads = [f'Fast DDS {name}' if name == 'as it is' else f'with `{name}`' for name in TRANSPORTS]
    print_head(
        f'{2 * options.pairs} images in pairs at {options.rate:g} Hz: share that arrived; age, '
        'median and largest',
        'Size',
        'Publisher',
        'Subscription',
        *heads,
    )
    for height, width in options.sizes:
        for reliabilities in RELIABILITIES:
            cells = []
            for transport in TRANSPORTS:
                ages = measure(f'{height}x{width}', reliabilities, transport, line)
                share = f'{50 * len(ages) / options.pairs:.0f} %'
                cells.append(
                    f'{share}; {np.median(ages):.0f}, {max(ages):.0f} ms' if ages else share
                )
            print_row(f'{height}x{width}', *(x.replace('_', ' ') for x in reliabilities), *cells)


if __name__ == '__main__':
    main()
