# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Iteration in another thread."""

from threading import current_thread, Event

import pytest

from crestereo_ros.commands.background import in_background

TIMEOUT = 60  # s; only ever reached by a failure


def test_items_of_another_thread_come_in_order():
    def items():
        for index in range(50):
            yield index, current_thread()

    given = [item for item in in_background(items(), TIMEOUT) if item]
    assert [index for index, _ in given] == list(range(50))
    assert {thread for _, thread in given}.isdisjoint({current_thread()})


def test_none_is_yielded_while_there_is_no_item():
    go_on = Event()

    def items():
        assert go_on.wait(TIMEOUT)
        yield 'item'

    results = in_background(items(), 0.001)
    assert [next(results) for _ in range(20)] == [None] * 20
    go_on.set()
    assert [item for item in results if item] == ['item']


def test_an_error_is_raised_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError('no more')

    results = in_background(items(), TIMEOUT)
    assert next(results) == 1
    with pytest.raises(ValueError, match='no more'):
        next(results)


def test_works_at_most_two_items_ahead():
    made = []

    def items():
        for index in range(100):
            made.append(index)
            yield index

    results = in_background(items(), TIMEOUT)
    assert next(results) == 0
    assert next(results) == 1
    results.close()
    # One item is in the queue, one waits for its place.
    assert len(made) <= 4
