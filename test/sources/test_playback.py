# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames in time, against the real clock; only lower bounds and counts, never 'fast enough'."""

import queue
import threading
import time

import numpy as np
import pytest

from crestereo_ros.sources import Playback, StartError, StereoFrame, StereoSource

SLOW = 5.0  # Hz; a busy machine drops no frames of it
TIMEOUT = 30.0  # s; only ever reached by a failure


class Clip(StereoSource):
    """Frames that are made rather than read, at times of their own."""

    name = 'clip'

    def __init__(self, times, rate=100.0):
        self.times, self.rate, self.length = times, rate, len(times)

    def _frames(self, start):
        image = np.zeros((2, 2, 3), np.uint8)
        yield from (StereoFrame(image, image, at) for at in self.times if at >= start)


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


@pytest.mark.parametrize('excused', [True, False])
def test_restarted_time_leaves_nothing_late(excused):
    playback = Playback(Clip([0.0, 0.3, 0.6], rate=10.0))
    for _ in playback:
        if playback.played == 1:
            time.sleep(1.0)
            if excused:
                playback.start_anew()
    assert (playback.dropped == 0) is excused


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


@pytest.fixture
def in_thread():
    """Return a function that plays in a thread and gives what is played, as it comes."""
    playbacks = []

    def start(playback):
        frames = queue.Queue()

        def run():
            for frame in playback:
                frames.put((frame.time, playback.stamp))
            frames.put(None)

        threading.Thread(target=run, daemon=True).start()
        playbacks.append(playback)
        return frames

    yield start
    for playback in playbacks:
        playback.stop()


def grid(number, rate=100.0):
    return Clip([index / rate for index in range(number)], rate)


def test_start_and_duration_cut_out_a_stretch_that_is_repeated(in_thread):
    frames = in_thread(Playback(grid(50), start=0.1, duration=0.03, loop=True, rate=SLOW))
    seen = [frames.get(timeout=TIMEOUT) for _ in range(7)]
    assert [at for at, _ in seen] == pytest.approx([0.1, 0.11, 0.12, 0.1, 0.11, 0.12, 0.1])
    assert [stamp for _, stamp in seen] == pytest.approx([0.1 + n / 100 for n in range(7)])


def test_start_beyond_the_end_is_refused():
    with pytest.raises(StartError, match=r'9 s is beyond the end of clip, which is 0\.5 s long'):
        next(iter(Playback(grid(50), start=9.0)))


def test_pause_step_seek_and_resume(in_thread):
    playback = Playback(Clip([0.0, 1.0, 2.0, 3.0], rate=1.0), loop=True, rate=SLOW)
    frames = in_thread(playback)
    assert frames.get(timeout=TIMEOUT) == (0.0, 0.0)
    playback.pause()
    time.sleep(0.5)  # longer than two frames
    assert frames.qsize() <= 1  # one may have been on its way
    while not frames.empty():
        frames.get()
    at = playback.position
    playback.step()
    assert frames.get(timeout=TIMEOUT)[0] == (at + 1) % 4
    playback.seek(3.0)
    assert frames.get(timeout=TIMEOUT)[0] == 3.0
    playback.seek(0.5)
    time_, stamp = frames.get(timeout=TIMEOUT)
    assert time_ == 1.0
    before = playback.played_time
    time.sleep(0.2)
    assert frames.empty()
    assert playback.paused and playback.position == 1.0
    assert playback.played_time == before == stamp
    playback.resume()
    seen = [frames.get(timeout=TIMEOUT) for _ in range(5)]
    assert [at for at, _ in seen] == [2.0, 3.0, 0.0, 1.0, 2.0]
    assert [later for _, later in seen] == pytest.approx([stamp + n for n in range(1, 6)])
    assert playback.dropped == 0


def test_paused_at_the_end_it_can_still_go_back(in_thread):
    playback = Playback(grid(3), rate=SLOW)
    playback.pause()
    frames = in_thread(playback)
    for _ in range(5):  # more than there are
        playback.step()
    assert [frames.get(timeout=TIMEOUT)[0] for _ in range(3)] == [0, 0.01, 0.02]
    time.sleep(0.3)
    assert frames.empty()
    playback.seek(0.0)
    assert frames.get(timeout=TIMEOUT)[0] == 0
    playback.resume()
    assert [frames.get(timeout=TIMEOUT)[0] for _ in range(2)] == [0.01, 0.02]
    assert frames.get(timeout=TIMEOUT) is None


def test_seek_beyond_a_known_end_is_refused():
    with pytest.raises(StartError, match='7 s is beyond the end of clip, which is 0.5 s long'):
        Playback(grid(50)).seek(7.0)


def test_seek_beyond_an_unknown_end_is_logged_and_changes_nothing(in_thread, caplog):
    clip = grid(50)
    clip.length_is_known = False
    playback = Playback(clip, rate=SLOW)
    frames = in_thread(playback)
    frames.get(timeout=TIMEOUT)
    playback.seek(7.0)
    assert frames.get(timeout=TIMEOUT)[0] == 0.01
    assert '7 s is beyond the end of clip, which is 0.5 s long: playing goes on' in caplog.text


def test_seek_out_of_the_stretch_or_in_a_live_source_is_refused():
    with pytest.raises(StartError, match='5 s is not in what is played, 0.1 to 0.3 s'):
        Playback(grid(50), start=0.1, duration=0.2).seek(5.0)
    live = grid(50)
    live.seekable = False
    with pytest.raises(StartError, match='clip is live'):
        Playback(live).seek(0.1)
    with pytest.raises(StartError, match='clip is live, it cannot start at 0.1 s'):
        next(iter(Playback(live, start=0.1)))


def test_played_time_goes_on_between_frames_and_never_back(in_thread):
    playback = Playback(Clip([0.0, 0.5, 0.6], rate=10.0), loop=True)
    frames = in_thread(playback)
    frames.get(timeout=TIMEOUT)
    times, end = [], time.monotonic() + 1.5
    while time.monotonic() < end:
        times.append(playback.played_time)
        if len(times) == 20:
            playback.seek(0.0)
        time.sleep(0.01)
    assert times == sorted(times)
    steps = np.diff(times)
    assert np.count_nonzero(steps) > 50
    assert times[-1] > 0.7  # into the repetition
    times.clear()


def test_resumed_live_source_does_not_wait_for_the_time_it_stood(in_thread):
    live = Clip([0.0, 0.1, 100.0, 100.1], rate=10.0)
    live.seekable = False
    frames = in_thread(Playback(live))
    assert [frames.get(timeout=TIMEOUT)[0] for _ in range(4)] == live.times
