# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenes of slanted and curved surfaces, rendered for both cameras of a rectified pair."""

from dataclasses import dataclass

import cv2
import numpy as np

from training.scenes.shapes import random_outline
from training.scenes.textures import noise, random_texture

SUPERSAMPLING = 2


@dataclass(frozen=True)
class StereoSample:
    """
    A rectified pair with its true disparities.

    `left`, `right`: (H, W, 3) uint8 BGR. `disparity`: (H, W) float32, pixels, of the left
    image; `disparity_right`: of the right one (both positive: a point at x in the left image
    is at x - d in the right one).
    """

    left: np.ndarray
    right: np.ndarray
    disparity: np.ndarray
    disparity_right: np.ndarray

    def visible(self) -> np.ndarray:
        """Return where the right view shows the same point, (H, W) bool."""
        height, width = self.disparity.shape
        y, x = np.mgrid[:height, :width].astype(np.float32)
        x = x - self.disparity
        # Both nearest pixels, not their mean: at an edge, the mean belongs to neither side.
        across = [
            cv2.remap(self.disparity_right, x + step, y, cv2.INTER_NEAREST, borderValue=-1e3)
            for step in (-0.5, 0.5)
        ]
        apart = np.minimum(*(np.abs(other - self.disparity) for other in across))
        return (x >= 0) & (apart < 1 + 0.02 * self.disparity)

    def mirrored(self) -> 'StereoSample':
        """Return the mirror image of the scene, with the views exchanged."""
        pair = self.right[:, ::-1], self.left[:, ::-1]
        truth = self.disparity_right[:, ::-1], self.disparity[:, ::-1]
        return StereoSample(*(np.ascontiguousarray(x) for x in (*pair, *truth)))


