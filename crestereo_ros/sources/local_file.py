# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A file on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path

import cv2

from crestereo_ros.sources import ffmpeg
from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.pyav_capture import Capture, pyav_capture


class LocalFile(Location):
    """A file that is there, may be read and is not empty."""

    def __init__(self, path: str | Path) -> None:
        """
        Look at the file.

        :param path: of which `~` is the home folder
        :raises SourceError: if it is not a file, is empty or cannot be read
        """
        self.path = Path(path).expanduser()
        self.name = printable(self.path)
        if not self.path.exists():
            raise SourceError(
                f'{self.name} does not exist (looked for {printable(self.path.absolute())})'
            )
        if not self.path.is_file():
            raise SourceError(f'{self.name} is not a file: name an image or a video')
        try:
            with self.path.open('rb') as file:
                empty = not file.read(1)
        except OSError as error:
            raise SourceError(f'{self.name} cannot be read: {error.strerror}') from error
        if empty:
            raise SourceError(f'{self.name} is empty (0 bytes): get it again')

    def part(self, start: int, size: int) -> bytes:
        try:
            with self.path.open('rb') as file:
                file.seek(start)
                return file.read(size)
        except OSError as error:
            raise SourceError(f'{self.name} cannot be read: {error.strerror}') from error

    @staticmethod
    def has_image(path: Path) -> bool:
        """Return whether a file is an image, false if it is empty or cannot be read."""
        try:
            return LocalFile(path).is_image()
        except SourceError:
            return False

    def read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise SourceError(f'{self.name} cannot be read: {error.strerror}') from error

    def capture(self) -> cv2.VideoCapture:
        if not self.path.exists():
            raise SourceError(f'{self.name} does not exist any more')
        with _utf8_path(self.path) as path:
            return ffmpeg.open_file(path)

    def other_capture(self) -> Capture | None:
        with _utf8_path(self.path) as path:
            return pyav_capture(path, ffmpeg.FILE_OPTIONS)


def printable(path: str | Path) -> str:
    """Return a path for messages; bytes of its name that are not UTF-8 become escapes."""
    return os.fsencode(path).decode(errors='backslashreplace')


@contextmanager
def _utf8_path(path: Path) -> Iterator[str]:
    """Yield an absolute path that is UTF-8: with another one, OpenCV crashes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with path.open('rb') as file:
            yield f'/dev/fd/{file.fileno()}'
    else:
        yield str(path.absolute())
