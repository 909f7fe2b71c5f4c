# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the names of topics say."""

import re

COMPRESSED = '/compressed'  # what image_transport appends to the topic
TRANSPORTS = COMPRESSED, '/ffmpeg', '/foxglove'


def is_rectified_topic(topic: str) -> bool:
    """
    Return whether a topic has rectified images, by its name.

    The part of the name nearest to its end that has a word beginning with `rect`, or the word
    `raw`, decides: `image_rect`, `image_rect_raw` and `rect/image` are rectified; `image_raw`,
    `raw/image` and names with neither are not.

    :param topic: full name, as it is remapped
    """
    for part in reversed(topic.split('/')):
        words = re.split('[_.]', part)
        if any(word.startswith('rect') for word in words):
            return True
        if 'raw' in words:
            return False
    return False


def camera_info_topic(image_topic: str) -> str:
    """Return the topic of the calibration of an image, as image_transport names it."""
    base = image_topic
    for transport in TRANSPORTS:
        base = base.removesuffix(transport)
    return f'{base.rpartition("/")[0]}/camera_info'
