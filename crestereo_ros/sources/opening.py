# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which source a user means."""

from pathlib import Path

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.image_pair import ImagePair, is_image
from crestereo_ros.sources.side_by_side_video import SideBySideVideo
from crestereo_ros.sources.stereo_source import StereoSource
from crestereo_ros.sources.video_pair import VideoPair


def open_source(source: str, source_right: str = '', *, swap: bool = False) -> StereoSource:
    """
    Open what `source` looks like: its content decides, not the ending of its name.

    =======  ============  =========================
    source   source_right  opened as
    =======  ============  =========================
    image    image         `ImagePair`
    video    video         `VideoPair`
    video    (empty)       `SideBySideVideo`
    =======  ============  =========================

    :param source: a local file; `~` is the home folder
    :param source_right: the right side, where it is a file of its own
    :param swap: exchange left and right
    :raises SourceError: when there is no such file, or it cannot be played
    """
    if not source:
        raise SourceError(
            'no source is given: name a left and a right image or video (source, source_right), '
            'or one side-by-side video (source)'
        )
    left = _existing_file(source)
    right = _existing_file(source_right) if source_right else None
    opened = _open(left, right)
    opened.swap = swap
    return opened


def _open(left: Path, right: Path | None) -> StereoSource:
    if right is None:
        if is_image(left):
            raise SourceError(f'{left} is one image: name the right one too (source_right)')
        return SideBySideVideo(left)
    if is_image(left) != is_image(right):
        image, other = (left, right) if is_image(left) else (right, left)
        raise SourceError(
            f'{image} is an image, but {other} is none: give two images or two videos'
        )
    return ImagePair(left, right) if is_image(left) else VideoPair(left, right)


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
