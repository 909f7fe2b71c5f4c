# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Depth as compressed_depth_image_transport takes it.

The decoder here is its `decodeCompressedDepthImage`, value by value, of version 3.2.0.
"""

import math
import struct

import cv2
import numpy as np
import pytest

from crestereo_ros.messages.compressed_depths import encode


def decoded(kind, data):
    """Decode as the C++ sources do: a header of an enumeration and two floats, then a PNG."""
    encoding, compression = kind.split('; ')
    assert compression == 'compressedDepth png'
    form, scale, offset = struct.unpack('<iff', data[:12])
    assert form == 0
    picture = cv2.imdecode(np.frombuffer(data[12:], np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.dtype == np.uint16 and picture.ndim == 2
    if encoding == '16UC1':
        return picture
    result = np.full(picture.shape, np.nan, np.float32)
    filled = picture > 0
    result[filled] = np.float32(scale) / (picture[filled] - np.float32(offset))
    return result


def written_by_the_sources(depth, farthest):
    """Quantise as `encodeCompressedDepthImage` does, with depth_quantization 100."""
    depth, farthest, quantization = np.float32(depth), np.float32(farthest), np.float32(100)
    scale = quantization * (quantization + np.float32(1))
    offset = np.float32(1) - scale / farthest
    return int(scale / depth + offset) if depth < farthest else 0


@pytest.mark.parametrize('farthest', [10.0, 8.0, 100.0])
def test_every_value_is_the_one_that_the_sources_write(farthest):
    depth = np.geomspace(0.2, 1.2 * farthest, 500, dtype=np.float32).reshape(5, 100)
    kind, data = encode(depth, '32FC1', farthest)
    assert kind == '32FC1; compressedDepth png'
    picture = cv2.imdecode(np.frombuffer(data[12:], np.uint8), cv2.IMREAD_UNCHANGED)
    expected = [written_by_the_sources(x, farthest) for x in depth.ravel()]
    np.testing.assert_array_equal(picture.ravel(), expected)


def test_metres_come_back_within_a_step():
    depth = np.linspace(0.3, 20, 300, dtype=np.float32).reshape(10, 30)
    back = decoded(*encode(depth, '32FC1', 30.0))
    step = depth**2 / 10100  # of the inverse depth
    assert (np.abs(back - depth) <= 1.01 * step).all()


def test_invalid_depth_stays_unknown():
    depth = np.array([[math.nan, math.inf, -math.inf, 0.01, 50.0, 2.0]], np.float32)
    back = decoded(*encode(depth, '32FC1', 10.0))
    np.testing.assert_array_equal(np.isnan(back), [[True, True, True, False, True, False]])
    assert back[0, 3] < 0.16


def test_millimetres_are_kept():
    depth = np.arange(600, dtype=np.uint16).reshape(20, 30) * 100
    kind, data = encode(depth, '16UC1')
    assert kind == '16UC1; compressedDepth png'
    np.testing.assert_array_equal(decoded(kind, data), depth)
