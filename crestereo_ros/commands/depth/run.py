# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One run over a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
import math
import sys
from time import monotonic, sleep

from crestereo_ros.commands.background import in_background
from crestereo_ros.commands.depth.job import DepthJob
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs import Output, View
from crestereo_ros.commands.depth.summary import Summary
from crestereo_ros.commands.interruption import interruption
from crestereo_ros.commands.progress import FRAMES, progress_bar
from crestereo_ros.commands.window import POLL


def run_job(job: DepthJob, outputs: Sequence[Output]) -> None:
    """
    Match every frame, give the results to the outputs, and print a summary.

    SIGINT, and the end of a view, end the work; what was done by then is kept. Views that stay
    after the last result are waited for.

    :raises KeyboardInterrupt: at the end, after SIGINT
    """
    views = [output for output in outputs if isinstance(output, View)]
    with interruption() as interrupted, ExitStack() as shown:
        for view in views:
            shown.enter_context(view)
        summary = Summary(job, outputs)
        complete = False
        with ExitStack() as files:
            for output in outputs:
                if output not in views:
                    files.enter_context(output)
            report = files.enter_context(progress_bar('depth', sys.stderr, FRAMES))
            results = job.results()
            if any(view.is_live for view in views):
                results = paced(results)
            for result in in_background(results, POLL):
                if interrupted.is_set() or any(view.ended() for view in views):
                    # It would compete with finishing the files for the CPU.
                    job.pipeline.matcher.cancel()
                    break
                if result:
                    for output in outputs:
                        output.write(result)
                    summary.add(result)
                    report(summary.frames, job.source.length)
            else:
                complete = True
        summary.print(complete)
        views = [view for view in views if complete and view.stays]
        while views and not interrupted.is_set():
            sleep(POLL)
            views = [view for view in views if not view.ended()]


def paced(results: Iterable[MatchedFrame]) -> Iterator[MatchedFrame]:
    """Yield results no faster than the frames were taken."""
    shown, time = -math.inf, 0.0
    for result in results:
        sleep(max(0.0, shown + result.time - time - monotonic()))
        shown, time = monotonic(), result.time
        yield result
