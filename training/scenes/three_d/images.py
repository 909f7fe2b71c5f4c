# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The texture images of the shaders, the same in every process."""

from functools import cache

import cv2
import numpy as np

from training.scenes.textures import random_texture

PATTERNS = 24
PRINTS = 72
SIZE = 256


def _spectrum(rng: np.random.Generator, power: float, stretch: float) -> np.ndarray:
    # Power-law noise that repeats without a seam.
    y = np.fft.fftfreq(SIZE)[:, None] * SIZE * stretch
    x = np.fft.fftfreq(SIZE)[None] * SIZE / stretch
    radius = np.maximum(np.hypot(x, y), 0.5)
    waves = np.fft.fft2(rng.standard_normal((SIZE, SIZE)))
    return np.fft.ifft2(waves * radius**-power).real


def _cells(rng: np.random.Generator) -> np.ndarray:
    # Distance to the nearest random point: scales, pebbles, leather.
    seeds = np.full((SIZE, SIZE), 255, np.uint8)
    seeds[tuple(rng.integers(0, SIZE, (2, int(rng.integers(40, 500)))))] = 0
    distance = cv2.distanceTransform(np.tile(seeds, (3, 3)), cv2.DIST_L2, 5)
    return distance[SIZE : 2 * SIZE, SIZE : 2 * SIZE]


def _weave(rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE] * (2 * np.pi / SIZE)
    threads = rng.integers(8, 40, 2)
    cloth = np.sin(threads[0] * x) * np.sin(threads[1] * y)
    return cloth + 0.3 * _spectrum(rng, 0.3, 1.0) / SIZE**0.5


@cache
def patterns() -> np.ndarray:
    """Return grey patterns that repeat without a seam, (PATTERNS, SIZE, SIZE) uint8."""
    rng = np.random.default_rng(24)
    images = []
    for index in range(PATTERNS):
        if index % 6 == 4:
            image = _cells(rng)
        elif index % 12 == 5:
            image = _weave(rng)
        else:
            image = _spectrum(rng, rng.uniform(0.5, 1.9), np.exp(rng.choice([0, 0, 0.9])))
        spread = 4.0 * image.std()
        images.append(np.clip((image - image.mean()) / spread + 0.5, 0, 1) * 255)
    return np.array(images).astype(np.uint8)


@cache
def prints() -> np.ndarray:
    """Return colour images such as labels, letters and photographs, (PRINTS, SIZE, SIZE, 3)."""
    rng = np.random.default_rng(72)
    return np.array([random_texture(rng, SIZE, SIZE) for _ in range(PRINTS)]).astype(np.uint8)


@cache
def dots() -> np.ndarray:
    """Return the dot pattern of an infrared projector, (2 * SIZE, 2 * SIZE) uint8."""
    rng = np.random.default_rng(5)
    image = np.zeros((2 * SIZE, 2 * SIZE), np.uint8)
    for x, y in rng.uniform(0, 2 * SIZE, (2600, 2)):
        centre = (int(x * 16), int(y * 16))
        cv2.circle(image, centre, 26, 255, -1, cv2.LINE_AA, shift=4)
    return image
