# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The `crestereo` command: what the nodes do, without ROS."""
