# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which settings suit a machine: a grid of them measured, drawn, and one advised."""
