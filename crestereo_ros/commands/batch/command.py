# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parser of `crestereo batch`, and its way from a plan to results."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from dataclasses import replace
import os
import sys
from threading import Event
from time import monotonic

from crestereo_ros.batch.entries import absolute, entries_of, SourceEntry
from crestereo_ros.batch.manifest import as_plain, input_state, Origin
from crestereo_ros.batch.plan import Inspection, make_plan, Plan, State
from crestereo_ros.batch.process_pool import ProcessPool
from crestereo_ros.batch.ray_pool import AUTO, RayPool
from crestereo_ros.batch.run import Outcome, run_plan
from crestereo_ros.batch.store import ERRORS, open_store, Store
from crestereo_ros.batch.tasks import Executor, spans_of
from crestereo_ros.commands.batch.progress import JsonEvents, Lines, Progress, write_event
from crestereo_ros.commands.batch.results import BYTES_PER_PIXEL, FILE_OUTPUTS, options_for
from crestereo_ros.commands.batch.work import ModelFiles, WorkSettings
from crestereo_ros.commands.depth.command import (
    add_options,
    DEFAULTS,
    open_options,
    PARAMETERS,
)
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.interruption import interruption
from crestereo_ros.commands.log_warnings import log_warnings
from crestereo_ros.commands.native_stderr import silence_native_stderr
from crestereo_ros.commands.option_values import in_range
from crestereo_ros.commands.parameter_options import values_of
from crestereo_ros.models.description_files import identity_of
from crestereo_ros.models.model_files import find_model
from crestereo_ros.pipeline import DepthSettings
from crestereo_ros.providers.opening import available_providers
from crestereo_ros.sources import StereoSource
from crestereo_ros.sources.bag import Bag

WORK = 'crestereo_ros.commands.batch.work:DepthWork'
ON_GPU = 'cuda', 'tensorrt', 'tensorrt_rtx'
PER_GPU = 2  # processes: one reads and writes while the other computes
BAG_SPANS = 8  # a bag is read from its beginning for each span of it
SHOWN = 5  # sources of a kind that the plan names
# Where a result is computed changes no more than the last digits.
NO_SETTINGS = 'model', 'provider', 'device', 'threads'


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'batch',
        description='Do what `crestereo depth` does for many sources: on all cores of this '
        'machine, or with --ray on a cluster. Each source gets a folder of its own, with a '
        'manifest.json when it is complete. Run it again to go on where it was interrupted.',
    )
    parser.add_argument(
        'sources',
        metavar='SOURCE',
        nargs='+',
        help='a source with both views; LEFT,RIGHT; a pattern of either in quotes, in which each '
        'match is a source; a folder that is searched for bags, videos, and left and right; or a '
        'list: .txt with LEFT RIGHT in each line, .csv with the columns left, right, calibration '
        '(FILE or LEFT;RIGHT), name; - reads a list from stdin',
    )
    parser.add_argument(
        '--output',
        required=True,
        metavar='DIR',
        help='folder for the results, or an address of fsspec, such as s3://bucket/folder',
    )
    for output in FILE_OUTPUTS:
        parser.add_argument(
            f'--{output.name}', action='store_true', help=f'write what depth --{output.name} does'
        )
    parser.add_argument('--dry-run', action='store_true', help='print the plan, and end there')
    parser.add_argument(
        '--redo', action='store_true', help='do again what was made of other input or otherwise'
    )
    parser.add_argument(
        '--processes',
        type=in_range(int, 1),
        metavar='NUMBER',
        help='workers on this machine (default: the number of cores over --threads; 2 on a GPU)',
    )
    parser.add_argument(
        '--ray',
        nargs='?',
        const=AUTO,
        metavar='ADDRESS',
        help='work on a cluster of Ray: that of an address, such as ray://head:10001, or local '
        'for a new one on this machine; without an address, the one that this machine belongs '
        'to, or else a new one',
    )
    parser.add_argument(
        '--gpus',
        type=gpus,
        metavar='NUMBER',
        help='GPUs that a task on the cluster needs, 0.5 for half of one (default: 1 with '
        '--provider cuda, tensorrt or tensorrt_rtx, or if ONNX Runtime here has CUDA; else 0)',
    )
    parser.add_argument(
        '--span',
        type=in_range(int, 1),
        default=100,
        metavar='FRAMES',
        help='split recordings that are longer into parts that are done at a time and joined at '
        'the end (default: 100); not with --temporal, nor if the views are aligned',
    )
    parser.add_argument(
        '--json', action='store_true', help='print events as lines of JSON in place of texts'
    )
    add_options(parser, {**DEFAULTS, 'threads': '1 for each worker'})
    parser.set_defaults(run=run)


