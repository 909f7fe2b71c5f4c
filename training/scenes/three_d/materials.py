# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Materials of surfaces: colours, textures, gloss and glass."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from training.scenes.three_d.images import PATTERNS, PRINTS


@dataclass(frozen=True)
class Material:
    """
    The properties of a surface that the shader needs.

    `kind`: plain, pattern (fractal noise), grain (stretched noise: wood, cloth, brushed metal),
    tiles (bricks, checks, stripes) or print (an image);
    `colours`: three in BGR, 0..1; `layer`: index of the texture image; `scale`: repetitions of
    that image per metre; `contrast`: of the pattern or the grain; `angle`: of the texture,
    radians; `tile`: width, height and joint in metres and the shift of every second row in widths,
    or how much a grain bends; `checked`: tiles alternate between two colours; `gloss`,
    `shininess`: of the highlight; `reflection`: of the surroundings, head on; `opacity`: below 1
    for glass.
    """

    kind: str
    colours: np.ndarray
    layer: int = 0
    scale: float = 1.0
    contrast: float = 0.0
    angle: float = 0.0
    offset: tuple[float, float] = (0.0, 0.0)
    tile: tuple[float, float, float, float] = (1.0, 1.0, 0.0, 0.0)
    checked: bool = False
    gloss: float = 0.0
    shininess: float = 30.0
    reflection: float = 0.0
    opacity: float = 1.0

    @property
    def shiny(self) -> bool:
        """Whether the appearance of the surface depends on the view."""
        return self.gloss > 0 or self.reflection > 0 or self.opacity < 1


def random_colour(rng: np.random.Generator, vivid: float = 0.35) -> np.ndarray:
    """Return a BGR colour, 0..1, which is vivid with the probability `vivid`, else muted."""
    hue = rng.uniform(0, 180)
    saturation = rng.uniform(0.4, 0.95) if rng.random() < vivid else rng.beta(1, 4) * 0.6
    value = rng.choice([rng.uniform(0.05, 0.35), rng.uniform(0.3, 0.98)], p=[0.22, 0.78])
    hsv = np.array([[[hue, 255 * saturation, 255 * value]]]).astype(np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0] / np.float32(255)


def bare(rng: np.random.Generator, vivid: float = 0.3) -> Material:
    """Return a material without texture, or with a barely visible grain."""
    grain = rng.choice([0, rng.uniform(0.01, 0.06), rng.uniform(0.06, 0.16)], p=[0.45, 0.35, 0.2])
    return _finish(
        rng,
        Material(
            'plain',
            np.tile(random_colour(rng, vivid), (3, 1)),
            layer=int(rng.integers(PATTERNS)),
            scale=np.exp(rng.uniform(np.log(0.6), np.log(6))),
            contrast=float(grain),
        ),
    )


def textured(rng: np.random.Generator, size: float) -> Material:
    """Return a material with a texture suited to objects of about `size` metres."""
    kind = rng.choice(['pattern', 'grain', 'tiles', 'print'], p=[0.4, 0.16, 0.15, 0.29])
    if kind == 'grain':
        return grained(rng, size)
    colours = np.stack([random_colour(rng) for _ in range(3)])
    angle = rng.choice([0, np.pi / 2, rng.uniform(0, 2 * np.pi)])
    common: dict[str, Any] = {
        'angle': float(angle),
        'offset': tuple(rng.uniform(0, 9, 2).tolist()),
    }
    if kind == 'pattern':
        # About half of the patterns have a single hue.
        if rng.random() < 0.55:
            colours[1:] = np.clip(colours[0] * rng.uniform(0.4, 1.5, (2, 1)), 0.02, 1)
        material = Material(
            'pattern',
            colours,
            layer=int(rng.integers(PATTERNS)),
            scale=np.exp(rng.uniform(np.log(0.25), np.log(3))) / size,
            contrast=float(rng.choice([rng.uniform(0.3, 1), rng.uniform(1, 2.2), 4])),
            **common,
        )
    elif kind == 'print':
        material = Material(
            'print',
            colours,
            layer=int(rng.integers(PRINTS)),
            scale=np.exp(rng.uniform(np.log(0.4), np.log(2.5))) / size,
            contrast=float(rng.uniform(0.5, 1)),
            **common,
        )
    else:
        width = size * np.exp(rng.uniform(np.log(0.03), np.log(0.4)))
        height = width * rng.choice([1, 1, rng.uniform(0.25, 4), 100])
        joint = width * rng.choice([0, rng.uniform(0.02, 0.2)])
        tile = (float(width), float(height), float(joint), float(rng.choice([0, 0.5, 0.3])))
        if rng.random() < 0.6:
            colours[1] = np.clip(colours[0] * rng.uniform(0.8, 1.2, 3), 0, 1)
        material = Material(
            'tiles',
            colours,
            layer=int(rng.integers(PATTERNS)),
            scale=2 / size,
            contrast=float(rng.uniform(0, 0.5)),
            tile=tile,
            checked=bool(rng.random() < 0.4),
            **common,
        )
    return _finish(rng, material)


