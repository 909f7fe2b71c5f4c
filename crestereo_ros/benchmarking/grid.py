# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings to measure: every combination that the models can run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
import itertools

from crestereo_ros.matching import (
    available_providers,
    SettingsError,
    StereoError,
    StereoMatcher,
)
from crestereo_ros.matching.resolution import FAST, IMAGE, parse_resolution
from crestereo_ros.models.contracts import ITERATIONS
from crestereo_ros.models.model_files import DEFAULT_MODEL, shipped_models

DEFAULT_RESOLUTIONS = (FAST, IMAGE)


@dataclass(frozen=True)
class Setting:
    """
    The parameters of one measurement, as for the depth node.

    `iterations` is the number that is run, 0 only for a file that does not say. `provider` is the
    one that really runs the model.
    """

    model: str
    iterations: int
    resolution: str
    provider: str
    threads: int

    def __str__(self) -> str:
        """Return the parameters as launch arguments."""
        text = f'model:={self.model} iterations:={self.iterations} resolution:={self.resolution}'
        if self.provider != 'cpu':
            text += f' provider:={self.provider}'
        return text + f' threads:={self.threads}' * bool(self.threads)


@dataclass(frozen=True)
class Job:
    """A setting, with the network's (height, width) for each pair."""

    setting: Setting
    sizes: tuple[tuple[int, int], ...]

    @property
    def work(self) -> int:
        """A measure of the network's work, to compare settings of one model."""
        return self.setting.iterations * sum(height * width for height, width in self.sizes)


@dataclass(frozen=True)
class Skip:
    """Settings that cannot be measured, and why."""

    reason: str


@dataclass(frozen=True)
class Grid:
    """
    The values to combine.

    Without `iterations`, each model runs half its default number, that number, and twice as many.
    """

    models: tuple[str, ...]
    iterations: tuple[int, ...]
    resolutions: tuple[str, ...]
    providers: tuple[str, ...]
    threads: tuple[int, ...]

    def jobs(self, shapes: Sequence[tuple[int, ...]]) -> Iterator[Job | Skip]:
        """
        Open the models and yield every setting once, or a `Skip` with the reason.

        :param shapes: the shapes of the images of each pair
        """
        seen = set()
        for job in self._combinations(shapes):
            # Words and fixed models may result in the same work.
            key = (
                job if isinstance(job, Skip) else (job.sizes, replace(job.setting, resolution=''))
            )
            if key not in seen:
                seen.add(key)
                yield job

    def _combinations(self, shapes: Sequence[tuple[int, ...]]) -> Iterator[Job | Skip]:
        for model, provider, threads in itertools.product(
            self.models, self.providers, self.threads
        ):
            try:
                matcher = StereoMatcher(model, provider, threads)
            except StereoError as error:
                yield Skip(str(error))
                continue
            name = matcher.provider if provider == 'auto' else provider
            for resolution in self.resolutions:
                asked = parse_resolution(resolution)
                for iterations in self.iterations or _own_iterations(matcher):
                    try:
                        resolved = [matcher.resolved(x, iterations, asked) for x in shapes]
                    except SettingsError as error:
                        yield Skip(str(error))
                        continue
                    count = resolved[0][0]
                    setting = Setting(matcher.model, count, resolution, name, threads)
                    yield Job(setting, tuple(size for _, size in resolved))


def default_models() -> list[str]:
    """
    Return the names of the included models, the default one first.

    Without a GPU, those in half precision are excluded: on a CPU they are only slower.
    """
    names = list(shipped_models())
    if not {'cuda', 'tensorrt'} & set(available_providers()):
        names = [name for name in names if not name.endswith('_fp16')]
    return sorted(names, key=lambda name: (name != DEFAULT_MODEL, name))


def _own_iterations(matcher: StereoMatcher) -> list[int]:
    if matcher.fixed_iterations is not None:
        return [matcher.fixed_iterations]
    own, _ = matcher.resolved((1, 1), resolution=IMAGE)
    return sorted({max(own // 2, ITERATIONS[0]), own, min(2 * own, ITERATIONS[-1])})
