# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The messages of a rosbag2 recording, without ROS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, TYPE_CHECKING

from crestereo_ros.sources.bag_topics import Topic
from crestereo_ros.sources.errors import SourceError

if TYPE_CHECKING:  # it is an extra, and imported when a bag is read
    from rosbags.rosbag2 import Reader

INSTALL = 'pip install rosbags (the extra `bags`)'
ENDINGS = '.mcap', '.db3'
METADATA = 'metadata.yaml'
ROS_1_ENDING = '.bag'


def is_bag(text: str) -> bool:
    """Tell whether a source is a bag: by its ending, or by what is in the folder."""
    path = Path(text).expanduser()
    if path.is_dir():
        return (path / METADATA).is_file() or bool(_storage_files(path))
    return path.suffix in (*ENDINGS, ROS_1_ENDING)


class BagFile:
    """
    A folder that rosbag2 recorded, or one of the files in it.

    A folder whose metadata.yaml is missing, because the recording was interrupted, is read as the
    files in it, in the order of their names.
    """

    def __init__(self, path: str) -> None:
        """
        Open it and read which topics it has.

        :param path: of which `~` is the home folder
        :raises SourceError: if it is missing, cannot be read, or rosbags is not installed
        """
        self.path = Path(path).expanduser()
        self.name = str(self.path)
        if not self.path.exists():
            raise SourceError(f'{path} does not exist (looked for {self.path.absolute()})')
        if self.path.suffix == ROS_1_ENDING and self.path.is_file():
            raise SourceError(
                f'{self.name} is a bag of ROS 1: convert it with `rosbags-convert --src '
                f'{self.name} --dst {self.path.stem}`'
            )
        try:
            import rosbags.rosbag2  # noqa: F401
        except ImportError as error:
            raise SourceError(f'{self.name} needs rosbags to be read: {INSTALL}') from error
        whole = self.path.is_file() or (self.path / METADATA).is_file()
        self._files = [self.path] if whole else _storage_files(self.path)
        if not self._files:
            raise SourceError(
                f'{self.name} is no bag: it has neither {METADATA} nor a file of one'
            )
        counts: Counter[tuple[str, str]] = Counter()
        with self._readers() as readers:
            for reader in readers:
                for connection in reader.connections:
                    counts[connection.topic, connection.msgtype] += connection.msgcount
        #: All topics by their names.
        self.topics = {name: Topic(name, kind, count) for (name, kind), count in counts.items()}

    def messages(self, topics: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """
        Read the messages of some topics in the order in which they were recorded.

        :returns: topics and messages as they are serialised
        :raises SourceError: where it cannot be read any further
        """
        with self._readers() as readers:
            for reader in readers:
                connections = [x for x in reader.connections if x.topic in topics]
                if not connections:
                    continue  # to rosbags no connections are all
                for connection, _, data in self._guarded(reader.messages(connections)):
                    yield connection.topic, data

    def message(self, topic: str, data: bytes) -> Any:  # noqa: ANN401
        """
        Return a message that was serialised, with the fields of its type.

        :raises SourceError: if it cannot be deserialised
        """
        try:
            return self._types.deserialize_cdr(data, self.topics[topic].message_type)
        except Exception as error:  # of any kind: it reads what the message's own lengths say
            raise SourceError(f'a message on {topic} cannot be read: {error!r}') from error

    @cached_property
    def _types(self) -> Any:  # noqa: ANN401
        from rosbags.typesys import get_typestore, Stores

        # What is read here has been the same from Foxy to Kilted.
        return get_typestore(Stores.ROS2_HUMBLE)

    @contextmanager
    def _readers(self) -> Iterator[list[Reader]]:
        """Open the files for one reading, since a reader must not be shared."""
        from rosbags.rosbag2 import Reader

        with ExitStack() as stack:
            try:
                readers = [stack.enter_context(Reader(file)) for file in self._files]
            except Exception as error:
                raise self._unreadable(error) from error
            yield readers

    def _guarded(self, messages: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from messages
        except Exception as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> SourceError:
        # A damaged file makes rosbags raise errors of many kinds; some have several lines.
        reason = ' '.join(f'{error}'.split()).rstrip('.') or repr(error)
        return SourceError(
            f'{self.name} cannot be read as a bag: {reason}. If it was cut off, try `ros2 bag '
            'reindex` (.db3) or `mcap recover` (.mcap)'
        )


def _storage_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())
