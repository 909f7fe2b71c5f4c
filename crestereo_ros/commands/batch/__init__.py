# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo batch`."""

from crestereo_ros.commands.batch.command import add_parser

__all__ = ['add_parser']
