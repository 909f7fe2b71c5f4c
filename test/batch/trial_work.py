# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Work that needs no network, whose tasks do what their names say."""

import logging
import os
from pathlib import Path
import signal
import time

from crestereo_ros.batch.manifest import Manifest
from crestereo_ros.errors import CrestereoError


class Work:
    """Logs who does a task: a line with its process and its parent, the node on a cluster."""

    provider = 'cpu'

    def __init__(self, settings):
        if settings == 'unusable':
            raise CrestereoError('there is no model: name one')
        if settings == 'crash':
            os.kill(os.getpid(), signal.SIGSEGV)
        self.folder = Path(settings)

    def run(self, task, report):
        name = task.entry.left
        log = self.folder / name
        with log.open('a') as file:
            file.write(f'{os.getpid()} {os.getppid()} {os.environ.get("CUDA_VISIBLE_DEVICES")}\n')
        tries = len(log.read_text().splitlines())
        if name.startswith('die') and tries <= int(name[3:]):
            os.kill(os.getpid(), signal.SIGKILL)
        if name == 'wrong':
            raise CrestereoError('it is wrong: mend it')
        if name == 'bug':
            raise ZeroDivisionError('once')
        if name == 'full':
            raise OSError(28, 'No space left on device')
        if name == 'warn':
            logging.getLogger('crestereo_ros.x').warning('take care')
        if name == 'long':
            time.sleep(600)
        while name.startswith('meet') and len(list(self.folder.glob('meet*'))) < 2:
            time.sleep(0.02)
        report(task.frames)
        return Manifest(task.origin, task.frames, 0.0, 'cpu')
