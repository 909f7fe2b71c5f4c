# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measurements as a CSV file, which grows with each of them."""

from __future__ import annotations

import csv
from dataclasses import astuple, fields
from pathlib import Path
from typing import get_type_hints

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.measurement import Measurement

COLUMNS = [field.name for field in fields(Measurement)]


class ResultsFile:
    """
    The measurements in a file, of this and of earlier runs.

    The file is replaced as a whole, so that it is complete whenever a run is interrupted.
    """

    def __init__(self, path: Path) -> None:
        """
        Read what is there.

        :raises BenchmarkError: where the file is none of this kind
        """
        self._path = path
        self._measurements: dict[str, Measurement] = {}  # by their keys
        if not path.exists():
            return
        types = get_type_hints(Measurement)
        try:
            with path.open(newline='', encoding='utf-8') as file:
                for row in csv.DictReader(file):
                    values = {name: types[name](row[name]) for name in COLUMNS}
                    self._measurements[row['key']] = Measurement(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise BenchmarkError(
                f'{path} is not what this version writes: delete it, or name another folder'
            ) from error

    def get(self, key: str) -> Measurement | None:
        """Return the measurement of a key, None where there is none."""
        return self._measurements.get(key)

    def add(self, measurement: Measurement) -> None:
        """Write one more measurement."""
        self._measurements[measurement.key] = measurement
        part = self._path.with_suffix('.part')
        with part.open('w', newline='', encoding='utf-8') as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(map(astuple, self._measurements.values()))
        part.replace(self._path)
