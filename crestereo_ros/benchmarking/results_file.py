# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Keeps measurements in a CSV file that grows with each one."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields
from pathlib import Path
from typing import get_type_hints

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.measurement import Measurement

COLUMNS = [field.name for field in fields(Measurement)]
MEDIAN = 'time_ms'  # a column that is written but not read


class ResultsFile:
    """
    The measurements of this and of earlier runs in a file.

    The file is replaced as a whole, so it is complete whenever a run is interrupted.
    """

    def __init__(self, path: Path) -> None:
        """
        Read the existing measurements.

        :raises BenchmarkError: if the file is not of this kind
        """
        self._path = path
        self._measurements: dict[str, Measurement] = {}  # by their keys
        if not path.exists():
            return
        read = {**get_type_hints(Measurement), 'times_ms': _times}
        try:
            with path.open(newline='', encoding='utf-8') as file:
                for row in csv.DictReader(file):
                    values = {name: read[name](row[name]) for name in COLUMNS}
                    self._measurements[row['key']] = Measurement(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise BenchmarkError(
                f'{path} is not a results file of this version: delete it, or choose another '
                'folder'
            ) from error

    def get(self, key: str) -> Measurement | None:
        """Return the measurement with a key, None if there is none."""
        return self._measurements.get(key)

    def add(self, measurement: Measurement) -> None:
        """Write a measurement; it replaces one with the same key."""
        self._measurements[measurement.key] = measurement
        part = self._path.with_suffix('.part')
        with part.open('w', newline='', encoding='utf-8') as file:
            writer = csv.DictWriter(file, [*COLUMNS, MEDIAN])
            writer.writeheader()
            for x in self._measurements.values():
                times = ' '.join(map(str, x.times_ms))
                writer.writerow({**asdict(x), 'times_ms': times, MEDIAN: x.time_ms})
        part.replace(self._path)


def _times(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split()))
