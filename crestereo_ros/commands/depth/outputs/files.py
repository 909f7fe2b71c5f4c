# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What outputs to files share."""

from __future__ import annotations

from abc import abstractmethod
import argparse
from io import BytesIO
import os
from pathlib import Path
from typing import ClassVar

import numpy as np

from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.output import Output
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.sources import StereoSource


def require_writable(path: Path, options: argparse.Namespace) -> None:
    """
    Check that a file or a folder can be written.

    :param options: those of the command, which name the source
    :raises CommandError: if not
    """
    if not path.parent.is_dir():
        raise CommandError(f'{path} cannot be written: there is no folder {path.parent}')
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise CommandError(f'{path} cannot be written: you do not have permission')
    for source in (options.source, options.right):
        if path.exists() and os.path.exists(source) and path.samefile(source):
            raise CommandError(f'{path} cannot be written: it is the source')


def write_array(path: Path, array: np.ndarray) -> None:
    """Write a NumPy file of exactly this name."""
    content = BytesIO()  # to a file, NumPy hides why it cannot write, as when the disk is full
    np.save(content, array)
    path.write_bytes(content.getbuffer())


class FrameFiles(Output):
    """A file for each frame: one for a pair, a folder of them for a video."""

    #: Of the file of a pair; none for any.
    suffixes: ClassVar[tuple[str, ...]] = ()
    #: Of the files in the folder.
    suffix: ClassVar[str]

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self.path: Path = getattr(options, self.name)
        require_writable(self.path, options)
        self._one = False

    def check(self, source: StereoSource) -> None:
        path, self._one = self.path, source.length == 1
        if self._one:
            if path.is_dir():
                raise CommandError(f'{path} cannot be written: it is a folder, name a file in it')
            if self.suffixes and path.suffix.lower() not in self.suffixes:
                raise CommandError(
                    f'{path} cannot be written: its name must end in {" or ".join(self.suffixes)}'
                )
        elif path.is_dir():
            if any(path.iterdir()):
                raise CommandError(f'{path} is not empty: name a new or an empty folder')
        elif path.exists() or path.suffix.lower() in self.suffixes:
            raise CommandError(
                f'{path} is a file, but {source.name} has many frames, with a file for each: name '
                'a folder'
            )

    def write(self, frame: MatchedFrame) -> None:
        path = self.path
        if not self._one:
            path.mkdir(exist_ok=True)
            path = path / f'{frame.index:06d}{self.suffix}'
        self.save(path, frame)

    @abstractmethod
    def save(self, path: Path, frame: MatchedFrame) -> None:
        """Write the file of a frame."""
