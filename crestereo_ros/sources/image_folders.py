# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images of each camera in folders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from glob import glob, has_magic
import logging
import math
import os
from pathlib import Path
import re

import numpy as np

from crestereo_ros.messages.intensities import Intensities
from crestereo_ros.sources.errors import SourceError, UnequalSizesError
from crestereo_ros.sources.image_pair import RATE, read_numbers, refuse_identical
from crestereo_ros.sources.local_file import LocalFile, printable
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource

SIDE = re.compile(r'(?<![a-z])(left|right|l|r)(?![a-z])', re.IGNORECASE)  # a word of its own
NAMED = 3  # files that a message names before it only counts

logger = logging.getLogger(__name__)

#: What the wildcards of a pattern stand for in the path of one image, folder by folder.
Key = tuple[str, ...]


class ImageFolders(StereoSource):
    """
    Pairs of images, each side from a folder or a pattern, at 10 Hz.

    Images are a pair if their paths are equal where the patterns have wildcards, but for the
    endings and the words left, right, l and r. If no paths are equal, images that are alone on
    their side in folders of equal paths are a pair, and so are equal numbers of images in one
    folder each, in the order of their names, with numbers by their value. Images without a
    partner are left out with a warning.

    A pair that cannot be used later on, such as one of unequal sizes, is left out with a warning.
    """

    rate = RATE

    def __init__(self, left: str, right: str, intensities: Intensities | None = None) -> None:
        """
        Find the pairs and read the first one.

        :param left: a folder, of which every image counts, or a pattern as of a shell
        :param right: the same
        :param intensities: makes 8 bits of images with more; None: by what they use
        :raises SourceError: if there are no pairs, or the first one cannot be used
        """
        self.name = f'{printable(left)} and {printable(right)}'
        self._intensities = intensities or Intensities()
        self._pairs = _pairs(Images(left), Images(right))
        self.length: int = len(self._pairs)
        refuse_identical(*self._read(self._pairs[0]), ' and '.join(map(printable, self._pairs[0])))

    @property
    def splittable(self) -> bool:
        return not self._intensities.may_change

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        given = 0
        first = max(0, math.ceil(round(start * self.rate, 6)))  # rounded: 0.3 * 10 is above 3
        for number, pair in enumerate(self._pairs[first:], first):
            try:
                left, right = self._read(pair)
            except SourceError as error:
                logger.warning(f'left out: {error}')
                continue
            given += 1
            yield StereoFrame(left, right, number / self.rate)
        if not given and first < self.length:
            raise SourceError(f'{self.name}: none of the {self.length} pairs can be read any more')

    def _read(self, pair: tuple[Path, Path]) -> tuple[np.ndarray, np.ndarray]:
        left, right = (read_numbers(LocalFile(path)) for path in pair)
        if left.shape != right.shape:
            names = [printable(path) for path in pair]
            raise UnequalSizesError(names[0], left.shape, names[1], right.shape)
        left, right = self._intensities.to_8_bits(left, right)
        return left, right


def is_folder_or_pattern(text: str) -> bool:
    """Return whether a source names several files; a file with this name is not a pattern."""
    path = Path(text).expanduser()
    return path.is_dir() or (has_magic(text) and not path.exists())


