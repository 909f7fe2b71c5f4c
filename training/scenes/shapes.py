# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Outlines of objects: which points of a plane an object covers."""

import cv2
import numpy as np

from training.scenes.textures import noise


def _polygon(rng: np.random.Generator, mask: np.ndarray, centre: np.ndarray, size: float) -> None:
    corners = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = size * rng.uniform(0.4, 1.0, corners)
    stretch = np.array([rng.uniform(0.5, 1.5), 1.0])
    points = centre + stretch * radii[:, None] * np.stack((np.cos(angles), np.sin(angles)), 1)
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)


def _box(rng: np.random.Generator, mask: np.ndarray, centre: np.ndarray, size: float) -> None:
    tilt = rng.choice([0, rng.uniform(-90, 90)])
    box = (tuple(centre.tolist()), tuple((size * rng.uniform(0.4, 2, 2)).tolist()), tilt)
    cv2.fillConvexPoly(mask, cv2.boxPoints(box).astype(np.int32), 255)


def _ellipse(rng: np.random.Generator, mask: np.ndarray, centre: np.ndarray, size: float) -> None:
    box = (tuple(centre.tolist()), tuple((size * rng.uniform(0.5, 2, 2)).tolist()), 0)
    cv2.ellipse(mask, (box[0], box[1], rng.uniform(0, 180)), 255, -1)
    if rng.random() < 0.3:
        inner = tuple((np.array(box[1]) * rng.uniform(0.5, 0.85)).tolist())
        cv2.ellipse(mask, (box[0], inner, rng.uniform(0, 180)), 0, -1)


def _thin(rng: np.random.Generator) -> int:
    return int(np.exp(rng.uniform(np.log(2), np.log(24))))


def _bars(rng: np.random.Generator, mask: np.ndarray, centre: np.ndarray, size: float) -> None:
    # Poles, fences, branches, spokes: thin structures in one plane.
    thickness = _thin(rng)
    for _ in range(int(rng.integers(1, 9))):
        reach = size * rng.uniform(0.8, 3.0)
        angle = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]) + rng.normal(0, 0.03)
        step = reach * np.array([np.cos(angle), np.sin(angle)])
        middle = centre + rng.normal(0, size / 2, 2)
        ends = (middle - step).astype(int).tolist(), (middle + step).astype(int).tolist()
        cv2.line(mask, *ends, 255, thickness)


def _wheel(rng: np.random.Generator, mask: np.ndarray, centre: np.ndarray, size: float) -> None:
    # A rim, a hub and spokes with the background between them.
    size *= rng.uniform(0.5, 1.5)
    axes = (size * np.array([rng.uniform(0.5, 1.0), 1.0])).astype(int)
    middle, thickness = centre.astype(int), _thin(rng)
    cv2.ellipse(mask, middle.tolist(), axes.tolist(), 0, 0, 360, 255, thickness)
    cv2.circle(mask, middle.tolist(), max(int(size * rng.uniform(0.05, 0.3)), 1), 255, -1)
    spokes = int(rng.integers(3, 20))
    for angle in np.arange(spokes) * (2 * np.pi / spokes) + rng.uniform(0, 1):
        end = (middle + axes * (np.cos(angle), np.sin(angle))).astype(int)
        cv2.line(mask, middle.tolist(), end.tolist(), 255, max(thickness // 2, 1))


def _blob(rng: np.random.Generator, mask: np.ndarray, centre: np.ndarray, size: float) -> None:
    cell = noise(rng, 96, 96, roughness=rng.uniform(0.3, 0.7))
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    inside = (cell - (x * x + y * y) * rng.uniform(0.2, 0.6) > rng.uniform(0.05, 0.4)) * 255
    half = max(int(size), 4)
    patch = cv2.resize(inside.astype(np.uint8), (2 * half, 2 * half)) > 127
    left, top = (centre - half).astype(int)
    rows = slice(max(top, 0), min(top + 2 * half, mask.shape[0]))
    columns = slice(max(left, 0), min(left + 2 * half, mask.shape[1]))
    part = patch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    mask[rows, columns][part] = 255


_KINDS = (_polygon, _box, _ellipse, _bars, _wheel, _blob)
_SHARES = (0.2, 0.2, 0.16, 0.24, 0.08, 0.12)


def random_outline(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Return a mask, (height, width) bool, that is True where the object is."""
    mask = np.zeros((height, width), np.uint8)
    centre = rng.uniform((0, 0), (width, height))
    size = np.exp(rng.uniform(np.log(0.05), np.log(0.6))) * height
    _KINDS[rng.choice(len(_KINDS), p=_SHARES)](rng, mask, centre, size)
    return mask > 0
