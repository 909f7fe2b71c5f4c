# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds settings for a machine: measures and plots a grid of them, and advises one."""
