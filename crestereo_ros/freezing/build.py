# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds a frozen file in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
from typing import NamedTuple

from crestereo_ros.freezing.cache import digest_of, FrozenCache
from crestereo_ros.freezing.errors import FreezingError
from crestereo_ros.freezing.freeze import freeze, IDENTITY, Target
from crestereo_ros.processes import failure_of, start_module


class Order(NamedTuple):
    """
    A frozen file that a cache is to have.

    `folder`: of the cache. `model`: path of the model. `digest`: of the model, as it was when the
    file was asked for.
    """

    folder: str
    model: str
    digest: str
    target: Target

    @classmethod
    def of(cls, text: str) -> Order:
        """Read what `start` writes."""
        folder, model, digest, (sizes, *others) = json.loads(text)
        return cls(folder, model, digest, Target(tuple(map(tuple, sizes)), *others))

    def start(self) -> subprocess.Popen[str]:
        """Start a process that carries it out; `result_of` tells how that went."""
        return start_module('crestereo_ros.freezing', self)

    def carry_out(self, cache: FrozenCache) -> None:
        """
        Build the file, unless the cache has it, or has it once another process is done.

        :raises FreezingError: where the model cannot be frozen, or is not what it was
        :raises OSError: where the cache or the model cannot be read or written
        """
        identity = cache.identity(self.digest, self.target)
        path = cache.path(identity)
        if path.exists():
            return
        with cache.locked():
            if path.exists():
                return
            model = Path(self.model)
            if digest_of(model) != self.digest:
                raise FreezingError(f'{model} has changed since it was opened')
            cache.add(path, freeze(model, self.target, {IDENTITY: identity}))


def result_of(process: subprocess.Popen[str]) -> None:
    """
    Wait for a process of `Order.start`.

    :raises FreezingError: where it failed
    """
    if failure := failure_of(process):
        raise FreezingError(failure)
