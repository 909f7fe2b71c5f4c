# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
A small room with balls and boxes, rendered by ray casting for a calibrated stereo camera.

The demo shows it. Training does not use it, so evaluation can use it as another kind of scene.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from training.scenes.scene import StereoSample, SUPERSAMPLING
from training.scenes.textures import PHOTOGRAPHS, photographs, random_texture

FOCAL_LENGTH = 1.0  # of the image width
BASELINE = 0.12  # metres
LIGHT = np.array([-2.5, -3.5, -1.0], np.float32)
AMBIENT = 0.35


@dataclass(frozen=True)
class _Hit:
    """Where rays hit an object: distance along the ray (inf: no hit), normal, colour."""

    distance: np.ndarray
    normal: np.ndarray
    colour: np.ndarray


def _texel(texture: np.ndarray, u: np.ndarray, v: np.ndarray, tile: float) -> np.ndarray:
    # Returns the colour at texture coordinates in metres. The texture is `tile` metres wide and
    # continues as its mirror image, so that no seam is visible.
    texture = np.hstack((texture, texture[:, ::-1]))
    texture = np.vstack((texture, texture[::-1]))
    height, width = texture.shape[:2]
    tile = 2 * tile
    x = (u / tile * width).astype(np.float32) % width
    y = (v / tile * width).astype(np.float32) % height
    wrapped = cv2.copyMakeBorder(texture, 0, 1, 0, 1, cv2.BORDER_WRAP)
    return cv2.remap(wrapped.astype(np.float32), x, y, cv2.INTER_LINEAR)


@dataclass(frozen=True)
class _Wall:
    """An infinite plane perpendicular to one axis."""

    axis: int
    position: float
    texture: np.ndarray
    tile: float

    def hit(self, origin: np.ndarray, rays: np.ndarray) -> _Hit:
        with np.errstate(divide='ignore', invalid='ignore'):
            distance = (self.position - origin[..., self.axis]) / rays[..., self.axis]
        distance = np.where(distance > 1e-3, distance, np.inf)
        point = origin + np.where(np.isfinite(distance), distance, 0)[..., None] * rays
        u, v = (i for i in range(3) if i != self.axis)
        normal = np.zeros(3, np.float32)
        normal[self.axis] = -np.sign(self.position)
        colour = _texel(self.texture, point[..., u], point[..., v], self.tile)
        return _Hit(distance, np.broadcast_to(normal, point.shape), colour)


@dataclass(frozen=True)
class _Ball:
    centre: tuple[float, float, float]
    radius: float
    texture: np.ndarray

    def hit(self, origin: np.ndarray, rays: np.ndarray) -> _Hit:
        to_origin = origin - np.asarray(self.centre, np.float32)
        half = (to_origin * rays).sum(-1)
        root = half**2 - (to_origin**2).sum(-1) + self.radius**2
        distance = -half - np.sqrt(np.maximum(root, 0))
        distance = np.where((root > 0) & (distance > 1e-3), distance, np.inf)
        point = to_origin + np.where(np.isfinite(distance), distance, 0)[..., None] * rays
        normal = point / self.radius
        u = np.arctan2(normal[..., 0], -normal[..., 2]) * self.radius
        v = np.arcsin(np.clip(normal[..., 1], -1, 1)) * self.radius
        return _Hit(distance, normal, _texel(self.texture, u, v, 3 * self.radius))


@dataclass(frozen=True)
class _Box:
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    texture: np.ndarray

    def hit(self, origin: np.ndarray, rays: np.ndarray) -> _Hit:
        with np.errstate(divide='ignore', invalid='ignore'):
            to_low = (np.asarray(self.low, np.float32) - origin) / rays
            to_high = (np.asarray(self.high, np.float32) - origin) / rays
        enter = np.fmin(to_low, to_high)
        distance = enter.max(-1)
        leave = np.fmax(to_low, to_high).min(-1)
        distance = np.where((distance < leave) & (distance > 1e-3), distance, np.inf)
        point = origin + np.where(np.isfinite(distance), distance, 0)[..., None] * rays
        face = enter.argmax(-1)
        normal = np.eye(3, dtype=np.float32)[face] * -np.sign(rays)
        u = np.where(face == 0, point[..., 2], point[..., 0])
        v = np.where(face == 1, point[..., 2], point[..., 1])
        return _Hit(distance, normal, _texel(self.texture, u, v, 1.5))


