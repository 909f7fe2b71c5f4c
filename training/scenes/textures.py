# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Textures: noise at many scales, stripes, text, patterns, and freely licensed photographs."""

from functools import lru_cache
import string

import cv2
import numpy as np

# Included in scikit-image, whose docstrings state the licence: CC0 or public domain. Its stereo
# pair is not used here, because evaluation uses it.
PHOTOGRAPHS = (
    'astronaut',
    'brick',
    'camera',
    'chelsea',
    'coffee',
    'grass',
    'gravel',
    'hubble_deep_field',
    'rocket',
)


@lru_cache(maxsize=1)
def photographs() -> list[np.ndarray]:
    """Return the photographs as BGR uint8 images."""
    from skimage import data

    images = [getattr(data, name)() for name in PHOTOGRAPHS]
    grey = [np.dstack([image] * 3) if image.ndim == 2 else image for image in images]
    return [np.ascontiguousarray(image[..., 2::-1]) for image in grey]


def random_colour(rng: np.random.Generator) -> np.ndarray:
    """Return a BGR colour, 0..255, mostly muted."""
    grey = rng.uniform(10, 245)
    return np.clip(grey + rng.normal(0, rng.choice([4, 20, 70]), 3), 0, 255).astype(np.float32)


def noise(
    rng: np.random.Generator, height: int, width: int, roughness: float | None = None
) -> np.ndarray:
    """
    Return one plane of noise in 0..1, (height, width) float32.

    It is a sum of octaves from the size of the whole plane down to single pixels. `roughness` is
    the weight of each octave relative to the next coarser one (about 0.3: clouds, 1: grain).
    """
    roughness = rng.uniform(0.35, 1.05) if roughness is None else roughness
    total = np.zeros((height, width), np.float32)
    weight = 1.0
    cells = rng.uniform(1.5, 6)
    while cells < max(height, width):
        rows = max(2, round(cells * height / max(height, width)) + 1)
        columns = max(2, round(cells * width / max(height, width)) + 1)
        octave = rng.random((rows, columns), np.float32)
        interpolation = cv2.INTER_CUBIC if cells < 64 else cv2.INTER_LINEAR
        total += weight * cv2.resize(octave, (width, height), interpolation=interpolation)
        weight *= roughness
        cells *= rng.uniform(1.8, 2.6)
    cv2.normalize(total, total, 0, 1, cv2.NORM_MINMAX)
    return total


def _blend(plane: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first + plane[..., None] * (second - first)


def _noise_texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    low, high = random_colour(rng), random_colour(rng)
    texture = _blend(noise(rng, height, width), low, high)
    if rng.random() < 0.4:
        second = noise(rng, height, width, roughness=rng.uniform(0.3, 0.8))
        texture = texture + (second[..., None] - 0.5) * rng.uniform(-80, 80, 3).astype('f')
    return texture


def _faint_texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    # Almost no texture: a colour, a slow change of brightness, a trace of grain.
    slow = noise(rng, height, width, roughness=0.25)
    texture = random_colour(rng) + (slow[..., None] - 0.5) * rng.uniform(5, 60)
    grain = rng.standard_normal((height, width, 1), np.float32)
    return texture + grain * rng.choice([0, 1, 3])


def _periodic_texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    angle = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)])
    period = rng.uniform(4, 50)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    first = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period))
    if rng.random() < 0.4:
        period *= rng.uniform(0.5, 2)
        second = np.sin((y * np.cos(angle) - x * np.sin(angle)) * (2 * np.pi / period))
        first = first * second if rng.random() < 0.5 else np.maximum(first, second)
    sharpness = rng.choice([0.5, 2, 20])
    plane = np.clip(0.5 + sharpness * (first - rng.uniform(-0.6, 0.6)), 0, 1)
    return _blend(plane, random_colour(rng), random_colour(rng)) + (
        noise(rng, height, width)[..., None] - 0.5
    ) * rng.uniform(0, 60)


def _text_texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    texture = _faint_texture(rng, height, width)
    size = rng.uniform(0.4, 2.0)
    colour = random_colour(rng).tolist()
    letters = np.array(list(string.ascii_letters + string.digits + '   .,-'))
    texture = np.clip(texture, 0, 255).astype(np.uint8)
    for line in np.arange(rng.uniform(10, 40), height + 20, 28 * size + rng.uniform(2, 40)):
        text = ''.join(rng.choice(letters, int(width / (16 * size)) + 2))
        start = (int(rng.uniform(-40, width / 3)), int(line))
        font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX]))
        thickness = int(rng.integers(1, 4))
        cv2.putText(texture, text, start, font, size, colour, thickness, cv2.LINE_AA)
    return texture


def _patchwork_texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    texture = np.clip(_faint_texture(rng, height, width), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(5, 60))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        axes = rng.uniform(2, 60, 2)
        box = ((x, y), tuple(axes.tolist()), rng.uniform(0, 180))
        colour = random_colour(rng).tolist()
        if rng.random() < 0.5:
            cv2.ellipse(texture, box, colour, -1, cv2.LINE_AA)
        else:
            cv2.fillConvexPoly(texture, cv2.boxPoints(box).astype(np.int32), colour, cv2.LINE_AA)
    return texture


def _photograph_texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    photographed = photographs()
    image = photographed[rng.integers(len(photographed))]
    scale = max(height / image.shape[0], width / image.shape[1]) * rng.uniform(1.0, 2.5)
    scale = max(scale, 0.3)
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    y = rng.integers(image.shape[0] - height + 1)
    x = rng.integers(image.shape[1] - width + 1)
    crop = image[y : y + height, x : x + width].astype(np.float32)
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    gain = rng.uniform(0.5, 1.3, 3) if rng.random() < 0.5 else rng.uniform(0.6, 1.3)
    return crop * np.asarray(gain, np.float32)


_KINDS = (
    (_noise_texture, 0.27),
    (_faint_texture, 0.17),
    (_periodic_texture, 0.1),
    (_text_texture, 0.06),
    (_patchwork_texture, 0.12),
    (_photograph_texture, 0.28),
)


def random_texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Return a BGR texture, (height, width, 3) float32, 0..255."""
    makers, shares = zip(*_KINDS, strict=True)
    texture = makers[rng.choice(len(makers), p=shares)](rng, height, width)
    return np.clip(texture, 0, 255).astype(np.float32)
