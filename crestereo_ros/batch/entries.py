# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The sources of a batch, as users name them: arguments, patterns, folders and lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import csv
from dataclasses import dataclass, replace
from glob import glob, has_magic
from hashlib import sha256
import mimetypes
import os
from pathlib import Path
import re
import shlex
import sys
from typing import TextIO

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.store import STATE
from crestereo_ros.sources.bag_file import is_bag
from crestereo_ros.sources.camera import is_camera

COLUMNS = ('left', 'right', 'calibration', 'name')
LISTS = ('.csv', '.txt')
SIDES = ('left', 'right')
DIGITS = 8  # of the digest in a name; a batch of a million has a collision in 1 of 9000 cases
LONGEST_NAME = 200  # bytes; file systems take 255, and work in progress has longer names


@dataclass(frozen=True)
class SourceEntry:
    """
    A source, as `crestereo depth` takes it.

    `calibration`: one file or two, as `--calibration`; none for that of the command.
    `name`: of the folder of its results; empty: `named` gives it one.
    """

    left: str
    right: str = ''
    calibration: tuple[str, ...] = ()
    name: str = ''

    def __str__(self) -> str:
        return f'{self.left} and {self.right}' if self.right else self.left


def entries_of(arguments: Iterable[str]) -> list[SourceEntry]:
    """
    Return the sources that arguments name, each once, with unique names.

    An argument is a source, `LEFT,RIGHT`, a pattern of either in which each match is a source, a
    folder that is searched for recordings, a list (.csv or .txt), or `-` for a list on stdin.

    :raises BatchError: if an argument or a list cannot be used, or names are not unique
    """
    return named(entry for argument in arguments for entry in _expanded(argument))


def absolute(text: str) -> str:
    """Return a path that holds in every process; addresses and empty texts stay as they are."""
    if not text or _is_address(text):
        return text
    return os.path.abspath(os.path.expanduser(text))


def _expanded(argument: str) -> Iterator[SourceEntry]:
    path = Path(argument).expanduser()
    if argument == '-':
        yield from read_list(sys.stdin, 'stdin', Path())
    elif path.suffix.lower() in LISTS and not has_magic(argument):
        try:
            with path.open(newline='', encoding='utf-8-sig') as file:
                yield from read_list(file, argument, path.parent)
        except (OSError, UnicodeDecodeError) as error:
            raise BatchError(f'the list {argument} cannot be read: {error}') from error
    elif _is_address(argument):
        left, *right = re.split(r',(?=\w+://)', argument, maxsplit=1)
        yield SourceEntry(left, ''.join(right))
    elif path.exists():
        yield from _of_path(path)
    elif ',' in argument:
        yield from _pairs(*argument.split(',', 1))
    elif has_magic(argument):
        matches = sorted(glob(str(path), recursive=True))
        if not matches:
            raise BatchError(f'no file or folder matches {argument}')
        for match in matches:
            yield from _of_path(Path(match))
    else:
        yield SourceEntry(argument)  # that it does not exist is said with the plan


def read_list(lines: TextIO, name: str, folder: Path) -> Iterator[SourceEntry]:
    """
    Read a list of sources.

    A CSV file has a header with some of `COLUMNS`; two files of a calibration have a
    semicolon between them. In other lists each line is LEFT or LEFT RIGHT, in
    quotes if there are spaces in it, and what follows # is a comment.

    :param name: of the list, for messages
    :param folder: that relative paths begin at
    :raises BatchError: if a line cannot be used
    """

    def located(text: str) -> str:
        return text if not text or _is_address(text) else str(folder / Path(text).expanduser())

    text = lines.read().splitlines(keepends=True)
    header = [cell.strip().lower() for cell in text[0].split(',')] if text else []
    if 'left' not in header:
        for number, line in enumerate(text, 1):
            try:
                cells = shlex.split(line, comments=True)
            except ValueError as error:
                raise BatchError(f'{name}, line {number}: {error}') from error
            if len(cells) > 2:
                raise BatchError(
                    f'{name}, line {number} has {len(cells)} columns: write LEFT or LEFT RIGHT, '
                    f'or use CSV with a header of {", ".join(COLUMNS)}'
                )
            if cells:
                yield SourceEntry(located(cells[0]), located(''.join(cells[1:])))
        return
    unknown = [cell for cell in header if cell not in COLUMNS]
    if unknown:
        raise BatchError(
            f'{name} has the column {unknown[0]!r}: the columns are {", ".join(COLUMNS)}'
        )
    for number, row in enumerate(csv.DictReader(text[1:], header), 2):
        cells_of = {key: (row.get(key) or '').strip() for key in COLUMNS}
        if None in row or not cells_of['left']:
            why = 'has no left source' if None not in row else 'has more cells than the header'
            if not any(cells_of.values()) and None not in row:
                continue
            raise BatchError(f'{name}, line {number} {why}')
        files = [located(cell.strip()) for cell in cells_of['calibration'].split(';') if cell]
        if len(files) > 2:
            raise BatchError(
                f'{name}, line {number}: calibration is FILE or LEFT;RIGHT, not '
                f'{cells_of["calibration"]}'
            )
        yield SourceEntry(
            located(cells_of['left']),
            located(cells_of['right']),
            tuple(files),
            cells_of['name'],
        )


