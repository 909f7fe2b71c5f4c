# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which topics are taken for left and right, and the errors where none are."""

import pytest

from crestereo_ros.sources import SourceError
from crestereo_ros.sources.bag_topics import choose_topics, COMPRESSED_IMAGE, IMAGE, Topic


def topics(*names, **more):
    """Make topics of 9 images each; those that end in /compressed are compressed ones."""
    images = [
        Topic(name, COMPRESSED_IMAGE if name.endswith('compressed') else IMAGE, 9)
        for name in names
    ]
    return {topic.name: topic for topic in (*images, *more.values())}


TEXT = Topic('/text', 'std_msgs/msg/String', 4)
EMPTY = Topic('/right/image_raw', IMAGE, 0)


@pytest.mark.parametrize(
    ('names', 'left'),
    [
        (['/left/image_raw', '/right/image_raw'], '/left/image_raw'),
        (['/c/left_ir/image_raw', '/c/right_ir/image_raw'], '/c/left_ir/image_raw'),
        (['/c/infra1/image_rect_raw', '/c/infra2/image_rect_raw'], '/c/infra1/image_rect_raw'),
        (['/cam0/image_raw', '/cam1/image_raw'], '/cam0/image_raw'),
        (
            ['/zed/left/color/rect/image', '/zed/right/color/rect/image'],
            '/zed/left/color/rect/image',
        ),
        (
            ['/left/image_raw/compressed', '/right/image_raw/compressed', '/front/image_raw'],
            '/left/image_raw/compressed',
        ),
        (
            # Rectified before raw, and without loss before compressed.
            [
                f'/{side}/{image}'
                for side in ('right', 'left')
                for image in ('image_raw', 'image_rect/compressed', 'image_rect')
            ],
            '/left/image_rect',
        ),
    ],
)
def test_usual_names_are_found(names, left):
    assert choose_topics('bag', topics(*names, text=TEXT), '', '')[0] == left


def test_named_topics_are_taken():
    known = topics('/a', '/b', '/left/image', '/right/image')
    assert choose_topics('bag', known, '/b', '/a') == ('/b', '/a')


@pytest.mark.parametrize(
    ('names', 'left', 'right', 'message'),
    [
        ([], '', '', r'^bag has no images: its topics are .*, /text \(std_msgs/msg/String, 4\)$'),
        (
            ['/front', '/rear/compressed'],
            '',
            '',
            r'^bag has no images called left and right: name left_topic and right_topic, of '
            r'these: /front \(sensor_msgs/msg/Image, 9\), '
            r'/rear/compressed \(sensor_msgs/msg/CompressedImage, 9\)$',
        ),
        (['/bright/a', '/left/a'], '', '', 'no images called left and right'),
        (
            ['/front/left/a', '/front/right/a', '/rear/left/a', '/rear/right/a'],
            *('', ''),
            'more than one pair of cameras: .*/front/left/a.*/rear/right/a',
        ),
        (['/a', '/b'], '/a', '', 'name both left_topic and right_topic, of these: /a .*/b'),
        (['/a', '/b'], '/a', '/c', '/c is not in it; its images are /a .*/b'),
        (['/a', '/b'], '/a', '/text', r'/text is /text \(std_msgs/msg/String, 4\), not images'),
        (['/a', '/b'], '/a', '/right/image_raw', 'not images; its images are /a'),
        (['/a', '/b'], '/a', '/a', '/a is named as left_topic and as right_topic'),
    ],
)
def test_unclear_topics_are_refused_with_a_list(names, left, right, message):
    with pytest.raises(SourceError, match=message):
        choose_topics('bag', topics(*names, text=TEXT, empty=EMPTY), left, right)
