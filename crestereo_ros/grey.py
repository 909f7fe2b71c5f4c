# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images in grey."""

import cv2
import numpy as np


def grey(image: np.ndarray) -> np.ndarray:
    """
    Return an image in grey.

    :param image: uint8 (H, W, 3) BGR or (H, W) grey, which is returned as it is
    :returns: uint8 (H, W)
    """
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
