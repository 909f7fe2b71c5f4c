# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds a frozen file in a separate process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from crestereo_ros.freezing.cache import FrozenCache
from crestereo_ros.freezing.errors import FreezingError
from crestereo_ros.freezing.freeze import freeze, IDENTITY, Target
from crestereo_ros.models.checksums import digest_of
from crestereo_ros.processes import locked


class FreezeJob(NamedTuple):
    """
    A frozen file to build and put into a cache.

    `folder`: the folder of the cache. `model`: the path of the model. `digest`: the digest of the
    model when the file was requested.
    """

    folder: str
    model: str
    digest: str
    target: Target

    @classmethod
    def from_json(cls, text: str) -> FreezeJob:
        """Parse the job that a process received as JSON."""
        folder, model, digest, (sizes, *others) = json.loads(text)
        return cls(folder, model, digest, Target(tuple(map(tuple, sizes)), *others))

    def run(self, cache: FrozenCache) -> None:
        """
        Build the file, unless it is in the cache or another process puts it there meanwhile.

        :raises FreezingError: if the model cannot be frozen or has changed
        :raises OSError: if the cache or the model cannot be read or written
        """
        identity = cache.identity(self.digest, self.target)
        path = cache.path(identity)
        if path.exists():
            return
        with locked(cache.folder):
            if path.exists():
                return
            model = Path(self.model)
            if digest_of(model) != self.digest:
                raise FreezingError(f'{model} has changed since it was opened')
            cache.add(path, freeze(model, self.target, {IDENTITY: identity}))
