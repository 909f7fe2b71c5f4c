# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stereo geometry of rendered scenes: the true disparity leads from one view to the other."""

import cv2
import numpy as np
import pytest

from training.scenes import render_scene


def fetched(image, disparity):
    """Warp the other view by the disparity."""
    height, width = disparity.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(image, x - disparity.astype(np.float32), y, cv2.INTER_LINEAR)


@pytest.fixture(scope='module', params=range(4))
def scene(request):
    """Return one of a few scenes, 96x160."""
    return render_scene(np.random.default_rng(request.param), 96, 160, 30)


def test_disparity_leads_to_the_same_point_in_the_right_view(scene):
    """A point that both views see has the same colour in both, to an eighth of the range."""
    difference = np.abs(fetched(scene.right, scene.disparity).astype(int) - scene.left).max(axis=2)
    back = fetched(scene.disparity_right, scene.disparity)
    visible = np.abs(back - scene.disparity) < 0.5
    assert visible.mean() > 0.5
    assert np.percentile(difference[visible], 90) < 32
    assert np.percentile(np.abs(back - scene.disparity)[visible], 90) < 0.1


def test_a_shifted_disparity_fits_worse(scene):
    """The check above can fail: a disparity with an error of two pixels fits worse."""
    right = np.abs(fetched(scene.right, scene.disparity).astype(int) - scene.left).mean()
    wrong = np.abs(fetched(scene.right, scene.disparity + 2).astype(int) - scene.left).mean()
    assert wrong > 1.1 * right


def test_mirror_swaps_the_views(scene):
    """After mirroring, the disparity still leads from the left view to the right one."""
    mirrored = scene.mirrored()
    difference = fetched(mirrored.right, mirrored.disparity).astype(int) - mirrored.left
    assert np.median(np.abs(difference)) < 8
    np.testing.assert_array_equal(mirrored.mirrored().left, scene.left)


def test_nearer_surface_hides_the_farther(scene):
    """A point that the right view does not see has a larger disparity in front of it there."""
    back = fetched(scene.disparity_right, scene.disparity)
    height, width = scene.disparity.shape
    inside = np.arange(width) - scene.disparity > 1
    hidden = inside & (back - scene.disparity > 1)
    open_view = inside & (back - scene.disparity < -1)
    assert hidden.sum() > open_view.sum()


def test_same_seed_same_scene(scene, request):
    """Rendering depends on the seed alone."""
    again = render_scene(np.random.default_rng(request.node.callspec.params['scene']), 96, 160, 30)
    np.testing.assert_array_equal(again.left, scene.left)
    np.testing.assert_array_equal(again.disparity, scene.disparity)
