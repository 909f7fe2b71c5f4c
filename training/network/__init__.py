# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CREStereo in PyTorch, for training; parameters have the official network's names."""

from training.network.crestereo import CREStereo, Estimate
from training.network.widths import COMPACT, FAST, OFFICIAL, Widths

__all__ = ['COMPACT', 'FAST', 'OFFICIAL', 'CREStereo', 'Estimate', 'Widths']
