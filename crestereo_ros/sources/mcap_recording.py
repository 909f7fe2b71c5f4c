# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MCAP files, whole or cut off, with an index or without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from io import BytesIO
from typing import Any, BinaryIO
import zlib

from crestereo_ros.sources.bag_topics import Topic
from crestereo_ros.sources.recording import Record, Recording

MAGIC = b'\x89MCAP0\r\n'
HEAD = 9  # bytes of a record before its content: the kind and the length
FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, STATISTICS, DATA_END = 2, 3, 4, 5, 6, 11, 15
FOOTER_SIZE = HEAD + 20
MESSAGE_HEAD = 22  # bytes of a message before its data
ADVICE = 'If it was cut off, `mcap recover` may find more'


class McapRecording(Recording):
    """Reads records one after the other, so that an index is not needed."""

    def topics(self) -> list[Topic]:
        with self.path.open('rb') as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise self._unreadable(ValueError('it is not an MCAP file'), 'Get it again')
            known = _Channels()
            counts = self._counted(file, known)
            if counts is None:
                known, counts = _Channels(), Counter()
                for kind, content in self._records(file, known):
                    if kind == MESSAGE:
                        counts[int.from_bytes(content[:2], 'little')] += 1
        if self.losses and not counts:
            raise self._unreadable(ValueError(self.losses[0]), ADVICE)
        return [
            Topic(channel.topic, known.kind_of(channel), counts[number])
            for number, channel in known.channels.items()
        ]

    def records(self, topics: Collection[str]) -> Iterator[Record]:
        known = _Channels()
        with self.path.open('rb') as file:
            for kind, content in self._records(file, known):
                if kind != MESSAGE:
                    continue
                channel = known.channels.get(int.from_bytes(content[:2], 'little'))
                if channel is not None and channel.topic in topics:
                    time = int.from_bytes(content[6:14], 'little')
                    yield Record(channel.topic, time, content[MESSAGE_HEAD:])

    def _counted(self, file: BinaryIO, known: _Channels) -> Counter[int] | None:
        """Read the summary; None if there is none, or it does not say enough."""
        from mcap.data_stream import ReadDataStream
        from mcap.records import Statistics

        size = file.seek(0, 2)
        file.seek(max(0, size - FOOTER_SIZE - len(MAGIC)))
        end = file.read()
        if not end.endswith(MAGIC) or end[:1] != bytes((FOOTER,)):
            return None
        start = int.from_bytes(end[HEAD : HEAD + 8], 'little')
        if not start:
            return None
        file.seek(start)
        counts = None
        for kind, content, _ in _framed(file, size):
            known.add(kind, content)
            if kind == STATISTICS:
                statistics = Statistics.read(ReadDataStream(BytesIO(content)))
                counts = Counter(statistics.channel_message_counts)
        if counts is None or counts.keys() - known.channels.keys():
            return None
        return counts if counts or not known.channels else None

    def _records(self, file: BinaryIO, known: _Channels) -> Iterator[tuple[int, bytes]]:
        """Yield the records, also those in chunks, up to the first that is cut off."""
        size = file.seek(0, 2)
        file.seek(len(MAGIC))
        for kind, content, missing in _framed(file, size):
            if kind in (DATA_END, FOOTER):
                return
            if missing:
                self._lose(f'it is cut off after {size} bytes')
            if kind != CHUNK:
                if not missing:
                    known.add(kind, content)
                    yield kind, content
                continue
            data, is_whole = _chunk(content)
            inner = BytesIO(data)
            for inner_kind, inner_content, cut in _framed(inner, len(data)):
                if not cut:
                    known.add(inner_kind, inner_content)
                    yield inner_kind, inner_content
            checksum = int.from_bytes(content[24:28], 'little')  # 0 if there is none
            is_whole = is_whole and (not checksum or zlib.crc32(data) == checksum)
            if not is_whole and not missing:
                self._lose(f'a part of {len(content)} bytes is damaged')
        if file.tell() >= size:
            self._lose(f'it is cut off after {size} bytes')


class _Channels:
    """The channels and schemas of a file, by their numbers."""

    def __init__(self) -> None:
        self.channels: dict[int, Any] = {}
        self._schemas: dict[int, str] = {}

    def add(self, kind: int, content: bytes) -> None:
        from mcap.data_stream import ReadDataStream
        from mcap.records import Channel, Schema

        try:
            if kind == CHANNEL:
                channel = Channel.read(ReadDataStream(BytesIO(content)))
                self.channels[channel.id] = channel
            elif kind == SCHEMA:
                schema = Schema.read(ReadDataStream(BytesIO(content)))
                self._schemas[schema.id] = schema.name
        except Exception:  # a damaged record: what it says stays unknown
            return

    def kind_of(self, channel: Any) -> str:  # noqa: ANN401
        return self._schemas.get(channel.schema_id, '')


def _framed(file: BinaryIO | BytesIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield kind and content of records, and whether the end of the content is missing."""
    while len(head := file.read(HEAD)) == HEAD:
        length = int.from_bytes(head[1:], 'little')
        content = file.read(min(length, size - file.tell()))
        missing = len(content) < length
        yield head[0], content, missing
        if missing:
            return


def _chunk(content: bytes) -> tuple[bytes, bool]:
    """Return what is in a chunk as far as it can be decompressed, and whether that is all."""
    expected = int.from_bytes(content[16:24], 'little')
    start = 32 + int.from_bytes(content[28:32], 'little')
    compression, data = content[32:start], content[start + 8 :]
    if compression == b'':
        return data, len(data) >= expected
    result = b''
    try:
        if compression == b'zstd':
            import zstandard

            result = _in_steps(zstandard.ZstdDecompressor().decompressobj().decompress, data)
        elif compression == b'lz4':
            import lz4.frame

            result = _in_steps(lz4.frame.LZ4FrameDecompressor().decompress, data)
    except ImportError:
        pass
    return result, len(result) >= expected


def _in_steps(decompress: Any, data: bytes, step: int = 1 << 16) -> bytes:  # noqa: ANN401
    """Decompress up to the first step that is damaged."""
    result = []
    for start in range(0, len(data), step):
        try:
            result.append(decompress(data[start : start + step]))
        except Exception:  # of the library, for damaged data
            break
    return b''.join(result)
