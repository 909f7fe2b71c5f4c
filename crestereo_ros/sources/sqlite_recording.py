# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""SQLite files of rosbag2, also with a journal of rows that are not in the file yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
import os
from pathlib import Path
import shutil
import sqlite3
import tempfile
from urllib.parse import quote

from crestereo_ros.sources.bag_topics import Topic
from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.recording import COMPRESSED, Record, Recording

JOURNAL = '-wal'
MAGIC, HEADER = b'SQLite format 3\0', 100  # how a file begins, and the bytes of its header
LONGEST_GAP = 1 << 24  # rows after a damaged one that are tried


class SqliteRecording(Recording):
    """Reads messages in the order in which they were written."""

    def topics(self) -> list[Topic]:
        try:
            with self._open() as database:
                rows = database.execute('SELECT id, name, type FROM topics').fetchall()
                counts = self._counts(database)
        except (sqlite3.Error, OSError) as error:
            raise self._broken(error) from error
        return [Topic(name, kind, counts[number]) for number, name, kind in rows]

    def records(self, topics: Collection[str]) -> Iterator[Record]:
        try:
            with self._open() as database:
                rows = database.execute('SELECT id, name FROM topics').fetchall()
                wanted = {number: name for number, name in rows if name in topics}
                if not wanted:
                    return
                numbers = ', '.join(map(str, wanted))
                query = (
                    'SELECT id, topic_id, timestamp, data FROM messages '
                    f'WHERE id > ? AND topic_id IN ({numbers}) ORDER BY id'
                )
                for _, topic, time, data in self._rows(database, query):
                    yield Record(wanted[topic], time, data)
        except (sqlite3.Error, OSError) as error:
            self._lose(f'{self._broken(error)}')

    def _counts(self, database: sqlite3.Connection) -> Counter[int]:
        try:
            query = 'SELECT topic_id, COUNT(*) FROM messages GROUP BY topic_id'
            return Counter(dict(database.execute(query)))
        except sqlite3.DatabaseError:
            query = 'SELECT id, topic_id FROM messages WHERE id > ? ORDER BY id'
            return Counter(row[1] for row in self._rows(database, query))

    def _rows(self, database: sqlite3.Connection, query: str) -> Iterator[tuple]:
        """Yield rows whose first value grows; skip those that are damaged."""
        last, gap = -1, 1
        while gap < LONGEST_GAP:
            before = last
            try:
                for row in database.execute(query, (last,)):
                    last, gap = row[0], 1
                    yield row
                return
            except sqlite3.DatabaseError as error:
                self._lose(f'rows after number {last} are damaged ({error})')
                if last == before:
                    gap *= 2
                last += gap

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        journal = Path(f'{self.path}{JOURNAL}')
        size, whole_size = self.path.stat().st_size, self._whole_size()
        with tempfile.TemporaryDirectory() as folder:
            path, mode = self.path, 'immutable=1'
            if journal.exists() and journal.stat().st_size:
                # To read a journal, SQLite writes beside it, and cleans it away at the end.
                path, mode = Path(folder, 'copy.db3'), 'mode=rw'
                shutil.copy(self.path, path)
                shutil.copy(journal, f'{path}{JOURNAL}')
            elif size < whole_size:
                # SQLite refuses a file that is shorter than it says, but skips empty pages.
                path = Path(folder, 'copy.db3')
                shutil.copy(self.path, path)
                os.truncate(path, whole_size)
                self._lose(f'it is cut off after {size} of {whole_size} bytes')
            address = f'file:{quote(bytes(path.absolute()))}?{mode}'
            database = sqlite3.connect(address, uri=True)
            try:
                yield database
            finally:
                with suppress(sqlite3.Error):
                    database.close()

    def _whole_size(self) -> int:
        """Return how many bytes the file should have by its own header, 0 if it has none."""
        with self.path.open('rb') as file:
            header = file.read(HEADER)
        if len(header) < HEADER or not header.startswith(MAGIC):
            return 0
        page_size = int.from_bytes(header[16:18], 'big')
        return (65536 if page_size == 1 else page_size) * int.from_bytes(header[28:32], 'big')

    def _broken(self, error: Exception) -> SourceError:
        name = self.name.removesuffix(COMPRESSED)
        unpack = '' if name == self.name else f'`zstd -d {self.name}` and '
        return self._unreadable(
            error, f'{unpack}`sqlite3 {name} .recover | sqlite3 new.db3` may find more'
        )
