# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The base of all outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
import argparse
from pathlib import Path
from typing import ClassVar

from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.sources import StereoSource


class Output(ABC):
    """
    Something that results are written to or shown on.

    A subclass stands in `OUTPUTS`, and nowhere else. It is used in this order: made of the
    options, `check`, then, as a context manager, `write` for every result. The end of the block
    finishes what was written, whatever ended it.

    Attributes: `path`, what is written, None for nothing.
    """

    #: Of the option, which is not false if the output is wanted.
    name: ClassVar[str]
    #: Whether results must have a calibration.
    needs_calibration: ClassVar[bool] = False

    def __init__(self, options: argparse.Namespace) -> None:
        """
        Check what can be checked before the source is opened.

        :raises CommandError: if there cannot be such an output, whatever the source is
        """
        self.path: Path | None = None

    @classmethod
    @abstractmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        """Add the option to the parser of the command, which says where it is written."""

    @classmethod  # noqa: B027 (most have none)
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Add the options that say how it is written."""

    @abstractmethod
    def check(self, source: StereoSource) -> None:
        """
        Check that the output fits a source, and remember which kind it is.

        :raises CommandError: if not
        """

    def __enter__(self) -> Output:
        return self

    @abstractmethod
    def write(self, frame: MatchedFrame) -> None:
        """
        Write or show a matched frame.

        :raises CommandError, OSError: if it cannot be written
        """

    def __exit__(self, *_: object) -> None:  # noqa: B027 (most write complete files at once)
        """Finish what was written."""


class View(Output):
    """
    An output on a screen, which the user can end.

    Attributes: `is_live`, whether results come no faster than the frames were taken; `stays`,
    whether it stays open after the last result, until the user ends it.
    """

    is_live: bool = False
    stays: bool = False

    @abstractmethod
    def ended(self) -> bool:
        """Tell whether the user has ended the view."""
