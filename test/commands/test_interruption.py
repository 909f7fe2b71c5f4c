# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""SIGINT during work that has to be finished."""

import signal

import pytest

from crestereo_ros.commands.interruption import interruption


def test_the_first_signal_sets_the_event_and_interrupts_at_the_end():
    done = []
    with pytest.raises(KeyboardInterrupt):
        with interruption() as interrupted:
            assert not interrupted.is_set()
            signal.raise_signal(signal.SIGINT)
            assert interrupted.is_set()
            done.append('finished')
    assert done == ['finished']


def test_the_end_of_a_container_leaves_time_as_well():
    with pytest.raises(KeyboardInterrupt) as caught:
        with interruption() as interrupted:
            signal.raise_signal(signal.SIGTERM)
            assert interrupted.is_set()
    assert caught.value.args == (signal.SIGTERM,)


def test_second_signal_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt):
        with interruption():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            pytest.fail('went on')


def test_without_a_signal_nothing_happens():
    before = signal.getsignal(signal.SIGINT)
    with interruption():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_errors_are_not_hidden():
    with pytest.raises(ValueError), interruption():
        signal.raise_signal(signal.SIGINT)
        raise ValueError
