# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Model files: where they are, and how each of them takes a pair."""