def gpus(text: str) -> float:
    """Read a number of GPUs: a share of one, or whole ones."""
    number = in_range(float, 0)(text)
    if number > 1 and not number.is_integer():
        raise argparse.ArgumentTypeError(
            f'{text} is neither a share of one GPU nor a whole number'
        )
    return number


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :returns: the exit code: 0, or 1 if a source failed or was left
    :raises CrestereoError: if the batch cannot be done at all
    """
    with log_warnings('crestereo batch'), interruption() as interrupted:
        options.threads = options.threads or 1
        if options.calibration:
            options.calibration = [absolute(file) for file in options.calibration]
        if options.gpus is not None and not options.ray:
            raise CommandError('--gpus is for clusters: name one by --ray, or leave it out')
        if options.processes and options.ray:
            raise CommandError('--processes is for this machine alone: leave it or --ray out')
        outputs = tuple(x.name for x in FILE_OUTPUTS if getattr(options, x.name))
        if not outputs:
            names = ', '.join(f'--{x.name}' for x in FILE_OUTPUTS)
            raise CommandError(f'there is nothing to write: choose from {names}')
        DepthSettings.of(values_of(options, PARAMETERS))
        store = open_store(options.output)
        # A dry run writes nothing, so it may look at what another batch holds.
        with nullcontext() if options.dry_run else store.held():
            plan = planned(options, outputs, store, interrupted)
            if interrupted.is_set():
                return 1
            show_plan(plan, options, outputs, store)
            if options.dry_run:
                return 0
            progress: Progress = (
                JsonEvents(plan.frames, sys.stdout)
                if options.json
                else Lines(plan.frames, sys.stderr)
            )
            begin = monotonic()
            try:
                outcome = work(plan, options, outputs, store, progress, interrupted)
            finally:
                progress.close()
            try:
                store.write_errors(outcome.errors)
            except OSError as error:  # the disk may be full, which is said below
                progress.warned('', f'{ERRORS} cannot be written: {error}')
        show_outcome(outcome, plan, options, monotonic() - begin)
        return 1 if outcome.failed or outcome.left else 0


def work(
    plan: Plan,
    options: argparse.Namespace,
    outputs: tuple[str, ...],
    store: Store,
    progress: Progress,
    interrupted: Event,
) -> Outcome:
    settings = WorkSettings(options, outputs, store.text)
    tasks = sum(max(1, len(source.spans)) for source in plan.due)
    with executor_for(options, settings, tasks) as executor:
        return run_plan(plan, store, executor, progress, interrupted)


def executor_for(options: argparse.Namespace, settings: WorkSettings, tasks: int) -> Executor:
    if options.ray and tasks:
        settings = replace(settings, model=ModelFiles.of(find_model(options.model)))
        share = float(on_gpu(options)) if options.gpus is None else options.gpus
        return RayPool(WORK, settings, options.ray, options.threads, share)
    processes = options.processes or processes_for(options)
    return ProcessPool(WORK, settings, min(processes, tasks))


def on_gpu(options: argparse.Namespace) -> bool:
    """Return whether the network runs on a GPU, as far as this machine knows."""
    return options.provider in ON_GPU or (
        options.provider == 'auto' and 'cuda' in available_providers()
    )


def processes_for(options: argparse.Namespace) -> int:
    # `webgpu` is not in ON_GPU because Ray counts only the GPUs of NVIDIA.
    if on_gpu(options) or options.provider == 'webgpu':
        return PER_GPU
    return max(1, len(os.sched_getaffinity(0)) // options.threads)


def planned(
    options: argparse.Namespace, outputs: tuple[str, ...], store: Store, interrupted: Event
) -> Plan:
    model = identity_of(find_model(options.model))
    settings = {name: getattr(options, name) for name in settings_names() if name != 'calibration'}
    settings = as_plain({**settings, 'outputs': list(outputs)})
    kinds = [output for output in FILE_OUTPUTS if output.name in outputs]

    def origin_of(entry: SourceEntry) -> Origin:
        values = options_for(options, entry)
        inputs = [entry.left, *filter(None, [entry.right]), *(values.calibration or ())]
        return Origin([input_state(each) for each in inputs], model, settings)

    def inspect(entry: SourceEntry) -> Inspection:
        values = options_for(options, entry)
        opened = open_options(values, kinds)
        source = opened.source
        height, width = next(iter(source)).left.shape[:2]
        splits = not (options.temporal or opened.aligns(values)) and source.splittable
        frames = source.length or 0
        spans = spans_of(frames, source.rate, longest_span(source, options.span)) if splits else ()
        return Inspection(frames, height * width, spans)

    entries = entries_of(options.sources)
    # Around all of it: it cannot be done by several threads.
    with silence_native_stderr():
        return make_plan(entries, store, origin_of, inspect, options.redo, interrupted)


def settings_names() -> list[str]:
    """Return the names of the options that results depend on."""
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser, {})
    return [name for name in vars(parser.parse_args([])) if name not in NO_SETTINGS]


def longest_span(source: StereoSource, frames: int) -> int:
    if isinstance(source, Bag) and source.length:
        return max(frames, -(-source.length // BAG_SPANS))
    return frames


def show_plan(
    plan: Plan, options: argparse.Namespace, outputs: tuple[str, ...], store: Store
) -> None:
    counts = plan.counts()
    pixels = sum(max(1, source.frames) * source.pixels for source in plan.due)
    needed = round(pixels * sum(BYTES_PER_PIXEL[name] for name in outputs))
    free = store.free()
    unknown = sum(not source.frames for source in plan.due)
    if options.json:
        write_event(
            sys.stdout,
            'plan',
            sources={state.name.lower(): counts.get(state, 0) for state in State},
            frames=plan.frames,
            outputs=outputs,
            bytes=needed,
            free=free,
        )
    else:
        states = ', '.join(f'{counts[state]} {state.value}' for state in State if counts[state])
        print(f'{len(plan.sources)} sources: {states}')
        for state in State:
            chosen = [source for source in plan.sources if source.state is state and source.reason]
            for source in chosen[:SHOWN]:
                print(f'  {source.entry.name}: {source.state.value}: {source.reason}')
            if len(chosen) > SHOWN:
                print(f'  and {len(chosen) - SHOWN} more: {state.value}')
        at_least = 'at least ' if unknown else ''
        split = sum(bool(source.spans) for source in plan.due)
        parts = f'; {split} recordings in parts' if split else ''
        room = '' if free is None else f', {amount(free)} free'
        print(f'{at_least}{plan.frames} frames{parts}; {", ".join(outputs)} into {store.text}')
        print(f'{at_least}about {amount(needed)} to write{room}', flush=True)
    if free is not None and needed > free:
        print(
            f'crestereo batch: {store.text} has {amount(free)} free, and the results may need '
            f'{amount(needed)}: what does not fit is left, and can be done later',
            file=sys.stderr,
        )


def show_outcome(
    outcome: Outcome, plan: Plan, options: argparse.Namespace, seconds: float
) -> None:
    if options.json:
        write_event(
            sys.stdout,
            'end',
            done=outcome.done,
            failed=outcome.failed,
            left=outcome.left,
            full=outcome.is_full,
            seconds=round(seconds, 3),
        )
    else:
        failed = f', {outcome.failed} failed (see {ERRORS})' if outcome.failed else ''
        left = f', {outcome.left} left: run it again to go on' if outcome.left else ''
        print(f'{outcome.done} sources done in {seconds:.1f} s{failed}{left}', flush=True)
    if outcome.is_full:
        print(f'crestereo batch: {options.output} is full: make room', file=sys.stderr)


def amount(size: float) -> str:
    """Return a number of bytes in words."""
    units = ['bytes', 'kB', 'MB', 'GB', 'TB']
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f'{size:.3g} {units[0]}'
