# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One file of a recording, read as far as it can be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from crestereo_ros.sources.bag_topics import Topic
from crestereo_ros.sources.errors import SourceError

COMPRESSED = '.zstd'  # ending of a file that is compressed as a whole


class Record(NamedTuple):
    """A message as it was serialised, and when it was recorded, in nanoseconds."""

    topic: str
    time: int
    data: bytes


class Recording(ABC):
    """
    A file of messages.

    Attributes: `losses`, what could not be read, in words, so far; `gaps`, how often messages
    were skipped; `follows_gap`, whether the file before it is missing.
    """

    def __init__(self, path: Path, name: str) -> None:
        """
        Keep the path.

        :param name: of the file, in messages
        """
        self.path, self.name = path, name
        self.losses: list[str] = []
        self.gaps = 0
        self.follows_gap = False

    @abstractmethod
    def topics(self) -> list[Topic]:
        """
        Return the topics, with the number of messages that can be read.

        :raises SourceError: if nothing of the file can be read
        """

    @abstractmethod
    def records(self, topics: Collection[str]) -> Iterator[Record]:
        """Yield the messages of some topics in the order of recording, as many as can be read."""

    def _lose(self, what: str) -> None:
        self.gaps += 1
        if what not in self.losses:
            self.losses.append(what)

    def _unreadable(self, error: Exception, advice: str) -> SourceError:
        reason = ' '.join(f'{error}'.split()).rstrip('.') or type(error).__name__
        return SourceError(f'{self.name} cannot be read as a bag: {reason}. {advice}')
