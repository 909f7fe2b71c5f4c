# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults of real cameras: exposure, noise, blur, compression, bad rectification."""

import cv2
import numpy as np


def _expose(image: np.ndarray, gain: float, gamma: float, tint: np.ndarray) -> np.ndarray:
    image = np.clip(image * (np.float32(1 / 255) * gain * tint), 0, 1)
    return cv2.pow(image, gamma) * 255


def _blur(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    kind = rng.random()
    if kind < 0.2:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.3))
    if kind < 0.3:
        small = rng.uniform(0.5, 0.9)
        size = image.shape[1::-1]
        image = cv2.resize(image, None, fx=small, fy=small, interpolation=cv2.INTER_AREA)
        return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    if kind < 0.4:
        return cv2.filter2D(image, -1, _disc(rng.uniform(0.8, 3.5)))
    if kind < 0.5:
        length = float(np.exp(rng.uniform(np.log(1.5), np.log(14))))
        return cv2.filter2D(image, -1, _stroke(length, rng.uniform(0, np.pi)))
    return image


def _disc(radius: float) -> np.ndarray:
    # The image of a point that is out of focus.
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return kernel / kernel.sum()


def _stroke(length: float, angle: float) -> np.ndarray:
    # The image of a point from a moving camera.
    reach = int(np.ceil(length / 2))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = np.abs(x * np.cos(angle) + y * np.sin(angle))
    across = np.abs(y * np.cos(angle) - x * np.sin(angle))
    kernel = np.clip(length / 2 + 0.5 - along, 0, 1) * np.clip(1 - across, 0, 1)
    return (kernel / kernel.sum()).astype(np.float32)


def _noise(rng: np.random.Generator, image: np.ndarray, strength: float, grey: bool) -> np.ndarray:
    channels = 1 if grey else rng.choice([1, 3])
    grain = rng.standard_normal(image.shape[:2] + (channels,), np.float32)
    return image + grain * strength


def _little(rng: np.random.Generator) -> float:
    # Without any noise, the faintest shading of a rendered wall would tell its disparity. A
    # network that relies on it gets bare walls of photographs wrong.
    return float(rng.uniform(0.3, 2))


def _highlight(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    # A reflection is at a different place in each view.
    height, width = image.shape[:2]
    spot = np.zeros((height, width), np.float32)
    box = (rng.uniform((0, 0), (width, height)).tolist(), rng.uniform(4, 40, 2).tolist())
    cv2.ellipse(spot, (*box, rng.uniform(0, 180)), 1.0, -1)
    soft = np.asarray(cv2.GaussianBlur(spot, (0, 0), rng.uniform(1, 8)))
    return image + soft[..., None] * rng.uniform(40, 200)


def _compress(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 98))]
    return np.asarray(cv2.imdecode(cv2.imencode('.jpg', image, quality)[1], cv2.IMREAD_COLOR))


