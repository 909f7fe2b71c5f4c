# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Meshes, compared with the shapes that they approximate."""

import numpy as np
import pytest

from training.scenes.three_d.meshes import (
    boxes,
    copies,
    ellipsoid,
    join,
    lattice,
    leaf,
    random_turns,
    revolved,
    shift,
    tube,
    turn,
)

RNG = np.random.default_rng(0)
MESHES = {
    'boxes': boxes([[1, 2, 3], [1, 1, 1]], [[0, 0, 0], [4, 0, 0]]),
    'revolved': revolved(np.array([(0, 0), (1, 0), (1, 2), (0, 2)])),
    'ellipsoid': ellipsoid(RNG, np.array([1, 2, 3]), 0.3),
    'tube': tube(np.array([(0, 0, 0), (0, 1, 0), (1, 2, 0)]), 0.1),
    'lattice': lattice(2, 1, 5, 3, 0.05),
    'leaves': copies(leaf(0.3, 0.1), random_turns(RNG, 4)),
}


@pytest.mark.parametrize('name', MESHES)
def test_triangles_are_of_the_mesh_and_normals_have_length_one(name):
    mesh = MESHES[name]
    assert mesh.vertices.dtype == np.float32 and mesh.triangles.dtype == np.int32
    assert np.isfinite(mesh.vertices).all()
    assert mesh.triangles.min() == 0 and mesh.triangles.max() == len(mesh.vertices) - 1
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices[:, 3:6], axis=1), 1, atol=1e-3)


def test_box_has_six_faces_of_its_size():
    """The triangles have the area of the box, and the texture has the scale of the faces."""
    mesh = boxes([[1, 2, 3]], [[5, 5, 5]])
    corners = mesh.vertices[mesh.triangles]
    edges = corners[:, 1:] - corners[:, :1]
    areas = np.linalg.norm(np.cross(edges[:, 0, :3], edges[:, 1, :3]), axis=1) / 2
    assert areas.sum() == pytest.approx(2 * (1 * 2 + 2 * 3 + 1 * 3))
    across, along = edges[:, 0, 6:], edges[:, 1, 6:]
    on_texture = np.abs(across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]) / 2
    np.testing.assert_allclose(on_texture, areas, rtol=1e-5)


def test_all_normals_of_a_ball_point_to_the_same_side():
    mesh = ellipsoid(RNG, np.ones(3))
    towards = (mesh.vertices[:, :3] * mesh.vertices[:, 3:6]).sum(axis=1)
    assert np.abs(towards).min() > 0.95
    assert abs(np.sign(towards).sum()) == len(towards)


def test_moving_keeps_shape_and_turns_normals():
    mesh = boxes([[1, 1, 1]], [[0, 0, 0]])
    moved = mesh.moved(shift(0, 0, 2) @ turn(np.pi / 2))
    np.testing.assert_allclose(moved.vertices[:, 2].min(), 1.5, atol=1e-6)
    # The forward direction is now to the right.
    forward = mesh.vertices[:, 5] > 0.5
    np.testing.assert_allclose(moved.vertices[forward, 3], 1, atol=1e-6)


def test_joined_meshes_keep_their_triangles():
    one = boxes([[1, 1, 1]], [[0, 0, 0]])
    both = join([one, one.moved(shift(9, 0, 0))])
    second = both.vertices[both.triangles[len(one.triangles) :]]
    np.testing.assert_allclose(second[..., 0].min(), 8.5)
