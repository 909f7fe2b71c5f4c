# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag are the left and the right images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import re

from crestereo_ros.messages.topics import camera_info_topic, is_rectified_topic
from crestereo_ros.messages.video_packets import VIDEO_TYPES
from crestereo_ros.sources.errors import SourceError

IMAGE, COMPRESSED_IMAGE = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
IMAGE_TYPES = IMAGE, COMPRESSED_IMAGE, *VIDEO_TYPES
# Words that drivers call the two cameras by, most telling first.
SIDES = (('left', 'right'), ('infra1', 'infra2'), ('cam0', 'cam1'), ('camera0', 'camera1'))


@dataclass(frozen=True)
class Topic:
    """One topic of a bag, with all of its messages."""

    name: str
    message_type: str
    messages: int

    def __str__(self) -> str:
        return f'{self.name} ({self.message_type}, {self.messages})'


def choose_topics(bag: str, topics: Mapping[str, Topic], left: str, right: str) -> tuple[str, str]:
    """
    Return the topics of the left and the right image.

    :param bag: its name in messages
    :param topics: all topics of the bag by their names
    :param left, right: the names that the user gave; both may be empty, which finds them where
        the names leave one choice
    :raises SourceError: if they cannot be used or found; the text lists what there is
    """
    images = {
        name: topic
        for name, topic in topics.items()
        if topic.message_type in IMAGE_TYPES and topic.messages
    }
    if not images:
        raise SourceError(f'{bag} has no images: its topics are {_listed(topics)}')
    if bool(left) != bool(right):
        raise SourceError(
            f'{bag}: name both left_topic and right_topic, of these: {_listed(images)}'
        )
    for name in filter(None, (left, right)):
        if name not in images:
            kind = f'is {topics[name]}, not images' if name in topics else 'is not in it'
            raise SourceError(f'{bag}: {name} {kind}; its images are {_listed(images)}')
    if left:
        if left == right:
            raise SourceError(f'{bag}: {left} is named as left_topic and as right_topic')
        return left, right
    pairs = list(_pairs(images))
    if not pairs:
        raise SourceError(
            f'{bag} has no images called left and right: name left_topic and right_topic, of '
            f'these: {_listed(images)}'
        )
    # A camera publishes its image in several forms beside one camera_info.
    if len({camera_info_topic(left) for left, _ in pairs}) > 1:
        raise SourceError(
            f'{bag} has images of more than one pair of cameras: name left_topic and right_topic, '
            f'of these: {_listed(images)}'
        )
    return min(pairs, key=lambda pair: _rank(images[pair[0]]))


def _pairs(images: Mapping[str, Topic]) -> Iterator[tuple[str, str]]:
    for name in images:
        for left, right in SIDES:
            partner = re.sub(rf'(?<![a-z0-9]){left}(?![a-z0-9])', right, name)
            if partner != name and partner in images:
                yield name, partner
                break


def _rank(topic: Topic) -> tuple[bool, bool, int, str]:
    """Rectified before raw, without loss before compressed, plain names before others."""
    raw, compressed = not is_rectified_topic(topic.name), topic.message_type != IMAGE
    return raw, compressed, len(topic.name), topic.name


def _listed(topics: Mapping[str, Topic]) -> str:
    return ', '.join(str(topics[name]) for name in sorted(topics)) or 'none'
