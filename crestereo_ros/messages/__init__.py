# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
What the messages of ROS mean, without ROS.

The functions take whatever has the fields of a message: those of rclpy and those of a bag alike.
"""

from crestereo_ros.messages.errors import ImageMessageError

__all__ = ['ImageMessageError']
