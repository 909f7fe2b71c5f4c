# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Procedural triangle meshes: boxes, solids of revolution, blobs, tubes, sheets, leaves.

Lengths are in metres; x is right, y is up and z is forward. Texture coordinates are in metres too,
so that a texture has the same scale on large and small faces.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Mesh:
    """
    A mesh of triangles.

    `vertices`: (N, 8) float32, position, unit normal and texture coordinates; `triangles`:
    (M, 3) int32, indices of vertices. Faces are visible from both sides.
    """

    vertices: np.ndarray
    triangles: np.ndarray

    def moved(self, matrix: np.ndarray) -> 'Mesh':
        """Return the mesh, transformed by a rigid (4, 4) matrix."""
        return copies(self, matrix[None])


def join(meshes: list[Mesh]) -> Mesh:
    """Return one mesh of all the given ones."""
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([m.triangles + s for m, s in zip(meshes, starts, strict=True)]),
    )


def copies(mesh: Mesh, matrices: np.ndarray) -> Mesh:
    """Return one mesh with a copy for each of the (N, 4, 4) matrices, which may also scale."""
    turn, shift = matrices[:, None, :3, :3], matrices[:, None, :3, 3]
    scale = np.linalg.norm(matrices[:, :3, 0], axis=1)[:, None, None]
    vertices = np.empty((len(matrices), *mesh.vertices.shape), np.float32)
    vertices[..., :3] = np.matmul(turn, mesh.vertices[:, :3, None])[..., 0] + shift
    vertices[..., 3:6] = np.matmul(turn, mesh.vertices[:, 3:6, None])[..., 0] / scale
    vertices[..., 6:] = (
        mesh.vertices[:, 6:] * scale + 0.37 * np.arange(len(matrices))[:, None, None]
    )
    starts = np.arange(len(matrices), dtype=np.int32)[:, None, None] * len(mesh.vertices)
    return Mesh(vertices.reshape(-1, 8), (mesh.triangles + starts).reshape(-1, 3))


def surface(points: np.ndarray, wrapped: bool = False) -> Mesh:
    """
    Return a smooth surface through a grid of points.

    :param points: (R, C, 3)
    :param wrapped: whether the last column repeats the first one
    """
    points = np.asarray(points, np.float32)
    rows, columns = points.shape[:2]
    down = np.gradient(points, axis=0)
    if wrapped:
        around = np.concatenate((points[:, -2:-1], points, points[:, 1:2]), axis=1)
        across = around[:, 2:] - around[:, :-2]
    else:
        across = np.gradient(points, axis=1)
    normals = np.cross(down, across)
    # At a pole, the points of a row coincide; the next row gives the direction.
    lengths = np.linalg.norm(normals, axis=2, keepdims=True)
    if lengths[0].min() < 1e-9:
        normals[0], lengths[0] = normals[1], lengths[1]
    if lengths[-1].min() < 1e-9:
        normals[-1], lengths[-1] = normals[-2], lengths[-2]
    vertices = np.empty((rows, columns, 8), np.float32)
    vertices[..., :3] = points
    vertices[..., 3:6] = normals / np.maximum(lengths, 1e-9)
    widths = np.linalg.norm(np.diff(points, axis=1), axis=2).max(axis=0)
    heights = np.linalg.norm(np.diff(points, axis=0), axis=2).max(axis=1)
    vertices[0, 0, 6:] = 0
    vertices[..., 6] = np.concatenate(([0], np.cumsum(widths)))
    vertices[..., 7] = np.concatenate(([0], np.cumsum(heights)))[:, None]
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1, 1)
    halves = np.array([[0, 1, columns], [1, columns + 1, columns]])
    triangles = (corner[:, None] + halves).reshape(-1, 3).astype(np.int32)
    return Mesh(vertices.reshape(-1, 8), triangles)


def _unit_box() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Returns corners (24, 3) in -0.5..0.5, normals, and the two axes along each face.
    corners, normals, axes = [], [], []
    for axis in range(3):
        across, along = [(2, 1), (0, 2), (0, 1)][axis]
        for side in (-1, 1):
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                corner, normal = np.zeros(3), np.zeros(3)
                corner[[axis, across, along]] = side, a, b
                normal[axis] = side
                corners.append(corner / 2)
                normals.append(normal)
                axes.append((across, along))
    return np.array(corners, np.float32), np.array(normals, np.float32), np.array(axes)


_CORNERS, _NORMALS, _AXES = _unit_box()
_FACES = (np.arange(6)[:, None, None] * 4 + [[0, 1, 2], [0, 2, 3]]).reshape(-1, 3).astype(np.int32)


