# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a source, each when it is due."""

from collections.abc import Iterator
from enum import Enum
import logging
import math
import threading
import time

from crestereo_ros.sources.errors import StartError
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource

RESPONSE = 0.1  # s; how soon a changed rate is taken up between two frames
PRECISION = 1e-3  # s; to which times in videos are known
INEXACT_LENGTH = 1.0  # s; by how much more than its header says a video may have
LONGEST_SILENCE = 0.2  # s; a player that is always late still gives a frame as often as this

logger = logging.getLogger(__name__)


class Wake(Enum):
    """Why waiting for a frame ended."""

    DUE = 'due'
    STEP = 'step'
    SEEK = 'seek'
    STOP = 'stop'


class Playback:
    """
    Play a source in time.

    Iterating gives each frame when it is due and sleeps until then. Time goes on whatever the
    taker of the frames does: a frame whose successor is due as well is dropped and counted. So is
    each that follows it, until time is caught up with; but one in a fifth of a second is given.

    All methods may be called, and `rate` (frames per second, 0: by the time that each frame has
    in its source) and `loop` be changed, by another thread at any time. While it is paused it
    goes on waiting at the end of the source.

    Besides the time in the source there is the time that was played, `played_time`: it begins
    with the time of the first frame, grows by what the source's time grows by, goes on over
    repetitions and jumps back, runs slower or faster than the clock with `rate`, and stands still
    while paused.
    """

    def __init__(
        self,
        source: StereoSource,
        *,
        rate: float = 0.0,
        loop: bool = False,
        start: float = 0.0,
        duration: float = 0.0,
    ) -> None:
        """
        Play nothing yet.

        :param start: seconds from the first frame of the source at which it starts
        :param duration: seconds after which it ends, or is repeated; 0: at the source's end
        """
        self.source = source
        self.rate = rate
        self.loop = loop
        self.start = start
        self.duration = duration
        self.played = 0
        self.dropped = 0
        #: Time in the source, in seconds, of the frame that was given last.
        self.position = start
        #: Played time, in seconds, of the frame that was given last.
        self.stamp = start
        self._changed = threading.Condition()
        self._stopped = False
        self._paused_at: float | None = None
        self._steps = 0
        self._target: float | None = None
        self._due = 0.0  # when, by time.monotonic, the last frame was
        self._span = (math.inf, start)  # seconds to the next frame and its played time
        self._offset: float | None = None  # played time less the time in the source
        self._latest = start  # played time that was returned last

    @property
    def paused(self) -> bool:
        return self._paused_at is not None

    @property
    def played_time(self) -> float:
        """Played time, in seconds, between two frames as well."""
        with self._changed:
            now = time.monotonic() if self._paused_at is None else self._paused_at
            interval, successor = self._span
            passed = min(max(0.0, (now - self._due) / interval), 1.0) if interval > 0 else 0.0
            # With a rate that was lowered meanwhile it stands still rather than going back.
            self._latest = max(self._latest, self.stamp + passed * (successor - self.stamp))
            return self._latest

    def stop(self) -> None:
        """End the iteration at once."""
        self._change(_stopped=True)

    def pause(self) -> None:
        """Stand still after the frame that was given last."""
        with self._changed:
            if self._paused_at is None:
                self._paused_at = time.monotonic()
                self._changed.notify_all()

    def resume(self) -> None:
        """Go on where it stands."""
        with self._changed:
            if self._paused_at is not None:
                self._due += time.monotonic() - self._paused_at
                self._paused_at, self._steps = None, 0
                self._changed.notify_all()

    def step(self) -> None:
        """Give the next frame, of a playback that is paused, and stand still again."""
        with self._changed:
            if self._paused_at is not None:
                self._steps += 1
                self._changed.notify_all()

    def seek(self, position: float) -> None:
        """
        Go on at the first frame that is not before a time, and give it at once, paused or not.

        :param position: in seconds from the first frame of the source. If it turns out that
            there is nothing, that is logged, and the playback goes on where it is.
        :raises StartError: when the source cannot be sought at all, or the time is not in the
            part of it that is played, or beyond its end as far as that is known
        """
        if not self.source.seekable:
            raise StartError(f'{self.source.name} is live: there is nothing but its present')
        if not self.start <= position < self._end:
            raise StartError(
                f'{position:g} s is not in what is played, {self.start:g} to {self._end:g} s'
            )
        length = self.source.duration if self.source.length_is_known else None
        if length and position >= length + INEXACT_LENGTH:
            raise StartError(
                f'{position:g} s is beyond the end of {self.source.name}, which is {length:.4g} s '
                'long'
            )
        self._change(_target=position)

    def start_anew(self) -> None:
        """Have time begin with the frame that was given last: nothing after it is late."""
        with self._changed:
            self._due = time.monotonic()
            if self._paused_at is not None:
                self._paused_at = self._due

    def _change(self, **attributes: object) -> None:
        with self._changed:
            for name, value in attributes.items():
                setattr(self, name, value)
            self._changed.notify_all()

    @property
    def _end(self) -> float:
        return self.start + self.duration if self.duration > 0 else math.inf

    def __iter__(self) -> Iterator[StereoFrame]:
        frames = self._frames(self.start)
        frame: StereoFrame | None = next(frames)
        previous, rate, given = None, self.rate, -math.inf
        while True:
            if frame is None and self.loop:
                frames = self._frames(self.start)
                frame = next(frames)
            if frame is None and not self.paused and self._target is None:
                return
            wake = self._wait(previous, frame)
            if wake is Wake.STOP:
                return
            if wake is Wake.SEEK:
                sought = self._seek_frames()
                if sought is None:
                    continue
                frame, frames = sought
                previous = None
            elif frame is None:
                continue
            now = time.monotonic()
            interval = self._interval(previous, frame)
            # Time restarts with a new rate, and with the first frame of each repetition: otherwise
            # the frames after a slow opening would be dropped. A live source has its own time.
            anew = (
                wake is not Wake.DUE
                or rate != self.rate
                or previous is None
                or frame.time <= previous.time
                or (self.rate <= 0 and not self.source.seekable)
            )
            with self._changed:
                self._due = now if anew else self._due + interval
                self.stamp = self._stamp_of(frame)
                self._offset = self.stamp - frame.time
                self._span = (math.inf, self.stamp)
                if self._paused_at is not None:
                    self._paused_at = now
            previous, rate = frame, self.rate
            if now - self._due > interval and now - given < LONGEST_SILENCE:
                self.dropped += 1
            else:
                given = now
                self.played += 1
                self.position = frame.time
                yield frame
            frame = next(frames, None)

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        yield from self._stretch(start)
        while self.loop:
            yield from self._stretch(self.start)

    def _stretch(self, start: float) -> Iterator[StereoFrame]:
        given = False
        for frame in self.source.frames(start):
            if given and frame.time >= self._end - PRECISION:
                return
            given = True
            yield frame

    def _seek_frames(self) -> tuple[StereoFrame, Iterator[StereoFrame]] | None:
        """Return the frame that is sought and those that follow it, None if there is none."""
        with self._changed:
            target, self._target = self._target or 0.0, None
        frames = self._frames(target)
        try:
            frame = next(frames)
        except StartError as error:
            logger.warning(f'{error}: playing goes on where it was')
            return None
        stamp = self.played_time
        with self._changed:
            self.stamp, self._span = stamp, (math.inf, stamp)
        return frame, frames

    def _wait(self, previous: StereoFrame | None, frame: StereoFrame | None) -> Wake:
        """Wait until the frame that follows the previous one is due, or something else is."""
        with self._changed:
            while True:
                if self._stopped:
                    return Wake.STOP
                if self._target is not None:
                    return Wake.SEEK
                if frame is None:
                    self._steps = 0
                    self._changed.wait(RESPONSE)
                    return Wake.DUE
                if self._steps:
                    self._steps -= 1
                    return Wake.STEP
                interval = self._interval(previous, frame)
                if previous is not None:
                    self._span = (interval, self._stamp_of(frame))
                if self._paused_at is not None:
                    self._changed.wait(RESPONSE)
                    continue
                remaining = self._due + interval - time.monotonic()
                if previous is None or remaining <= 0:
                    return Wake.DUE
                self._changed.wait(min(remaining, RESPONSE))

    def _interval(self, previous: StereoFrame | None, frame: StereoFrame) -> float:
        if previous is None:
            return 0.0
        if self.rate > 0:
            return 1 / self.rate
        if not self.source.seekable:
            return 0.0  # a camera gives its frames when they are due
        if frame.time > previous.time:
            return frame.time - previous.time
        return 1 / self.source.rate  # from the last frame to the first one of the repetition

    def _stamp_of(self, frame: StereoFrame) -> float:
        """Return the played time of the frame that comes next; it grows with every frame."""
        if self._offset is None:
            return frame.time
        stamp = self._offset + frame.time
        return stamp if stamp > self.stamp else self.stamp + 1 / self.source.rate