def named(entries: Iterable[SourceEntry]) -> list[SourceEntry]:
    """
    Give every source absolute paths, and a name of its own that depends on no other source.

    :raises BatchError: for cameras, two sources of one name, and names that no folder can have
    """
    by_name: dict[str, SourceEntry] = {}
    for given in entries:
        if is_camera(given.left):
            raise BatchError(f'{given.left} is a camera, which has no end: record it first')
        entry = replace(
            given,
            left=absolute(given.left),
            right=absolute(given.right),
            calibration=tuple(map(absolute, given.calibration)),
        )
        name = entry.name or _name_of(entry)
        if not re.fullmatch(r'[^./\\\0][^/\\\0]*', name) or len(name.encode()) > LONGEST_NAME:
            raise BatchError(
                f'{entry} cannot have the name {name!r}: it becomes a folder, so use letters, '
                f'digits, - and _, no / and no dot at the start, and at most {LONGEST_NAME} bytes'
            )
        # Some file systems make no difference between small and capital letters.
        other = by_name.setdefault(name.casefold(), replace(entry, name=name))
        if replace(other, name='') != replace(entry, name=''):
            raise BatchError(f'{other} and {entry} both have the name {name!r}: change one')
    return list(by_name.values())


def _name_of(entry: SourceEntry) -> str:
    """Return readable words of the path, and a digest of all of it."""
    texts = [entry.left, entry.right, *entry.calibration]
    digest = sha256('\0'.join(texts).encode()).hexdigest()[:DIGITS]
    parts = Path(re.sub(r'^\w+://', '', entry.left)).with_suffix('').parts[-2:]
    words = re.sub(r'[^A-Za-z0-9._]+', '_', '_'.join(parts)).strip('_.')[:64]
    return f'{words or "source"}-{digest}'


def _of_path(path: Path) -> Iterator[SourceEntry]:
    """Yield a file or a bag as it is, or what a folder has."""
    if not path.is_dir() or is_bag(str(path)):
        yield SourceEntry(str(path))
        return
    found = list(_in_folder(path))
    if not found:
        raise BatchError(
            f'{path} has no bag, no video, and no {SIDES[0]} and {SIDES[1]} folder or file: name '
            'the sources, as LEFT,RIGHT or in a list'
        )
    yield from found


def _in_folder(folder: Path) -> Iterator[SourceEntry]:
    children = sorted(child for child in folder.iterdir() if not child.name.startswith('.'))
    sides = {side: [x for x in children if x.stem.lower() == side] for side in SIDES}
    if all(len(paths) == 1 for paths in sides.values()):
        left, right = (str(sides[side][0]) for side in SIDES)
        yield SourceEntry(left, right)
        return
    for child in children:
        if is_bag(str(child)) or (child.is_file() and _is_video(child)):
            yield SourceEntry(str(child))
        elif child.is_dir() and not (child / STATE).exists():  # no results of a batch
            yield from _in_folder(child)


def _pairs(left: str, right: str) -> Iterator[SourceEntry]:
    """Yield what both patterns match with the same text in place of their wildcards."""
    if not has_magic(left):
        yield SourceEntry(left, right)
        return
    pieces = re.split(WILDCARDS, right)
    pattern = str(Path(left).expanduser())
    matches = sorted(glob(pattern, recursive=True))
    wild = re.compile(''.join(map(_as_regex, re.split(f'({WILDCARDS})', pattern))))
    if len(pieces) - 1 != wild.groups:
        raise BatchError(
            f'{left},{right}: the left pattern has {wild.groups} wildcards and the right one '
            f'{len(pieces) - 1}: give them the same number'
        )
    if not matches:
        raise BatchError(f'no file or folder matches {left}')
    for match in matches:
        fitted = wild.fullmatch(match)
        texts = fitted.groups() if fitted else ()
        other = ''.join(x for both in zip(pieces, (*texts, ''), strict=True) for x in both)
        if not Path(other).expanduser().exists():
            raise BatchError(f'{match} has no partner: there is no {other}')
        yield SourceEntry(match, other)


WILDCARDS = r'\*\*/|\*+|\?|\[[^\]]*\]'


def _as_regex(piece: str) -> str:
    if piece == '**/':
        return '((?:.*/)?)'
    if piece.startswith('*'):
        return '([^/]*)'
    if piece == '?':
        return '([^/])'
    return f'({piece.replace("[!", "[^")})' if re.fullmatch(WILDCARDS, piece) else re.escape(piece)


def _is_video(path: Path) -> bool:
    return (mimetypes.guess_type(path.name)[0] or '').startswith('video/')


def _is_address(text: str) -> bool:
    return re.match(r'\w+://', text) is not None
