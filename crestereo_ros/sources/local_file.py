# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A file on this machine."""

from pathlib import Path

import cv2

from crestereo_ros.sources import ffmpeg
from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.location import Location


class LocalFile(Location):
    """A file that is there, may be read and is not empty."""

    def __init__(self, path: str | Path) -> None:
        """
        Look at the file.

        :param path: of which `~` is the home folder
        :raises SourceError: where it is no file, is empty or cannot be read
        """
        self.path = Path(path).expanduser()
        self.name = str(self.path)
        if not self.path.exists():
            raise SourceError(f'{path} does not exist (looked for {self.path.absolute()})')
        if not self.path.is_file():
            raise SourceError(f'{path} is not a file: name an image or a video')
        try:
            with self.path.open('rb') as file:
                empty = not file.read(1)
        except OSError as error:
            raise SourceError(f'{path} cannot be read: {error.strerror}') from error
        if empty:
            raise SourceError(f'{path} is empty (0 bytes): get it again')

    def is_image(self) -> bool:
        return cv2.haveImageReader(str(self.path))

    def read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise SourceError(f'{self.path} cannot be read: {error.strerror}') from error

    def capture(self) -> cv2.VideoCapture:
        if not self.path.exists():
            raise SourceError(f'{self.path} does not exist any more')
        return ffmpeg.open_file(str(self.path.absolute()))
