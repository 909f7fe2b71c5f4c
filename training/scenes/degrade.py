# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults of real cameras: exposure, noise, blur, compression, bad rectification."""

import cv2
import numpy as np


def _expose(rng, image, gain, gamma, tint):
    image = np.clip(image * (np.float32(1 / 255) * gain * tint), 0, 1)
    return cv2.pow(image, gamma) * 255


def _blur(rng, image):
    kind = rng.random()
    if kind < 0.25:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.3))
    if kind < 0.35:
        small = rng.uniform(0.5, 0.9)
        size = image.shape[1::-1]
        image = cv2.resize(image, None, fx=small, fy=small, interpolation=cv2.INTER_AREA)
        return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    return image


def _noise(rng, image, strength):
    grain = rng.standard_normal(image.shape[:2] + (rng.choice([1, 3]),), np.float32)
    return image + grain * strength


def _highlight(rng, image):
    # A reflection has a place of its own in each view.
    height, width = image.shape[:2]
    spot = np.zeros((height, width), np.float32)
    box = (rng.uniform((0, 0), (width, height)).tolist(), rng.uniform(4, 40, 2).tolist())
    cv2.ellipse(spot, (*box, rng.uniform(0, 180)), 1.0, -1)
    spot = cv2.GaussianBlur(spot, (0, 0), rng.uniform(1, 8))
    return image + spot[..., None] * rng.uniform(40, 200)


def _compress(rng, image):
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 98))]
    return cv2.imdecode(cv2.imencode('.jpg', image, quality)[1], cv2.IMREAD_COLOR)


def degrade_pair(rng, left, right):
    """Return both images (H, W, 3) uint8 with faults, some shared and some of one side only."""
    gain = np.exp(rng.normal(0, 0.25))
    gamma = np.exp(rng.normal(0, 0.2))
    tint = np.exp(rng.normal(0, 0.06, 3))
    differ = rng.choice([0, 0.3, 1])
    strength = rng.choice([0, rng.uniform(0, 4), rng.uniform(4, 14)], p=[0.3, 0.5, 0.2])
    compress = rng.random() < 0.25
    pair = []
    for image in (left, right):
        image = _expose(
            rng,
            image,
            gain * np.exp(rng.normal(0, 0.12 * differ)),
            gamma * np.exp(rng.normal(0, 0.1 * differ)),
            (tint * np.exp(rng.normal(0, 0.05 * differ, 3))).astype(np.float32),
        )
        if rng.random() < 0.1:
            image = _highlight(rng, image)
        image = _noise(rng, _blur(rng, image), strength)
        image = np.clip(image, 0, 255).astype(np.uint8)
        pair.append(_compress(rng, image) if compress else image)
    return tuple(pair)


def tilt_right(rng, right):
    """
    Shift and turn the right image a little, as a bad rectification does.

    Returns the image and the vertical shift of its content, (H, W) float32 in pixels at the
    right image's positions: positive is down.
    """
    height, width = right.shape[:2]
    angle, shift = np.radians(rng.normal(0, 0.12)), rng.normal(0, 0.6)
    matrix = np.float32([[1, 0, 0], [np.sin(angle), 1, shift - np.sin(angle) * width / 2]])
    moved = cv2.warpAffine(right, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    row = matrix[1, 0] * np.arange(width, dtype=np.float32) + matrix[1, 2]
    return moved, np.broadcast_to(row, (height, width))
