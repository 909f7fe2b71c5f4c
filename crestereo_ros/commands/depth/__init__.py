# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth`: the disparity of any source."""

from crestereo_ros.commands.depth.command import add_parser

__all__ = ['add_parser']
