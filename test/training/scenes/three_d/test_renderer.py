# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Geometry of rendered scenes: planes of known disparity, and warped views."""

import cv2
import numpy as np
import pytest

from training.scenes.scene import StereoSample
from training.scenes.three_d.layouts import LAYOUTS, random_scene
from training.scenes.three_d.materials import Material
from training.scenes.three_d.meshes import boxes, shift
from training.scenes.three_d.renderer import NoDisplay, Renderer
from training.scenes.three_d.scene import Camera, Light, Motion, Scene, Surroundings, Thing

HEIGHT, WIDTH, FOCAL = 96, 160, 0.8


@pytest.fixture(scope='module')
def renderer():
    """Return a renderer; skip the test without OpenGL."""
    try:
        return Renderer(HEIGHT, WIDTH)
    except NoDisplay as error:
        pytest.skip(str(error))


def facing(distance, size, x=0.0, opacity=1.0, motion=None):
    """Return a grained square whose front is `distance` metres away."""
    mesh = boxes([[size, size, 0.1]], [[0, 0, 0.05]])
    colours = np.float32([[0.2, 0.4, 0.8], [0.8, 0.5, 0.1], [0.5, 0.9, 0.5]])
    material = Material('pattern', colours, scale=1.0, contrast=1.5, opacity=opacity)
    return Thing(mesh, material, shift(x, 0, distance), motion or Motion())


def scene_of(*things):
    """Return a scene that the camera at the origin sees, with a grey sky."""
    grey = np.full(3, 0.5)
    light = Light(
        np.array([0, 3.0, -3.0]), np.array([0, 0, 3.0]), 5.0, False, 0.5 * grey, grey, grey
    )
    return Scene(list(things), light, Surroundings(grey, grey), Camera(np.eye(4), FOCAL))


def test_disparity_is_focal_length_times_baseline_over_depth(renderer):
    """This holds for planes at 2 and 5 metres; the sky has disparity 0."""
    scene = scene_of(facing(2, 1), facing(5, 4))
    ((left, right),) = renderer.render(scene, 20, [0])
    near, far = left.disparity[HEIGHT // 2, WIDTH // 2], left.disparity[10, WIDTH // 2]
    assert near == pytest.approx(20, rel=1e-4)
    assert far == pytest.approx(8, rel=1e-4)
    assert left.disparity[5, 2] == 0
    # The square is FOCAL / 2 of the width, and 20 pixels to the left in the right view.
    for view, moved in ((left, 0), (right, 20)):
        columns = np.flatnonzero(view.disparity[HEIGHT // 2] > 15)
        assert len(columns) == pytest.approx(FOCAL * WIDTH / 2, abs=1)
        assert columns.mean() + moved == pytest.approx((WIDTH - 1) / 2, abs=0.6)


def test_rows_run_from_top_to_bottom(renderer):
    """A high object is at the top of the picture and of the disparity."""
    high = facing(2, 0.5)
    scene = scene_of(Thing(high.mesh, high.material, shift(0, 0.4, 2)))
    ((left, _),) = renderer.render(scene, 10, [0])
    rows, columns = np.nonzero(left.disparity)
    assert rows.mean() < HEIGHT / 3
    inside = left.colour[rows.min() + 2 : rows.max() - 2, columns.min() + 2 : columns.max() - 2]
    assert inside.std() > 3 * max(left.colour[-10:].std(), 1)


def test_disparity_of_glass_is_that_of_its_front(renderer):
    """The picture shows what is behind the glass; the disparity is that of the glass."""
    without = scene_of(facing(5, 8))
    scene = scene_of(facing(2, 1, opacity=0.2), facing(5, 8))
    ((left, _),) = renderer.render(scene, 20, [0])
    ((behind, _),) = renderer.render(without, 8, [0])
    middle = np.s_[HEIGHT // 2 - 15 : HEIGHT // 2 + 15, WIDTH // 2 - 15 : WIDTH // 2 + 15]
    np.testing.assert_allclose(left.disparity[middle], 20, rtol=1e-4)
    alike = np.corrcoef(left.colour[middle].ravel(), behind.colour[middle].ravel())[0, 1]
    assert alike > 0.8


def test_objects_move_from_frame_to_frame(renderer):
    """An object that comes nearer has a larger disparity in the next frame."""
    scene = scene_of(facing(4, 1, motion=Motion((0, 0, -1))))
    pairs = renderer.render(scene, 10, [0, 1, 2])
    middle = [left.disparity[HEIGHT // 2, WIDTH // 2] for left, _ in pairs]
    np.testing.assert_allclose(middle, [10, 10 * 4 / 3, 20], rtol=1e-4)


@pytest.mark.parametrize('layout', LAYOUTS)
def test_disparity_leads_to_the_same_point_in_the_right_view(renderer, layout):
    """A point that both views see has similar colours; three pixels off, they differ more."""
    right_share, wrong_share = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        ((left, right),) = renderer.render(random_scene(rng, layout), 25, [0])
        views = left.colour, right.colour, left.disparity, right.disparity
        seen = StereoSample(*views).visible()
        assert seen.mean() > 0.4
        assert 20 < left.disparity.max() < 100
        y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
        for off, shares in ((0, right_share), (3, wrong_share)):
            fetched = cv2.remap(right.colour, x - left.disparity + off, y, cv2.INTER_LINEAR)
            difference = np.abs(fetched.astype(int) - left.colour).max(axis=2)[seen]
            shares.append((difference > 20).mean())
    assert np.mean(right_share) < 0.1
    assert np.mean(wrong_share) > 2 * np.mean(right_share)


def test_the_same_seed_gives_the_same_scene(renderer):
    """A scene depends on its seed alone, and two seeds give two scenes."""
    one, again, other = (
        renderer.render(random_scene(np.random.default_rng(seed)), 20, [0])[0][0].colour
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one.astype(int) - other).mean() > 5
