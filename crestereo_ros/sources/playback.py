# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a source, each when it is due."""

from collections.abc import Iterator
import math
import threading
import time

from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource

RESPONSE = 0.1  # s; how soon a changed rate or a stop is taken up between two frames
LONGEST_SILENCE = 0.2  # s; a player that is always late still gives a frame as often as this


class Playback:
    """
    Play a source in time.

    Iterating gives each frame when it is due and sleeps until then. Time goes on whatever the
    taker of the frames does: a frame whose successor is due as well is dropped and counted. So is
    each that follows it, until time is caught up with; but one in a fifth of a second is given.

    `rate` (frames per second, 0: by the time that each frame has in its source), `loop` and
    the source's `swap` may be changed by another thread at any time.
    """

    def __init__(self, source: StereoSource, *, rate: float = 0.0, loop: bool = False):
        self.source = source
        self.rate = rate
        self.loop = loop
        self.played = 0
        self.dropped = 0
        self._stopped = threading.Event()

    def stop(self):
        """End the iteration, from any thread, within about a tenth of a second."""
        self._stopped.set()

    def __iter__(self) -> Iterator[StereoFrame]:
        due, rate, previous, given = time.monotonic(), self.rate, None, -math.inf
        for frame in self._frames():
            interval = 0.0
            if previous is not None:
                interval = self._interval(previous, frame)
                while (remaining := due + interval - time.monotonic()) > 0:
                    if self._stopped.wait(min(remaining, RESPONSE)):
                        return
                    interval = self._interval(previous, frame)
                due += interval
            if self._stopped.is_set():
                return
            now = time.monotonic()
            if rate != self.rate or previous is None or frame.time <= previous.time:
                # Time starts anew with a new rate, and with the first frame of each repetition:
                # how long opening took is no reason to drop the next ones.
                due, rate = now, self.rate
            previous = frame
            if now - due > interval and now - given < LONGEST_SILENCE:
                self.dropped += 1
                continue
            given = now
            self.played += 1
            yield frame

    def _frames(self) -> Iterator[StereoFrame]:
        yield from self.source
        while self.loop:
            yield from self.source

    def _interval(self, previous: StereoFrame, frame: StereoFrame) -> float:
        if self.rate > 0:
            return 1 / self.rate
        if frame.time > previous.time:
            return frame.time - previous.time
        return 1 / self.source.rate  # from the last frame to the first one of the repetition
