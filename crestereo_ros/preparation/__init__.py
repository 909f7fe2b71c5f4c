# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is done to a frame between its source and the matcher: align, swap, resize."""
