# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A node that measures how results arrive, for `crestereo benchmark --ros`."""
