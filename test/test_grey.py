# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images in grey."""

import numpy as np

from crestereo_ros.grey import grey


def test_green_is_bright_and_blue_is_dark():
    image = np.zeros((1, 3, 3), np.uint8)
    image[0, range(3), range(3)] = 255  # blue, green, red
    assert grey(image).tolist() == [[29, 150, 76]]  # the weights of ITU-R BT.601


def test_grey_stays():
    image = np.zeros((2, 3), np.uint8)
    assert grey(image) is image
