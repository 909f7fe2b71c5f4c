# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a worker does: the job of `crestereo depth` on a source, a span, or joined spans."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha256
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import cv2
import numpy as np

from crestereo_ros.atomic_write import write_atomically
from crestereo_ros.batch.manifest import Manifest
from crestereo_ros.batch.store import open_store
from crestereo_ros.batch.tasks import Span, Task
from crestereo_ros.commands.batch.results import (
    FILE_OUTPUTS,
    options_for,
    STORED,
    StoredFrames,
)
from crestereo_ros.commands.depth.command import make_job, open_matcher
from crestereo_ros.commands.depth.job import DepthJob
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs import Output
from crestereo_ros.commands.depth.outputs.files import FrameFiles
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.matching import Match
from crestereo_ros.models.model_files import cache_directory
from crestereo_ros.pictures import DisparityRange
from crestereo_ros.pipeline import DepthResult
from crestereo_ros.sources import StartError, StereoFrame, StereoSource
from crestereo_ros.validity import Checks


@dataclass(frozen=True)
class ModelFiles:
    """A model that travels with the work: its file, and what belongs to it beside it."""

    name: str
    contents: dict[str, bytes]

    @classmethod
    def of(cls, path: Path) -> ModelFiles:
        files = [path, *(x for x in sorted(path.parent.glob(f'{path.stem}.*')) if x != path)]
        return cls(path.name, {file.name: file.read_bytes() for file in files if file.is_file()})

    def unpack(self) -> Path:
        """Return the path of the file in the user's cache, where it is put if it is missing."""
        digest = sha256(b''.join(self.contents.values())).hexdigest()[:16]
        folder = cache_directory('batch') / digest
        for name, content in self.contents.items():
            if not (folder / name).exists():
                write_atomically(folder / name, content)
        return folder / self.name


@dataclass(frozen=True)
class WorkSettings:
    """
    What every worker knows.

    `options`: of the command. `outputs`: their names. `store`: where results go. `model`: None
    for the one that the options name.
    """

    options: argparse.Namespace
    outputs: tuple[str, ...]
    store: str
    model: ModelFiles | None = None


def frames_of(source: StereoSource, span: Span | None) -> Iterator[StereoFrame]:
    """Yield the frames of a span; none if the source ends earlier than it announced."""
    if span is None:
        yield from source
        return
    try:
        for frame in source.frames(span.start_time):
            if frame.time >= span.end_time:
                return
            if frame.time >= span.start_time:
                yield frame
    except StartError:
        return


class DepthWork:
    """Does tasks with one model, which stays loaded."""

    def __init__(self, settings: WorkSettings) -> None:
        """
        Load the model.

        :raises CrestereoError: if it or the store cannot be used
        """
        options = argparse.Namespace(**vars(settings.options))
        if settings.model:
            options.model = str(settings.model.unpack())
        self._options = options
        cv2.setNumThreads(options.threads)
        self._outputs = tuple(x for x in FILE_OUTPUTS if x.name in settings.outputs)
        self._store = open_store(settings.store)
        self._matcher = open_matcher(options)
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
            outputs.append(StoredFrames(options))
        job = make_job(options, outputs, self._matcher)
        if task.span and task.span.first:
            job = replace(job, checks_views=False)  # the first span has looked
        return write(job.results(frames_of(job.source, task.span)), outputs, report)

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


@dataclass(frozen=True, eq=False)
class StoredResult(DepthResult):
    """A result whose confidence was computed before, and cannot be from its disparity alone."""

    confidence: np.ndarray = field(kw_only=True)


def stored_results(job: DepthJob, stored: Path) -> Iterator[MatchedFrame]:
    """Yield the results of a job whose frames were stored, as if they were matched."""
    settings = replace(job.pipeline.settings, checks=Checks(*[False] * 4), refine='off')
    colors = DisparityRange()
    for index, (frame, pair) in enumerate(job.pairs()):
        disparity, confidence = StoredFrames.load(stored, index)
        match = Match(disparity, disparity, None, 0, (1, 1), 0.0, '')
        calibration = job.pipeline.calibration_of(pair)
        result = StoredResult(
            pair, match, settings, calibration, colors=colors, confidence=confidence
        )
        yield MatchedFrame(index, frame.time, frame.stamp, result)
