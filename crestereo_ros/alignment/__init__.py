# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Alignment of uncalibrated stereo pairs: rows that line up, and positive disparities.

`Aligner` aligns the frames of a source one by one. `AlignmentEstimator` estimates an alignment
from some of the frames, and `Alignment` applies it. `row_offset` only measures the vertical offset
of a pair, in pixels of its images. All other lengths are in pixels of an image scaled to a width
of 640, whatever the size of the frames.
"""

from crestereo_ros.alignment.aligner import Aligner
from crestereo_ros.alignment.alignment import Alignment
from crestereo_ros.alignment.estimator import AlignmentEstimator
from crestereo_ros.alignment.row_offset import row_offset, RowOffset

__all__ = ['Aligner', 'Alignment', 'AlignmentEstimator', 'row_offset', 'RowOffset']
