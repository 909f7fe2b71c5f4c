# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames in time, against the real clock; only lower bounds and counts, never 'fast enough'."""

import threading
import time

import numpy as np
import pytest

from crestereo_ros.sources import Playback, StereoFrame, StereoSource


class Clip(StereoSource):
    """Frames that are made rather than read, at times of their own."""

    name = 'clip'

    def __init__(self, times, rate=100.0):
        self.times, self.rate, self.length = times, rate, len(times)

    def _frames(self):
        image = np.zeros((2, 2, 3), np.uint8)
        yield from (StereoFrame(image, image, time) for time in self.times)


def play(playback):
    """Return the source times and the seconds from the first frame at which they were given."""
    given = [(frame.time, time.monotonic()) for frame in playback]
    return [at for at, _ in given], [now - given[0][1] for _, now in given]


def test_no_frame_comes_before_its_own_time():
    times = [0.0, 0.05, 0.25, 0.3]
    _, given = play(Playback(Clip(times)))
    assert given[2] >= 0.25 - 0.01
    assert given[-1] >= 0.3 - 0.01


def test_rate_overrides_the_times():
    playback = Playback(Clip([0.0, 60.0, 120.0]), rate=20.0)
    seen, given = play(playback)
    assert seen == [0, 60, 120]
    assert 0.1 - 0.01 <= given[-1] < 30
    assert (playback.played, playback.dropped) == (3, 0)


def test_frames_that_come_too_late_are_dropped_and_counted_and_time_is_kept():
    playback = Playback(Clip([number / 100 for number in range(60)]))
    start, seen = time.monotonic(), []
    for frame in playback:
        seen.append((frame.time, time.monotonic() - start))
        if len(seen) <= 3:
            time.sleep(0.1)  # ten frames long
    assert playback.dropped >= 15
    assert playback.played + playback.dropped == 60
    assert all(now >= at - 0.01 for at, now in seen)
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)


def test_player_that_is_always_late_still_gives_frames():
    playback = Playback(Clip([number / 1e6 for number in range(20)]))
    for _ in playback:
        time.sleep(0.3)
        if playback.played == 2:
            playback.stop()
    assert playback.played == 2


def test_loop_starts_anew_until_it_is_switched_off():
    playback = Playback(Clip([0.0, 0.01, 0.02]), loop=True)
    seen = []
    for frame in playback:
        seen.append(frame.time)
        if len(seen) == 7:
            playback.loop = False
    assert seen == [0, 0.01, 0.02] * 3


def test_still_is_repeated_at_the_rate_of_its_source():
    playback = Playback(Clip([0.0], rate=50.0), loop=True)
    given = []
    for _ in playback:
        given.append(time.monotonic())
        if len(given) == 5:
            playback.stop()
    assert given[-1] - given[0] >= 4 / 50 - 0.01
    assert playback.dropped == 0


def test_changed_rate_is_taken_up_while_it_waits_and_drops_nothing():
    playback = Playback(Clip([0.0, 1.0, 2.0]), rate=0.001)
    timer = threading.Timer(0.2, setattr, (playback, 'rate', 50.0))
    timer.start()
    seen, _ = play(playback)
    timer.join()
    assert seen == [0, 1, 2]
    assert playback.dropped == 0


@pytest.mark.parametrize('rate', [0.001, 50.0])
def test_stop_ends_it_also_while_it_waits(rate):
    playback = Playback(Clip([0.0]), rate=rate, loop=True)
    timer = threading.Timer(0.2, playback.stop)
    timer.start()
    play(playback)  # would never return otherwise
    timer.join()
