# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes: topics and parameters on one side, the other rooms on the other."""
