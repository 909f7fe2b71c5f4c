# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images of each camera in a folder."""

from collections.abc import Iterator
from glob import glob, has_magic
import logging
import math
from pathlib import Path
import re

import cv2
import numpy as np

from crestereo_ros.sources.errors import SourceError, UnequalSizesError
from crestereo_ros.sources.image_pair import RATE, read_image
from crestereo_ros.sources.local_file import LocalFile
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource

SIDE = re.compile(r'(?<![a-z])(left|right|l|r)(?![a-z])', re.IGNORECASE)  # a word of its own
NAMED = 3  # files that a message names before it only counts

logger = logging.getLogger(__name__)


class ImageFolders(StereoSource):
    """
    Pairs of images, each side from a folder or a pattern, at 10 Hz.

    Images whose names are equal but for their endings and the words left, right, l and r are a
    pair; those without a partner are told and left out. Where no names are equal, and there are
    as many left as right images, they are paired by order. The order is that of the names, with
    numbers by their value.

    A pair that cannot be used later on, as one of unequal sizes, is told and left out.
    """

    rate = RATE

    def __init__(self, left: str, right: str) -> None:
        """
        Find the pairs and read the first one.

        :param left: a folder, of which every image counts, or a pattern as of a shell
        :param right: the same
        :raises SourceError: when there are no pairs, or the first one cannot be used
        """
        self.name = f'{left} and {right}'
        self._pairs = _pairs(left, _images(left), right, _images(right))
        self.length: int = len(self._pairs)
        _read(self._pairs[0])

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        given = 0
        first = max(0, math.ceil(round(start * self.rate, 6)))  # rounded: 0.3 * 10 is above 3
        for number, pair in enumerate(self._pairs[first:], first):
            try:
                left, right = _read(pair)
            except SourceError as error:
                logger.warning(f'left out: {error}')
                continue
            given += 1
            yield StereoFrame(left, right, number / self.rate)
        if not given and first < self.length:
            raise SourceError(f'{self.name}: none of the {self.length} pairs can be read any more')


def is_folder_or_pattern(text: str) -> bool:
    """Tell whether a source names several files; one that exists under the name is no pattern."""
    path = Path(text).expanduser()
    return path.is_dir() or (has_magic(text) and not path.exists())


def _images(text: str) -> list[Path]:
    path = Path(text).expanduser()
    found = path.iterdir() if path.is_dir() else map(Path, glob(str(path), recursive=True))
    images = [
        path
        for path in found
        if path.is_file() and not path.name.startswith('.') and cv2.haveImageReader(str(path))
    ]
    if not images:
        raise SourceError(
            f'{text} has no images: name a folder of images, or a pattern in quotes that they '
            "match, as 'left/*.png'"
        )
    return sorted(images, key=_order)


def _order(path: Path) -> list:
    parts = re.split(r'(\d+)', str(path))
    parts[1::2] = map(int, parts[1::2])
    return parts


def _pairs(
    left_text: str, left: list[Path], right_text: str, right: list[Path]
) -> list[tuple[Path, Path]]:
    left_by_name, right_by_name = _by_name(left), _by_name(right)
    common = left_by_name.keys() & right_by_name.keys()
    if common:
        for images, text in ((left_by_name, right_text), (right_by_name, left_text)):
            alone = [path.name for name, path in images.items() if name not in common]
            if alone:
                more = f' and {len(alone) - NAMED} more' if len(alone) > NAMED else ''
                logger.warning(
                    f'left out, because they have no partner in {text}: '
                    f'{", ".join(alone[:NAMED])}{more}'
                )
        return [
            (path, right_by_name[name]) for name, path in left_by_name.items() if name in common
        ]
    if len(left) != len(right):
        raise SourceError(
            f'{left_text} has {len(left)} images and {right_text} {len(right)}, and none of their '
            f'names are equal ({left[0].name}, {right[0].name}): give the partners equal names, '
            'or as many left as right images to pair them by order'
        )
    if len(left) > 1:
        logger.warning(
            f'no names in {left_text} and {right_text} are equal: paired by order, beginning with '
            f'{left[0].name} and {right[0].name}'
        )
    return list(zip(left, right, strict=True))


def _by_name(images: list[Path]) -> dict[str, Path]:
    by_name = {SIDE.sub('', path.stem): path for path in images}
    if len(by_name) == len(images):
        return by_name
    return {path.stem: path for path in images}


def _read(pair: tuple[Path, Path]) -> tuple[np.ndarray, np.ndarray]:
    left, right = (read_image(LocalFile(path)) for path in pair)
    if left.shape != right.shape:
        raise UnequalSizesError(pair[0], left.shape, pair[1], right.shape)
    return left, right
