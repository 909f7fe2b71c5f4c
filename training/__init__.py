# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rendered scenes, CREStereo in PyTorch, its training and its evaluation."""
