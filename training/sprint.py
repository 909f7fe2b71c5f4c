# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Render and train at the same time, on a machine that is available for only a few minutes.

    python -m training.sprint --device cuda --minutes 9 --output out
    python -m training.sprint --device cpu --minutes 2 --processes 1 --pixels 122880

It works offline. All cores but one render a pool into a temporary folder. Training starts once
there are a few pairs. It saves a checkpoint to the output folder every minute, so that little is
lost if the machine goes away. Run it again with that checkpoint to continue.
"""

import argparse
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import time

from training.train import CHECKPOINTS, WIDTHS

POLL = 0.2  # seconds


def wait_for_pairs(
    folder: Path, count: int, rendering: subprocess.Popen[bytes], end: float
) -> None:
    """
    Wait until the pool has a number of pairs.

    :param rendering: the process that fills it
    :param end: deadline, by time.monotonic()
    :raises SystemExit: if rendering fails or time runs out
    """
    while len(list(folder.glob('*.npz'))) < count:
        if rendering.poll() is not None:
            raise SystemExit('rendering has ended; its own message is above')
        if time.monotonic() > end:
            raise SystemExit(f'there was no time to render {count} pairs: raise --minutes')
        time.sleep(POLL)


def main() -> None:
    """Render and train until the time is up."""
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--minutes', type=float, default=9, help='total duration')
    parser.add_argument('--widths', choices=WIDTHS, default='compact')
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--pixels', type=int, default=4_000_000, help='pixels of a batch')
    parser.add_argument('--rate', type=float, default=6e-4, help='peak learning rate')
    parser.add_argument(
        '--processes', type=int, help='rendering processes; default: all cores but one'
    )
    parser.add_argument(
        '--pairs', type=int, default=40, help='number of pairs to start training with'
    )
    parser.add_argument('--gigabytes', type=float, default=20, help='size of the pool')
    parser.add_argument(
        '--checkpoint', type=Path, help="to continue from; default: the repository's"
    )
    parser.add_argument('--output', type=Path, default=Path('sprint'), help='folder')
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    processes = arguments.processes or max(cores - 1, 1)
    # Separate processes crop the samples of large batches.
    workers = max(min(processes // 3, 8), 1) if arguments.device != 'cpu' else 0
    start = arguments.checkpoint or CHECKPOINTS / f'{arguments.widths}.pt'
    arguments.output.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.output / f'{arguments.widths}.pt'
    if start.exists() and start != checkpoint:
        shutil.copyfile(start, checkpoint)
    end = started + 60 * arguments.minutes
    with tempfile.TemporaryDirectory(prefix='pool_') as folder:
        command = [sys.executable, '-m', 'training.pool', folder, '--processes', str(processes)]
        command += ['--gigabytes', str(arguments.gigabytes)]
        # Always stop rendering, even after an error.
        with subprocess.Popen(command) as rendering:
            try:
                wait_for_pairs(Path(folder), arguments.pairs, rendering, end)
                command = [sys.executable, '-m', 'training.train', '--pool', folder]
                command += ['--widths', arguments.widths, '--device', arguments.device]
                command += ['--pixels', str(arguments.pixels), '--rate', str(arguments.rate)]
                command += ['--workers', str(workers), '--checkpoint', checkpoint]
                command += ['--log', arguments.output / f'{arguments.widths}.log']
                command += ['--minutes', str((end - time.monotonic()) / 60)]
                command += ['--bf16'] if arguments.device != 'cpu' else []
                subprocess.run(command, check=True)
            finally:
                rendering.terminate()


if __name__ == '__main__':
    main()
