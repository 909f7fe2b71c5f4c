# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
sensor_msgs/Image to NumPy arrays and back.

cv_bridge reads and writes the pixels where it works, and `crestereo_ros.messages` where it does
not. The result is the same.
"""

from __future__ import annotations

from array import array as byte_array
from contextlib import suppress
from typing import Any

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from crestereo_ros.messages import images
from crestereo_ros.nodes.message_data import with_data

# A CvBridgeError is a TypeError. A KeyError means a type that this cv_bridge does not have.
BRIDGE_ERRORS = (TypeError, KeyError)


def working_cv_bridge() -> object | None:
    """
    Return a CvBridge that works, or None.

    If it was built against another major version of NumPy, it fails with an exception of any kind,
    on import or only when used. So it has to read an image before it is trusted.
    """
    probe = Image(height=1, width=2, encoding='mono8', step=2, data=byte_array('B', (3, 5)))
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
        return bridge if bridge.imgmsg_to_cv2(probe).tolist() == [[3, 5]] else None
    except Exception:
        return None


_bridge: Any = working_cv_bridge()


def to_array(message: Image) -> np.ndarray:
    """Return the image in a message. See `messages.images.to_array`."""
    return images.to_array(message, _pixels)


def to_message(array: np.ndarray, encoding: str, header: Header | None = None) -> Image:
    """
    Return an array as a sensor_msgs/Image without padding between its rows.

    :param array: (H, W) or (H, W, channels), in the dtype of the encoding
    :param encoding: mono8, bgr8, 32FC1, ..
    :raises ImageMessageError: if the array does not have the encoding's dtype and channels
    """
    images.check_array(array, encoding)
    if header is None:
        header = Header()
    if _bridge is not None:
        with suppress(*BRIDGE_ERRORS):
            return _bridge.cv2_to_imgmsg(array, encoding, header)
    fields = images.to_fields(array, encoding)
    data = byte_array('B')
    data.frombytes(fields.pop('data').data)
    return with_data(Image(header=header, **fields), data)


def _pixels(message: Image) -> np.ndarray:
    images.check_fields(message)
    # cv_bridge shears rows whose padding is not a whole number of pixels. With NumPy 2 it cannot
    # swap bytes, and it tries to even for 8 bits.
    padded = message.step % images.LAYOUTS[message.encoding].pixel_bytes
    if _bridge is not None and not padded and not images.is_byte_swapped(message):
        with suppress(*BRIDGE_ERRORS):
            return _bridge.imgmsg_to_cv2(message)
    return images.pixels_of(message)
