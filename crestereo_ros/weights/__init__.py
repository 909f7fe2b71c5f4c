# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CREStereo weights out of files, by their official names."""

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.state_dict import read_state_dict

__all__ = ['read_state_dict', 'WeightsError']
