# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measurements in a file."""

import csv

import pytest

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.results_file import ResultsFile


def test_reads_what_was_written(tmp_path, measurement):
    path = tmp_path / 'results.csv'
    first, second = measurement(12.345678, 80, model='a,"b"'), measurement(30, 90)
    results = ResultsFile(path)
    results.add(first)
    assert ResultsFile(path).get(first.key) == first
    ResultsFile(path).add(second)

    again = ResultsFile(path)
    assert (again.get(first.key), again.get(second.key)) == (first, second)
    assert again.get('other') is None
    assert [row['time_ms'] for row in csv.DictReader(path.open())] == ['12.345678', '30.0']
    assert list(tmp_path.iterdir()) == [path]


def test_refuses_another_file(tmp_path):
    path = tmp_path / 'results.csv'
    path.write_text('name,number\nother,1\n')
    with pytest.raises(BenchmarkError, match='results.csv is not a results file of this version'):
        ResultsFile(path)