def grained(rng: np.random.Generator, size: float) -> Material:
    """Return wood, cloth or brushed metal for objects of about `size` metres."""
    wooden = rng.random() < 0.6
    colour = random_colour(rng)
    if wooden:
        colour = np.array([0.25, 0.45, 0.65]) * rng.uniform(0.4, 1.45) * rng.uniform(0.8, 1.2, 3)
    # Mostly horizontal, so that neighbours along a row look the same.
    level = rng.random() < 0.7
    other = colour * rng.uniform(0.45, 0.95) if rng.random() < 0.8 else random_colour(rng)
    material = Material(
        'grain',
        np.clip(np.stack([colour, other, other]), 0.02, 1).astype(np.float32),
        layer=int(rng.integers(PATTERNS)),
        scale=np.exp(rng.uniform(np.log(0.5), np.log(6))) / size,
        contrast=float(np.exp(rng.uniform(np.log(0.12), np.log(1.5)))),
        angle=float(rng.normal(0, 0.02) if level else rng.choice([np.pi / 2, rng.uniform(0, 6)])),
        offset=(float(rng.uniform(0, 9)), float(rng.uniform(0, 9))),
        tile=(float(rng.choice([0, rng.uniform(0, 1.5)])), 1.0, 0.0, 0.0),
    )
    return _finish(rng, material)


def random_material(rng: np.random.Generator, size: float, bareness: float = 0.42) -> Material:
    """Return a bare material with the probability `bareness`, a textured one otherwise."""
    return bare(rng) if rng.random() < bareness else textured(rng, size)


def glass(rng: np.random.Generator) -> Material:
    """Return clear or tinted glass or plastic."""
    tint = random_colour(rng, 0.4)
    return Material(
        'plain',
        np.tile(0.35 + 0.65 * tint, (3, 1)),
        gloss=float(rng.uniform(0.5, 1.5)),
        shininess=float(np.exp(rng.uniform(np.log(40), np.log(400)))),
        reflection=float(rng.uniform(0.06, 0.3)),
        opacity=float(rng.uniform(0.1, 0.55)),
    )


def mirror(rng: np.random.Generator) -> Material:
    """Return a clean surface that reflects most of the light."""
    dark = rng.uniform(0.02, 0.3)
    return Material(
        'plain', np.full((3, 3), dark, np.float32), reflection=float(rng.uniform(0.4, 0.9))
    )


def polished(rng: np.random.Generator, material: Material) -> Material:
    """Return the material with a gloss like varnish, wet stone or polished metal."""
    return replace(
        material,
        gloss=float(rng.uniform(0.2, 1.2)),
        shininess=float(np.exp(rng.uniform(np.log(15), np.log(300)))),
        reflection=float(rng.choice([rng.uniform(0.03, 0.15), rng.uniform(0.15, 0.6)])),
    )


def _finish(rng: np.random.Generator, material: Material) -> Material:
    chance = rng.random()
    if chance < 0.14:
        return polished(rng, material)
    if chance < 0.34:
        shininess = float(rng.uniform(8, 40))
        return replace(material, gloss=float(rng.uniform(0.05, 0.35)), shininess=shininess)
    return material