@dataclass(frozen=True)
class _Surface:
    """The disparity at every point of the left view: a slanted plane with a bulge."""

    level: float
    slope_x: float
    slope_y: float
    centre: tuple[float, float]
    bulge: float
    radius: float

    def at(self, x: float | np.ndarray, y: float | np.ndarray) -> np.ndarray:
        x, y = x - self.centre[0], y - self.centre[1]
        disparity = self.level + self.slope_x * x + self.slope_y * y
        if self.bulge:
            disparity = disparity + self.bulge * np.exp((x * x + y * y) * (-0.5 / self.radius**2))
        return np.maximum(disparity, 0)

    def seen_from_right(self, x_right: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Solve x - disparity(x, y) = x_right for x; slopes are well below one."""
        x = x_right + self.level
        for _ in range(4 if self.bulge or abs(self.slope_x) > 0.1 else 3):
            x = x_right + self.at(x, y)
        return x


def _random_surface(
    rng: np.random.Generator,
    level: float,
    centre: tuple[float, float],
    height: int,
    reach: float,
    is_ground: bool,
) -> _Surface:
    # A wider baseline enlarges disparities and their slopes in the same proportion.
    steep = reach / height
    slope_x, slope_y = rng.normal(0, 0.3 * steep, 2) * rng.choice([0, 1, 1])
    if is_ground:
        slope_y = rng.uniform(0.1, 0.9) * steep
    slope_x, slope_y = np.clip((slope_x, slope_y), -0.4, 0.4)
    radius = rng.uniform(0.1, 0.5) * height
    bulge = 0.0
    if rng.random() < 0.35:
        bulge = rng.uniform(-0.4, 0.4) * min(radius, level)
    return _Surface(level, slope_x, slope_y, centre, bulge, radius)


def _shade(rng: np.random.Generator, texture: np.ndarray) -> np.ndarray:
    # The light changes over a surface, and shadows have soft or hard edges.
    height, width = texture.shape[:2]
    if rng.random() < 0.5:
        light = noise(rng, height, width, roughness=0.3)
        if rng.random() < 0.4:
            light = np.clip((light - 0.5) * rng.uniform(4, 40) + 0.5, 0, 1)
        depth = rng.uniform(0.2, 0.8)
        texture = texture * (1 - depth * light)[..., None]
    return texture


def render_scene(
    rng: np.random.Generator, height: int, width: int, largest: float
) -> StereoSample:
    """
    Render one scene.

    Each surface has a texture and an outline in the left view. Both views show, at every pixel,
    the surface with the largest disparity there.

    :param height: of the pair, pixels
    :param width: of the pair, pixels
    :param largest: approximate largest disparity, pixels
    """
    scale = SUPERSAMPLING
    rows, columns, reach = height * scale, width * scale, largest * scale
    margin = int(reach * 1.3) + 8
    full = columns + margin
    x = np.arange(full, dtype=np.float32)[None].repeat(rows, 0)
    y = np.arange(rows, dtype=np.float32)[:, None].repeat(full, 1)

    colour_left = np.zeros((rows, columns, 3), np.float32)
    colour_right = np.zeros((rows, columns, 3), np.float32)
    depth_left = np.full((rows, columns), -1, np.float32)
    depth_right = np.full((rows, columns), -1, np.float32)

    nearest = rng.uniform(0.3, 1)
    backgrounds: list[_Surface] = []
    objects = int(rng.integers(6, 42))
    for index in range(objects + 2):
        background = index < 2 and (index == 0 or rng.random() < 0.6)
        mask = np.ones((rows, full), bool) if background else random_outline(rng, rows, full)
        left, top, box_width, box_height = cv2.boundingRect(mask.view(np.uint8))
        if not box_width:
            continue
        right, bottom = left + box_width, top + box_height
        centre = (rng.uniform(left, right), rng.uniform(top, bottom))
        if background:
            level = reach * rng.uniform(0, 0.35)
        else:
            # Between the background, which would hide it, and the nearest surface.
            behind = max(float(surface.at(*centre)) for surface in backgrounds)
            level = behind + max(reach * nearest - behind, 0) * rng.beta(1.1, 1.5)
        ground = background and index == 1
        surface = _random_surface(rng, level, centre, rows, reach, ground)
        if background:
            backgrounds.append(surface)
        texture = _shade(rng, random_texture(rng, box_height, box_width))

        # Left view: the outline of the surface is defined here.
        stop = min(right, columns)
        if stop > left:
            box = np.s_[top:bottom, left:stop]
            disparity = surface.at(x[box], y[box])
            seen = mask[box] & (disparity > depth_left[box])
            depth_left[box][seen] = disparity[seen]
            colour_left[box][seen] = texture[:, : stop - left][seen]

        # Right view: further left by at most the largest disparity of the surface.
        corner = surface.at(x[top:bottom, left:right], y[top:bottom, left:right])
        start = max(int(left - corner.max()) - 2, 0)
        stop = min(int(right - corner.min()) + 2, columns)
        if stop > start:
            box = np.s_[top:bottom, start:stop]
            source = surface.seen_from_right(x[box], y[box]).astype(np.float32)
            disparity = source - x[box]
            hit = cv2.remap(mask.view(np.uint8), source, y[box], cv2.INTER_NEAREST, borderValue=0)
            seen = (hit > 0) & (disparity > depth_right[box])
            colours = cv2.remap(
                texture,
                source - left,
                y[box] - top,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            depth_right[box][seen] = disparity[seen]
            colour_right[box][seen] = colours[seen]

    def reduced(colour: np.ndarray) -> np.ndarray:
        return cv2.resize(colour, (width, height), interpolation=cv2.INTER_AREA)

    def truth(depth: np.ndarray) -> np.ndarray:
        # The nearest sample: a mean would create a surface between two others.
        blocks = depth.reshape(height, scale, width, scale)
        return blocks.max(axis=(1, 3)) / scale

    return StereoSample(
        np.clip(reduced(colour_left) + 0.5, 0, 255).astype(np.uint8),
        np.clip(reduced(colour_right) + 0.5, 0, 255).astype(np.uint8),
        truth(depth_left),
        truth(depth_right),
    )