def _grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def _vignette(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    # Images are darker towards their corners.
    height, width = image.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    x, y = x - rng.normal(0, 0.05), y - rng.normal(0, 0.05)
    fall = 1 - rng.uniform(0.1, 0.35) * (x * x + y * y)
    return image * np.clip(fall, 0, 1).astype(np.float32)[..., None]


def degrade_pair(
    rng: np.random.Generator, left: np.ndarray, right: np.ndarray, infrared: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return both images (H, W, 3) uint8 with faults, some on both sides and some on one only.

    :param infrared: images are grey and noisy, like those of a depth sensor's cameras; one in
        eight of the other pairs is grey too
    """
    if infrared or rng.random() < 0.125:
        left, right = _grey(left), _grey(right)
    gain = np.exp(rng.normal(0, 0.25))
    gamma = np.exp(rng.normal(0, 0.2))
    tint = np.exp(rng.normal(0, 0.06, 3))
    differ = rng.choice([0, 0.3, 1])
    strength = rng.choice([_little(rng), rng.uniform(0, 4), rng.uniform(4, 14)], p=[0.3, 0.5, 0.2])
    if infrared:
        tint, strength = np.ones(3), max(strength, rng.uniform(2, 10))
    vignette = infrared or rng.random() < 0.1
    compress = rng.random() < 0.25
    # A shaking camera or a wrong focus of both blurs both sides in the same way.
    blur_seed = rng.integers(2**32, size=2)
    if rng.random() < 0.6:
        blur_seed[1] = blur_seed[0]
    pair = []
    for image, seed in zip((left, right), blur_seed, strict=True):
        image = _expose(
            image,
            gain * np.exp(rng.normal(0, 0.12 * differ)),
            gamma * np.exp(rng.normal(0, 0.1 * differ)),
            (tint * np.exp(rng.normal(0, 0.05 * differ, 1 if infrared else 3))).astype(np.float32),
        )
        if vignette:
            image = _vignette(rng, image)
        if rng.random() < 0.1:
            image = _highlight(rng, image)
        image = _blur(np.random.default_rng(seed), image)
        image = _noise(rng, image, strength, infrared)
        image = np.clip(image, 0, 255).astype(np.uint8)
        pair.append(_compress(rng, image) if compress else image)
    return pair[0], pair[1]


def expose_pair(
    rng: np.random.Generator, left: np.ndarray, right: np.ndarray, infrared: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return both images (H, W, 3) uint8 with the same exposure and little noise, as of good cameras.

    :param infrared: both images are grey; one in eight of the other pairs is grey too
    """
    gain, gamma = np.exp(rng.normal(0, 0.15)), np.exp(rng.normal(0, 0.15))
    tint = np.exp(rng.normal(0, 0.04, 3)).astype(np.float32)
    if infrared or rng.random() < 0.125:
        left, right, tint = _grey(left), _grey(right), np.ones(3, np.float32)
    strength = _little(rng)
    exposed = (_expose(image, gain, gamma, tint) for image in (left, right))
    noisy = (_noise(rng, image, strength, infrared) for image in exposed)
    left, right = (np.clip(image + 0.5, 0, 255).astype(np.uint8) for image in noisy)
    return left, right


def without_content(
    rng: np.random.Generator, left: np.ndarray, right: np.ndarray, other: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return a pair (H, W, 3) uint8 from which no disparity can be found.

    One or both sides are black, white or covered, the sides are exchanged, or one side is frozen.

    :param other: an image of another scene, shown by a frozen side
    """

    def flat(level: float) -> np.ndarray:
        noise = rng.standard_normal(left.shape[:2] + (1,), np.float32) * rng.choice([0, 1, 4])
        image = np.full_like(left, level, np.float32) + noise
        if rng.random() < 0.3:
            image = _vignette(rng, image)
        return np.clip(image, 0, 255).astype(np.uint8)

    kind = rng.choice(['both', 'one', 'exchanged', 'frozen'], p=[0.5, 0.2, 0.1, 0.2])
    if kind == 'exchanged':
        return right, left
    if kind == 'frozen':
        return (other, right) if rng.random() < 0.5 else (left, other)
    level = rng.choice([0, 255, rng.uniform(0, 255)])
    if kind == 'both':
        return flat(level), flat(level)
    return (flat(level), right) if rng.random() < 0.5 else (left, flat(level))


def tilt_right(rng: np.random.Generator, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Shift and turn the right image a little, like a bad rectification.

    :returns: the image and the vertical shift of its content, (H, W) float32, pixels at the right
        image's positions, positive downwards
    """
    height, width = right.shape[:2]
    angle, shift = np.radians(rng.normal(0, 0.12)), rng.normal(0, 0.6)
    matrix = np.array(
        [[1, 0, 0], [np.sin(angle), 1, shift - np.sin(angle) * width / 2]], np.float32
    )
    moved = cv2.warpAffine(right, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    row = matrix[1, 0] * np.arange(width, dtype=np.float32) + matrix[1, 2]
    return moved, np.broadcast_to(row, (height, width))
