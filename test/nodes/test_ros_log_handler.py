# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Log records of the package in the log of a node, as long as it exists."""

import logging

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.ros_log_handler import RosLogHandler  # noqa: E402


def test_records_reach_the_node_until_it_is_closed(make_node, capfd):
    logger = logging.getLogger('crestereo_ros.matching')
    level = logging.getLogger('crestereo_ros').level
    handler = RosLogHandler(make_node('example').get_logger())
    logger.info('%s runs', 'cpu')
    logger.warning('%s is not there', 'cuda')
    logger.error('nothing works')
    try:
        {}['missing key']
    except KeyError:
        logger.exception('unexpected')
    handler.close()
    logger.warning('nobody receives this')
    assert logging.getLogger('crestereo_ros').level == level
    text = capfd.readouterr().err
    lines = [line for line in text.splitlines() if '[example]' in line]
    assert len(lines) == 4
    assert '[INFO]' in lines[0] and lines[0].endswith('cpu runs')
    assert '[WARN]' in lines[1] and lines[1].endswith('cuda is not there')
    assert '[ERROR]' in lines[2] and lines[2].endswith('nothing works')
    assert '[ERROR]' in lines[3] and lines[3].endswith('unexpected')
    assert text.endswith("KeyError: 'missing key'\n")
