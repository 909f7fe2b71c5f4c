# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Many sources, in many processes: what is to be done, where it is done, and what was done."""