def _nearest(objects: list[_Wall | _Ball | _Box], origin: np.ndarray, rays: np.ndarray) -> _Hit:
    hits = [thing.hit(origin, rays) for thing in objects]
    first = np.argmin([hit.distance for hit in hits], axis=0)
    picks = [(first == index)[..., None] for index in range(len(hits))]
    normal = np.sum(
        [np.where(pick, hit.normal, 0) for pick, hit in zip(picks, hits, strict=True)], axis=0
    )
    colour = np.sum(
        [np.where(pick, hit.colour, 0) for pick, hit in zip(picks, hits, strict=True)], axis=0
    )
    return _Hit(np.min([hit.distance for hit in hits], axis=0), normal, colour)


def _look(
    objects: list[_Wall | _Ball | _Box], height: int, width: int, x_camera: float
) -> tuple[np.ndarray, np.ndarray]:
    # Returns colour (H, W, 3) float32 and depth (H, W) in metres, still supersampled.
    focal = FOCAL_LENGTH * width
    y, x = np.mgrid[:height, :width].astype(np.float32)
    directions = [(x - (width - 1) / 2) / focal, (y - (height - 1) / 2) / focal, np.ones_like(x)]
    rays = np.stack(directions, -1)
    stretch = np.linalg.norm(rays, axis=-1)
    rays /= stretch[..., None]
    origin = np.broadcast_to(np.array([x_camera, 0, 0], np.float32), rays.shape)
    hit = _nearest(objects, origin, rays)
    point = origin + hit.distance[..., None] * rays
    to_light = LIGHT - point
    far = np.linalg.norm(to_light, axis=-1)
    to_light /= far[..., None]
    shadow = _nearest(objects, point + 1e-3 * hit.normal, to_light).distance < far
    light = np.maximum((hit.normal * to_light).sum(-1), 0) * np.where(shadow, 0.15, 1)
    shade = AMBIENT + (1 - AMBIENT) * light
    return hit.colour * shade[..., None], hit.distance / stretch


def render_still_life(seed: int, height: int = 480, width: int = 640) -> StereoSample:
    """
    Render the room; the seed determines the arrangement and the materials.

    The cameras look along the optical axis z (x right, y down), with a focal length of
    FOCAL_LENGTH * width pixels and the principal point in the middle. The right camera is BASELINE
    metres to the right of the left one.
    """
    rng = np.random.default_rng(seed)
    photographed = dict(zip(PHOTOGRAPHS, photographs(), strict=True))
    brick = np.rot90(photographed['brick'])
    floor = 0.9
    objects: list[_Wall | _Ball | _Box] = [
        _Wall(1, floor, photographed['gravel'] * np.array((0.75, 0.9, 1), np.float32), 2.5),
        _Wall(2, 5.0, brick * np.array((0.7, 0.85, 1.4), np.float32), 3.0),
        _Wall(0, -2.6, photographed['grass'] * np.array((0.6, 1.1, 0.7), np.float32), 3.0),
    ]
    for x, z in ((-1.1, 2.6), (0.35, 1.9), (1.5, 3.4), (-0.2, 4.2)):
        radius = rng.uniform(0.25, 0.45)
        centre = (x + rng.normal(0, 0.1), floor - radius, z + rng.normal(0, 0.1))
        objects.append(_Ball(centre, radius, random_texture(rng, 256, 512)))
    for x, z in ((-1.7, 3.8), (0.9, 4.0), (1.25, 2.3)):
        half, tall = rng.uniform(0.15, 0.35), rng.uniform(0.5, 1.5)
        x, z = x + rng.normal(0, 0.1), z + rng.normal(0, 0.1)
        low, high = (x - half, floor - tall, z - half), (x + half, floor, z + half)
        objects.append(_Box(low, high, random_texture(rng, 384, 384)))
    for x in (-0.55, -0.4):
        low, high = (x, floor - 1.6, 2.2), (x + 0.03, floor, 2.23)
        objects.append(_Box(low, high, random_texture(rng, 128, 128)))

    scale = SUPERSAMPLING
    views, truths = [], []
    for x_camera in (0, BASELINE):
        colour, depth = _look(objects, height * scale, width * scale, x_camera)
        colour = cv2.resize(colour, (width, height), interpolation=cv2.INTER_AREA)
        views.append(np.clip(colour + 0.5, 0, 255).astype(np.uint8))
        nearest = depth.reshape(height, scale, width, scale).min(axis=(1, 3))
        truths.append((FOCAL_LENGTH * width * BASELINE / nearest).astype(np.float32))
    return StereoSample(*views, *truths)