def boxes(sizes: ArrayLike, centres: ArrayLike) -> Mesh:
    """Return one mesh of axis-aligned boxes; `sizes` and `centres` are (N, 3)."""
    sizes, centres = np.asarray(sizes, np.float32), np.asarray(centres, np.float32)
    vertices = np.empty((len(sizes), 24, 8), np.float32)
    vertices[..., :3] = _CORNERS * sizes[:, None] + centres[:, None]
    vertices[..., 3:6] = _NORMALS
    face = np.arange(24) // 4
    for axis in range(2):
        along = _AXES[:, axis]
        vertices[..., 6 + axis] = (_CORNERS[np.arange(24), along] + 0.5) * sizes[:, along]
        vertices[..., 6 + axis] += 1.7 * face + 0.61 * np.arange(len(sizes))[:, None]
    starts = np.arange(len(sizes), dtype=np.int32)[:, None, None] * 24
    return Mesh(vertices.reshape(-1, 8), (_FACES + starts).reshape(-1, 3))


def box(width: float, height: float, depth: float) -> Mesh:
    """Return a box that stands on y = 0 around the origin."""
    return boxes([[width, height, depth]], [[0, height / 2, 0]])


def revolved(profile: ArrayLike, segments: int = 24) -> Mesh:
    """Return the solid of revolution about y of a profile (K, 2) of radii and heights."""
    angles = np.linspace(0, 2 * np.pi, segments + 1)
    radius, height = np.asarray(profile, np.float32).T[..., None]
    points = radius * np.cos(angles), height + 0 * angles, radius * np.sin(angles)
    return surface(np.stack(points, -1), wrapped=True)


def ellipsoid(rng: np.random.Generator, radii: ArrayLike, bumps: float = 0.0) -> Mesh:
    """Return an ellipsoid with soft bumps of the given relative height."""
    theta = np.linspace(0, np.pi, 15)[:, None]
    phi = np.linspace(0, 2 * np.pi, 25)
    directions = np.stack(
        np.broadcast_arrays(
            np.sin(theta) * np.cos(phi), np.cos(theta), np.sin(theta) * np.sin(phi)
        ),
        -1,
    )
    radius = 1.0
    if bumps:
        waves = rng.normal(0, 2.2, (5, 3))
        phases = rng.uniform(0, 2 * np.pi, 5)
        radius = 1 + bumps * np.sin(directions @ waves.T + phases).mean(axis=2)[..., None] * 2
    return surface(directions * radius * np.asarray(radii), wrapped=True)


def tube(path: ArrayLike, radius: float, sides: int = 6) -> Mesh:
    """Return a tube along a path (K, 3), such as a cable, a branch or a bar."""
    path = np.asarray(path, np.float64)
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    helper = np.eye(3)[np.abs(along).mean(axis=0).argmin()]
    first = np.cross(along, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    second = np.cross(along, first)
    angles = np.linspace(0, 2 * np.pi, sides + 1)[:, None]
    ring = np.cos(angles) * first[:, None] + np.sin(angles) * second[:, None]
    return surface(path[:, None] + radius * ring, wrapped=True)


def sheet(width: float, depth: float, heights: np.ndarray) -> Mesh:
    """Return a horizontal sheet around the origin with the given heights (R, C)."""
    z = np.linspace(-depth / 2, depth / 2, heights.shape[0])[:, None]
    x = np.linspace(-width / 2, width / 2, heights.shape[1])
    return surface(np.stack(np.broadcast_arrays(x, heights, z), -1))


def leaf(width: float, curl: float) -> Mesh:
    """Return a leaf one metre long along z from the origin."""
    z = np.linspace(0, 1, 5)[:, None]
    side = np.linspace(-1, 1, 3)
    half = width * np.sin(np.pi * np.clip(z, 0.03, 0.985)) ** 0.8
    y = curl * z * z + 0.25 * half * np.abs(side)
    return surface(np.stack(np.broadcast_arrays(half * side, y, z), -1))


def lattice(
    width: float, height: float, columns: int, rows: int, thickness: float, bow: float = 0.0
) -> Mesh:
    """Return vertical and horizontal bars in the plane z = 0, standing on y = 0."""
    x = np.linspace(-width / 2, width / 2, columns)
    y = np.linspace(0, height, rows) if rows else np.zeros(0)
    sizes = np.empty((columns + rows, 3))
    sizes[:columns] = thickness, height, thickness
    sizes[columns:] = width, thickness, thickness
    centres = np.zeros((columns + rows, 3))
    centres[:columns, 0], centres[:columns, 1] = x, height / 2
    centres[columns:, 1] = y
    centres[columns:, 2] = bow * thickness
    return boxes(sizes, centres)


def shift(x: float, y: float, z: float) -> np.ndarray:
    """Return the (4, 4) matrix of a translation."""
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


def turn(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """Return the (4, 4) intrinsic rotation about y, then x, then z, radians."""
    (cy, cp, cr), (sy, sp, sr) = np.cos((yaw, pitch, roll)), np.sin((yaw, pitch, roll))
    matrix = np.eye(4)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    matrix[:3, :3] = about_y @ about_x @ about_z
    return matrix


def random_turns(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return (count, 4, 4) rotations, uniformly distributed."""
    q = rng.normal(size=(count, 4))
    w, x, y, z = (q / np.linalg.norm(q, axis=1, keepdims=True)).T
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, 0, :3] = np.stack(
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)), 1
    )
    matrices[:, 1, :3] = np.stack(
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)), 1
    )
    matrices[:, 2, :3] = np.stack(
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)), 1
    )
    return matrices
