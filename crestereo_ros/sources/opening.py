# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which source a user means."""

from pathlib import Path

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.image_pair import ImagePair, is_image
from crestereo_ros.sources.packed_video import PackedVideo
from crestereo_ros.sources.packing import PACKINGS
from crestereo_ros.sources.stereo_source import StereoSource
from crestereo_ros.sources.video_pair import VideoPair

SOURCE_TYPES = ('auto', 'image_pair', 'video_pair', *PACKINGS)


def open_source(
    source: str, source_right: str = '', *, source_type: str = 'auto', swap: bool = False
) -> StereoSource:
    """
    Open a source of the type that is named, or else of the one that it looks like.

    Of a file its content decides, not the ending of its name:

    =======  ============  ==============================  =========================
    source   source_right  source_type                     opened as
    =======  ============  ==============================  =========================
    image    image         auto, image_pair                `ImagePair`
    video    video         auto, video_pair                `VideoPair`
    video    (empty)       auto, side_by_side, over_under  `PackedVideo`
                           and both with _half at the end
    =======  ============  ==============================  =========================

    :param source: a local file; `~` is the home folder
    :param source_right: the right side, where it is a file of its own
    :param source_type: one of `SOURCE_TYPES`
    :param swap: exchange left and right
    :raises SourceError: when there is no such file or type, or it cannot be played
    """
    if source_type not in SOURCE_TYPES:
        raise SourceError(
            f"there is no source_type '{source_type}': it is one of {', '.join(SOURCE_TYPES)}"
        )
    if not source:
        raise SourceError(
            'no source is given: name a left and a right image or video (source, source_right), '
            'or one video with both views in each frame (source)'
        )
    left = _existing_file(source)
    right = _existing_file(source_right) if source_right else None
    opened = _open(left, right, source_type)
    opened.swap = swap
    return opened


def _open(left: Path, right: Path | None, source_type: str) -> StereoSource:
    if source_type in PACKINGS and right is not None:
        raise SourceError(
            f'{source_type} is one video with both views, but a right one is named too: leave '
            'source_right empty, or leave source_type auto'
        )
    if right is None:
        if source_type in ('image_pair', 'video_pair'):
            raise SourceError(f'{source_type} is two files: name the right one (source_right)')
        if is_image(left):
            raise SourceError(f'{left} is one image: name the right one too (source_right)')
        return PackedVideo(left, PACKINGS.get(source_type))
    if source_type == 'auto':
        source_type = _type_of_pair(left, right)
    return ImagePair(left, right) if source_type == 'image_pair' else VideoPair(left, right)


def _type_of_pair(left: Path, right: Path) -> str:
    if is_image(left) != is_image(right):
        image, other = (left, right) if is_image(left) else (right, left)
        raise SourceError(
            f'{image} is an image, but {other} is none: give two images or two videos'
        )
    return 'image_pair' if is_image(left) else 'video_pair'


def _existing_file(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.exists():
        raise SourceError(f'{text} does not exist (looked for {path.absolute()})')
    if not path.is_file():
        raise SourceError(f'{text} is not a file: name an image or a video')
    try:
        with path.open('rb') as file:
            empty = not file.read(1)
    except OSError as error:
        raise SourceError(f'{text} cannot be read: {error.strerror}') from error
    if empty:
        raise SourceError(f'{text} is empty (0 bytes): get it anew')
    return path
