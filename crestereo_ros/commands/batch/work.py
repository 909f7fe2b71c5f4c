# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a worker does: the job of `crestereo depth` on a source, a span, or joined spans."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import cv2

from crestereo_ros.batch.manifest import Manifest
from crestereo_ros.batch.store import open_store
from crestereo_ros.batch.tasks import Span, Task
from crestereo_ros.commands.batch.results import (
    FILE_OUTPUTS,
    options_for,
    STORED,
    StoredDisparities,
)
from crestereo_ros.commands.depth.command import make_job, open_matcher
from crestereo_ros.commands.depth.job import DepthJob
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs import Output
from crestereo_ros.commands.depth.outputs.files import FrameFiles
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.matching import Match
from crestereo_ros.pictures import DisparityRange
from crestereo_ros.pipeline import DepthResult
from crestereo_ros.sources import StartError, StereoFrame, StereoSource
from crestereo_ros.validity import Checks


@dataclass(frozen=True)
class WorkSettings:
    """
    What every worker knows.

    `options`: of the command. `outputs`: their names. `store`: where results go.
    """

    options: argparse.Namespace
    outputs: tuple[str, ...]
    store: str


class SpanOfSource(StereoSource):
    """The frames of a span of a source; maybe none, if it ends earlier than it announced."""

    def __init__(self, source: StereoSource, span: Span) -> None:
        self.name, self.rate, self.length = source.name, source.rate, None
        self._source, self._span = source, span

    def frames(self, start: float = 0.0) -> Iterator[StereoFrame]:
        try:
            yield from self._frames(start)
        except StartError:
            return

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        for frame in self._source.frames(max(start, self._span.start_time)):
            if frame.time >= self._span.end_time:
                return
            if frame.time >= self._span.start_time:
                yield frame


class DepthWork:
    """Does tasks with one model, which stays loaded."""

    def __init__(self, settings: WorkSettings) -> None:
        """
        Load the model.

        :raises CrestereoError: if it or the store cannot be used
        """
        self._options = settings.options
        cv2.setNumThreads(settings.options.threads)
        self._outputs = tuple(x for x in FILE_OUTPUTS if x.name in settings.outputs)
        self._store = open_store(settings.store)
        self._matcher = open_matcher(settings.options)
        self.provider = self._matcher.provider

    def run(self, task: Task, report: Callable[[int], None]) -> Manifest:
        begin = monotonic()
        name = task.entry.name
        with self._store.scratch() as folder:
            if task.spans:
                frames, seconds = self._join(task, folder)
            else:
                frames, seconds = self._match(task, folder, report), 0.0
            manifest = Manifest(
                task.origin, frames, round(seconds + monotonic() - begin, 3), self.provider
            )
            if task.span:
                self._store.keep_part(folder, name, task.span.name, manifest)
            else:
                self._store.publish(folder, name, manifest)
        if task.spans:
            self._store.drop_parts(name)
        return manifest

    def _match(self, task: Task, folder: Path, report: Callable[[int], None]) -> int:
        """Match a source or a span, write what came of it, and return the number of frames."""
        chosen = self._outputs
        if task.span:  # what is made of all frames in their order is made when they are joined
            chosen = tuple(x for x in chosen if issubclass(x, FrameFiles))
        is_one = not task.span and task.frames == 1
        options = options_for(self._options, task.entry, chosen, folder, is_one)
        outputs: list[Output] = [output(options) for output in chosen]
        if len(chosen) < len(self._outputs):
            setattr(options, STORED, folder / STORED)
            outputs.append(StoredDisparities(options))
        job = make_job(options, outputs, self._matcher)
        if task.span:
            job = replace(job, source=SpanOfSource(job.source, task.span))
        return write(job.results(), outputs, report)

    def _join(self, task: Task, folder: Path) -> tuple[int, float]:
        """Join the spans of a recording; return the number of frames and the seconds they took."""
        frames, seconds = 0, 0.0
        with TemporaryDirectory(dir=folder.parent, prefix='parts-') as parts:
            for span in task.spans:
                part = Path(parts) / span.name
                manifest = self._store.part_manifest(task.entry.name, span.name)
                if manifest is None:
                    raise CommandError(f'{task.entry}: the part {span.name} is gone: run it again')
                self._store.fetch_part(task.entry.name, span.name, part)
                for kind in filter(Path.is_dir, part.iterdir()):
                    for index, file in enumerate(sorted(kind.iterdir()), frames):
                        place = folder / kind.name / f'{index:06d}{file.suffix}'
                        place.parent.mkdir(exist_ok=True)
                        os.replace(file, place)
                frames, seconds = frames + manifest.frames, seconds + manifest.seconds
            if not frames:
                raise CommandError(f'{task.entry} has no frame any more: it has changed')
            if (folder / STORED).is_dir():
                stored = (folder / STORED).rename(Path(parts) / STORED)
                self._write_whole(task, folder, stored)
        return frames, seconds

    def _write_whole(self, task: Task, folder: Path, stored: Path) -> None:
        """Write what is made of all frames of a recording in their order."""
        chosen = tuple(x for x in self._outputs if not issubclass(x, FrameFiles))
        options = options_for(self._options, task.entry, chosen, folder)
        outputs = [output(options) for output in chosen]
        write(stored_results(make_job(options, outputs, self._matcher), stored), outputs)


def write(
    results: Iterator[MatchedFrame],
    outputs: list[Output],
    report: Callable[[int], None] = lambda _: None,
) -> int:
    """Give results to outputs, and return how many there were."""
    count = 0
    with ExitStack() as files:
        for output in outputs:
            files.enter_context(output)
        for result in results:
            for output in outputs:
                output.write(result)
            count += 1
            report(1)
    return count


def stored_results(job: DepthJob, stored: Path) -> Iterator[MatchedFrame]:
    """Yield the results of a job whose disparities were stored, as if they were matched."""
    settings = replace(job.pipeline.settings, checks=Checks(*[False] * 4), refine='off')
    colors = DisparityRange()
    for index, (frame, pair) in enumerate(job.pairs()):
        disparity = StoredDisparities.load(stored, index)
        match = Match(disparity, disparity, None, 0, (1, 1), 0.0, '')
        calibration = job.pipeline.calibration_of(pair)
        result = DepthResult(pair, match, settings, calibration, colors=colors)
        yield MatchedFrame(index, frame.time, frame.stamp, result)
