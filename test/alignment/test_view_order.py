# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Exchanged views are recognized by occlusions, and only with enough evidence."""

import numpy as np
import pytest

from crestereo_ros.alignment.view_order import occlusion_score, order_score, SURE, ViewOrder


def disparities(scene):
    return scene.left_points[:, 0] - scene.right_points[:, 0]


def test_occlusions_show_the_order(scene):
    assert occlusion_score(scene.left, scene.right, disparities(scene)) > 1
    other = scene.exchanged()
    assert occlusion_score(other.left, other.right, disparities(other)) < -1


def test_occlusions_do_not_depend_on_where_zero_disparity_is(scene):
    moved = scene.disturbed(move=(40, 0))
    assert disparities(moved).max() < 12
    assert disparities(moved).min() < -30
    assert occlusion_score(moved.left, moved.right, disparities(moved)) > 1


def test_a_plain_wall_is_no_evidence():
    wall = np.full((480, 640, 3), 128, np.uint8)
    assert occlusion_score(wall, wall, np.zeros(50)) == 0


def test_habits_alone_are_not_enough():
    """All disparities on the wrong side, and higher parts nearer, is still no proof."""
    wall = np.full((480, 640, 3), 128, np.uint8)
    rows = np.arange(480.0)
    assert -SURE <= order_score(wall, wall, -100 - rows / 10, rows) < -2.9


def test_the_score_has_both_signs(scene):
    for views, sign in ((scene, 1), (scene.exchanged(), -1)):
        rows = views.left_points[:, 1]
        assert sign * order_score(views.left, views.right, disparities(views), rows) > SURE


def test_follows_the_users_choice():
    assert ViewOrder('yes').exchanged
    assert 'as requested' in ViewOrder('yes').report
    assert not ViewOrder('no').exchanged
    assert ViewOrder('no').report == ''
    assert not ViewOrder('yes').looking
    assert not ViewOrder('no').looking
    with pytest.raises(ValueError, match="swap is 'maybe'.*auto, yes, no"):
        ViewOrder('maybe')


@pytest.mark.parametrize(
    'score, exchanged, words',
    [
        (4, False, 'left and right in order (98 % sure)'),
        (1, False, 'perhaps in order (73 % sure), not changed'),
        (-1, False, 'perhaps exchanged (73 % sure), not changed'),
        (-4, True, 'left and right exchanged (98 % sure)'),
        (-40, True, '99 % sure'),
    ],
)
def test_exchanges_only_when_sure(score, exchanged, words):
    order = ViewOrder('auto')
    assert order.looking
    order.add(score)
    assert order.exchanged is exchanged
    assert words in order.report
    assert order.looking is (abs(score) < SURE)


def test_stops_looking_if_the_order_stays_open():
    order = ViewOrder('auto')
    for _ in range(4):
        assert order.looking
        order.add(-1)
    assert not order.looking
    assert not order.exchanged
