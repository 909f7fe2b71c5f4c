# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The example of a user's own node in docs/python.md, over DDS."""

import os
from pathlib import Path
import re
import subprocess
import sys
import time

import cv2
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from sensor_msgs.msg import Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.nodes.image_messages import to_message  # noqa: E402

ROOT = Path(__file__).parents[2]
TIMEOUT = 120.0  # seconds; only reached by a failure


def test_the_nearest_point_of_every_pair_is_logged(make_node, tmp_path):
    (code,) = re.findall(
        r'## In your own node\n\n```python\n(.*?)```', (ROOT / 'docs/python.md').read_text(), re.S
    )
    program, log = tmp_path / 'nearest.py', tmp_path / 'log'
    program.write_text(code)
    views = (cv2.imread(str(ROOT / f'demo/data/{side}.png'), 0) for side in ('left', 'right'))
    images = [cv2.resize(view, (160, 120), interpolation=cv2.INTER_AREA) for view in views]
    node = make_node('camera')
    publishers = [
        node.create_publisher(Image, f'/own/{side}/image_rect', 1) for side in ('left', 'right')
    ]
    with log.open('w') as output:
        process = subprocess.Popen(
            [sys.executable, program, '--ros-args', '-r', '__ns:=/own'],
            stdout=output,
            stderr=output,
            env={**os.environ, 'PYTHONPATH': str(ROOT)},
        )
    try:
        end, found = time.monotonic() + TIMEOUT, None
        while not found:
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            header = Header(stamp=node.get_clock().now().to_msg())
            for publisher, image in zip(publishers, images, strict=True):
                publisher.publish(to_message(image, 'mono8', header))
            time.sleep(0.2)
            found = re.search(r'nearest point at ([\d.]+) m', log.read_text())
    finally:
        process.kill()
        process.wait()
    # By the focal length and the baseline of the example, and disparities of 1 to 20 pixels.
    assert 500 * 0.1 / 20 < float(found[1]) < 500 * 0.1