class Images:
    """The images of one side, by the parts of their paths that wildcards stand for."""

    def __init__(self, text: str) -> None:
        """
        Find them.

        :raises SourceError: if there are none
        """
        self.text = printable(text)
        path = Path(text).expanduser()
        pattern = None if path.is_dir() else path
        if pattern is None:
            paths = self._images(path.iterdir())
        else:
            found = glob(str(pattern), recursive=True)
            paths = self._images(found)
            if not paths and any(map(os.path.isdir, found)):
                pattern = pattern / '*'
                paths = self._images(glob(str(pattern), recursive=True))
            if not paths:
                # A name may have brackets of its own, which have another meaning in a pattern.
                pattern = Path(str(pattern).replace('[', '[[]'))
                paths = self._images(glob(str(pattern), recursive=True))
        if not paths:
            brackets = '; for a bracket in a name, write [[]' if '[' in text else ''
            raise SourceError(
                f'{self.text} has no images: name a folder of images, or a pattern in quotes that '
                f"they match, as 'left/*.png'{brackets}"
            )
        self.paths = sorted(paths, key=_order)
        keys = {path: _key(path, pattern) for path in self.paths}
        plain = {path: tuple(SIDE.sub('', part) for part in key) for path, key in keys.items()}
        if len(set(plain.values())) == len(plain):
            keys = plain
        #: The paths by their keys.
        self.by_key = {key: path for path, key in keys.items()}

    @staticmethod
    def _images(found: Iterable[Path | str]) -> list[Path]:
        paths = (Path(path) for path in found)
        return [
            path
            for path in paths
            if path.is_file() and not path.name.startswith('.') and LocalFile.has_image(path)
        ]

    def by_folder(self) -> Mapping[Key, list[Path]]:
        """Return the paths by the part of their keys that stands for folders."""
        folders: defaultdict[Key, list[Path]] = defaultdict(list)
        for key, path in self.by_key.items():
            folders[key[:-1]].append(path)
        return folders


def _key(path: Path, pattern: Path | None) -> Key:
    """Return what the wildcards stand for, the name without its ending."""
    parts = path.with_suffix('').parts
    if pattern is None:
        return parts[-1:]
    wanted = pattern.parts
    if '**' in wanted:  # stands for any number of folders
        first = wanted.index('**')
        rest = len(wanted) - first - 1
        wanted = (*wanted[:first], *('*',) * (len(parts) - first - rest), *wanted[first + 1 :])
    return tuple(part for part, wild in zip(parts, wanted, strict=True) if _is_wild(wild))


def _is_wild(part: str) -> bool:
    return has_magic(part.replace('[[]', ''))


def _order(path: Path) -> list[str | int]:
    parts: list[str | int] = [*re.split(r'(\d+)', str(path))]
    parts[1::2] = (int(part) for part in parts[1::2])
    return parts


def _pairs(left: Images, right: Images) -> list[tuple[Path, Path]]:
    pairs = [(path, right.by_key[key]) for key, path in left.by_key.items() if key in right.by_key]
    how = ''
    if not pairs:
        pairs, how = _pairs_by_order(left, right)
    if any(one.samefile(other) for one, other in pairs):
        raise SourceError(
            f'{left.text} and {right.text} are the same images: name the folders of two cameras'
        )
    first = ' and '.join(map(printable, pairs[0]))
    for images, other, side in ((left, right, 0), (right, left, 1)):
        paired = {pair[side] for pair in pairs}
        alone = [printable(path) for path in images.paths if path not in paired]
        if alone:
            more = f' and {len(alone) - NAMED} more' if len(alone) > NAMED else ''
            logger.warning(
                f'left out, because they have no partner in {other.text}: '
                f'{", ".join(alone[:NAMED])}{more}; the first pair is {first}'
            )
    folders = {path.parent for pair in pairs for path in pair}
    if how or len(folders) > 2:
        logger.warning(f'{len(pairs)} pairs{how}, the first is {first}')
    else:
        logger.info(f'{len(pairs)} pairs, the first is {first}')
    return pairs


def _pairs_by_order(left: Images, right: Images) -> tuple[list[tuple[Path, Path]], str]:
    """Pair images whose names are unequal, and say how."""
    lefts, rights = left.by_folder(), right.by_folder()
    pairs = [
        (lefts[folder][0], rights[folder][0])
        for folder in lefts
        if len(lefts[folder]) == len(rights.get(folder, ())) == 1
    ]
    if pairs:
        return pairs, ' by their folders' if len(left.paths) > 1 else ''
    if len(lefts) == len(rights) == 1 and len(left.paths) == len(right.paths):
        how = ' by order, because no names are equal'
        return list(zip(left.paths, right.paths, strict=True)), how
    raise SourceError(
        f'{left.text} has {len(left.paths)} images and {right.text} {len(right.paths)}, and none '
        f'of their names are equal ({printable(left.paths[0])}, {printable(right.paths[0])}): '
        'give the partners equal names, or as many left as right images in one folder each to '
        'pair them by order'
    )
