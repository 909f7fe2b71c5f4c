# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Small files to play, made when a test asks for them."""

import cv2
import numpy as np
import pytest

SIZE = (48, 64)  # height, width


@pytest.fixture
def write_image(tmp_path):
    """Return a function that writes an image file of one colour (BGR), or any given array."""

    def write(name, image=(20, 120, 220), size=SIZE):
        if isinstance(image, tuple):
            image = np.full((*size, 3), image, np.uint8)
        path = tmp_path / name
        assert cv2.imwrite(str(path), image)
        return path

    return write


@pytest.fixture
def write_video(tmp_path):
    """
    Return a function that writes a video whose frames tell their number.

    The mean of frame n is 40 + 20 n in the left half and 10 more in the right one, up to the 11th
    frame. The noise around it is the same in all of them and makes the files large enough to cut.
    """

    def write(name, frames=5, rate=20.0, size=SIZE):
        path = tmp_path / name
        code = cv2.VideoWriter_fourcc(*('MJPG' if path.suffix == '.avi' else 'mp4v'))
        writer = cv2.VideoWriter(str(path), code, rate, size[::-1])
        assert writer.isOpened()
        noise = np.random.default_rng(0).normal(0, 8, (*size, 1)).repeat(3, axis=2)
        noise[:, size[1] // 2 :] += 10
        for number in range(frames):
            writer.write((40 + 20 * number + noise).clip(0, 255).astype(np.uint8))
        writer.release()
        return path

    return write


@pytest.fixture
def brightness():
    """Return a function that gives the mean of an image, which tells the number of a frame."""
    return lambda image: float(np.mean(image))
