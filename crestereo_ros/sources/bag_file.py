# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The messages of a rosbag2 recording, without ROS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from functools import cached_property
import logging
from pathlib import Path
import re
import tempfile
from typing import Any

import yaml

from crestereo_ros.sources.bag_topics import Topic
from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.local_file import printable
from crestereo_ros.sources.mcap_recording import McapRecording
from crestereo_ros.sources.recording import COMPRESSED, Record, Recording
from crestereo_ros.sources.sqlite_recording import SqliteRecording

INSTALL = 'pip install rosbags mcap (the extra `bags`)'
RECORDINGS: dict[str, type[Recording]] = {'.mcap': McapRecording, '.db3': SqliteRecording}
METADATA = 'metadata.yaml'
ROS_1_ENDING = '.bag'
ZSTD_START = b'\x28\xb5\x2f\xfd'
# Types of messages that rosbags does not bring, as their packages define them.
DEFINITIONS = {
    'foxglove_msgs/msg/CompressedVideo': (
        'builtin_interfaces/Time timestamp\nstring frame_id\nuint8[] data\nstring format\n'
    ),
    'ffmpeg_image_transport_msgs/msg/FFMPEGPacket': (
        'std_msgs/Header header\nint32 width\nint32 height\nstring encoding\nuint64 pts\n'
        'uint8 flags\nbool is_bigendian\nuint8[] data\n'
    ),
}

logger = logging.getLogger(__name__)


def is_bag(text: str) -> bool:
    """Return whether a source is a bag: by its ending, or by what is in the folder."""
    path = Path(text).expanduser()
    if path.is_dir():
        return (path / METADATA).is_file() or bool(_storage_files(path))
    return path.suffix == ROS_1_ENDING or _ending(path) in RECORDINGS


class BagFile:
    """
    A folder that rosbag2 recorded, or one of the files in it.

    Files are read in the order of metadata.yaml; without a usable one, in that of their names,
    with numbers in order of value. Files that cannot be read are left out with a warning, and so
    is what is lost of the others.
    """

    def __init__(self, path: str) -> None:
        """
        Open it and read which topics it has.

        :param path: of which `~` is the home folder
        :raises SourceError: if it is missing, nothing can be read, or a package is missing
        """
        self.path = Path(path).expanduser()
        self.name = printable(self.path)
        if not self.path.exists():
            raise SourceError(
                f'{self.name} does not exist (looked for {printable(self.path.absolute())})'
            )
        if self.path.suffix == ROS_1_ENDING and self.path.is_file():
            raise SourceError(
                f'{self.name} is a bag of ROS 1: convert it with `rosbags-convert --src '
                f'{self.name} --dst {self.path.stem}`'
            )
        try:
            import mcap  # noqa: F401
            import rosbags.typesys  # noqa: F401
        except ImportError as error:
            raise SourceError(f'{self.name} needs rosbags to be read: {INSTALL}') from error
        self._unpacked = tempfile.TemporaryDirectory()
        self._logged: set[str] = set()
        #: How often messages were skipped in what was read so far.
        self.gaps = 0
        self._parts: list[Recording] = []
        counts: Counter[tuple[str, str]] = Counter()
        errors: list[SourceError | str] = []
        unread = 0  # errors so far, at the part before
        for file in self._files():
            try:
                part = self._recording(file)
                for topic in part.topics():
                    counts[topic.name, topic.message_type] += topic.messages
            except (SourceError, OSError) as error:
                errors.append(error if isinstance(error, SourceError) else f'{file}: {error}')
                continue
            part.follows_gap, unread = len(errors) > unread, len(errors)
            self._parts.append(part)
        if not self._parts:
            raise SourceError(f'{errors[0]}')
        for reason in errors:
            logger.warning(f'left out: {reason}')
        self._log_losses()
        #: All topics by their names.
        self.topics = {name: Topic(name, kind, count) for (name, kind), count in counts.items()}

    def records(self, topics: Collection[str]) -> Iterator[Record]:
        """Read the messages of some topics in the order in which they were recorded."""
        for part in self._parts:
            self.gaps += part.follows_gap
            known = part.gaps
            for record in part.records(topics):
                self.gaps, known = self.gaps + part.gaps - known, part.gaps
                if record.data[:4] == ZSTD_START:  # a bag may be compressed message by message
                    record = record._replace(data=_decompressed(record.data))
                yield record
            self._log_losses()

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
        from rosbags.typesys import get_types_from_msg, get_typestore, Stores

        # What is read here has been the same from Foxy to Kilted.
        store = get_typestore(Stores.ROS2_HUMBLE)
        for name, definition in DEFINITIONS.items():
            store.register(get_types_from_msg(definition, name))
        return store

    def _files(self) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        named = _named_files(self.path)
        missing = [path for path in named if not path.is_file()]
        files = [path for path in named if path.is_file()] or _storage_files(self.path)
        if not files:
            raise SourceError(
                f'{self.name} is not a bag: it has no file that ends in {" or ".join(RECORDINGS)}'
            )
        if missing:
            logger.warning(
                f'{self.name}: {", ".join(path.name for path in missing)} of {METADATA} '
                'cannot be found and is left out'
            )
        return files

    def _recording(self, file: Path) -> Recording:
        name, kind = printable(file), RECORDINGS.get(_ending(file))
        if kind is None:
            raise SourceError(f'{name} is not a bag: it ends in none of {", ".join(RECORDINGS)}')
        if not file.stat().st_size:
            raise SourceError(f'{name} cannot be read as a bag: it is empty (0 bytes)')
        if file.suffix != COMPRESSED:
            return kind(file, name)
        unpacked = Path(self._unpacked.name, f'{len(self._parts)}')
        if not _decompress(file, unpacked):
            logger.warning(f'{name} is cut off or damaged: read as far as it goes')
        return kind(unpacked, name)

    def _log_losses(self) -> None:
        for part in self._parts:
            for loss in part.losses:
                text = f'{part.name}: {loss}; the rest is read'
                if text not in self._logged:
                    self._logged.add(text)
                    logger.warning(text)


def _ending(path: Path) -> str:
    return (path.with_suffix('') if path.suffix == COMPRESSED else path).suffix


def _named_files(folder: Path) -> list[Path]:
    """Return the files that metadata.yaml names, none without a usable one."""
    try:
        content = yaml.safe_load((folder / METADATA).read_text(encoding='utf-8'))
        names = content['rosbag2_bagfile_information']['relative_file_paths']
        return [folder / Path(name).name for name in names]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        return []


def _storage_files(folder: Path) -> list[Path]:
    files = [path for path in folder.iterdir() if _ending(path) in RECORDINGS and path.is_file()]
    return sorted(files, key=lambda path: [int(x) if x.isdigit() else x for x in _parts(path)])


def _parts(path: Path) -> list[str]:
    return re.split(r'(\d+)', path.name)


def _decompress(file: Path, to: Path) -> bool:
    """Decompress a file as far as it goes; return whether that was to its end."""
    import zstandard

    decompressor = zstandard.ZstdDecompressor().decompressobj()
    with file.open('rb') as packed, to.open('wb') as unpacked:
        while block := packed.read(1 << 20):
            try:
                unpacked.write(decompressor.decompress(block))
            except zstandard.ZstdError:
                return False
    return bool(decompressor.eof)


def _decompressed(data: bytes) -> bytes:
    import zstandard

    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    except zstandard.ZstdError:
        return data  # which cannot be deserialised, and is reported then
