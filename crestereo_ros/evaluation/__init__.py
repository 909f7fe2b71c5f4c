# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How good and how fast a matcher is: pairs with truth, measures, times, and SGBM to compare."""
