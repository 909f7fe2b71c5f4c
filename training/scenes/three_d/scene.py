# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A three-dimensional scene: objects with poses and motions, light, and a camera."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from training.scenes.three_d.materials import Material
from training.scenes.three_d.meshes import Mesh, shift, turn


@dataclass(frozen=True)
class Motion:
    """The motion per frame: metres and radians (yaw, pitch, roll)."""

    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spin: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def at(self, pose: np.ndarray, time: float) -> np.ndarray:
        """Return the (4, 4) pose after `time` frames; rotation is about the pose's origin."""
        moved = pose @ turn(*(time * angle for angle in self.spin))
        moved[:3, 3] += time * np.asarray(self.velocity)
        return moved


STILL = Motion()


@dataclass(frozen=True)
class Thing:
    """
    A mesh of one material.

    `pose`: (4, 4) from the mesh to the world; `mirror`: a point and the unit normal of the mesh's
    plane, if it is a mirror (at most one in a scene).
    """

    mesh: Mesh
    material: Material
    pose: np.ndarray
    motion: Motion = STILL
    mirror: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Light:
    """
    The light of the scene, which casts shadows around `target`.

    `reach`: half the width, in metres, of the shadow map at the target; `near`: whether it is a
    lamp at `position`, not a sun in that direction; `softness`: width of the shadows' edges,
    relative to the shadow map.
    """

    position: np.ndarray
    target: np.ndarray
    reach: float
    near: bool
    colour: np.ndarray
    above: np.ndarray
    below: np.ndarray
    falloff: float = 0.0
    softness: float = 0.003
    dots: float = 0.0


@dataclass(frozen=True)
class Surroundings:
    """The surroundings: sky, haze and walls with dark corners."""

    horizon: np.ndarray
    zenith: np.ndarray
    clouds: float = 0.0
    haze: float = 0.0
    room: tuple[np.ndarray, np.ndarray] = (np.full(3, -1e6), np.full(3, 1e6))
    corners: float = 0.0
    window: np.ndarray = field(default_factory=lambda: np.array([0.0, 0.7, -0.7]))
    brightness: float = 0.8


@dataclass(frozen=True)
class Camera:
    """The left camera: its (4, 4) pose in the world and its focal length in image widths."""

    pose: np.ndarray
    focal: float
    motion: Motion = STILL


@dataclass(frozen=True)
class Scene:
    """Everything in a picture, and its camera."""

    things: list[Thing]
    light: Light
    surroundings: Surroundings
    camera: Camera


def looking(at: ArrayLike, yaw: float, pitch: float, roll: float = 0.0) -> np.ndarray:
    """Return a camera's pose; angles are in radians, and a positive pitch is downwards."""
    return shift(*np.asarray(at)) @ turn(yaw, pitch, roll)
