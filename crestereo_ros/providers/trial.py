# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checks once for each machine whether a provider computes what the CPU computes."""

from __future__ import annotations

from contextlib import suppress
import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from crestereo_ros.atomic_write import write_atomically
from crestereo_ros.models.checksums import digest_of
from crestereo_ros.models.contracts import Contract
from crestereo_ros.models.model_files import cache_directory
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.errors import ProviderError
from crestereo_ros.providers.libraries import driver_and_gpus
from crestereo_ros.providers.plugins import runtime_of
from crestereo_ros.providers.runtime import onnxruntime
from crestereo_ros.providers.session_runner import runner_of
from crestereo_ros.providers.sessions import reason_of

TRIAL_SIZE = 64, 96  # of the pair, for files that accept any size
TRIAL_SHIFT = 3  # pixels
# Half precision stays far below this; wrong results are far above.
MAX_DIFFERENCE = 0.25  # pixels, for nine of ten disparities


class TrialKey(NamedTuple):
    """What a trial is valid for: when any of this changes, the trial is repeated."""

    provider: str
    runtime: str
    model: str
    driver: str

    @classmethod
    def of(cls, provider: str, model: Path) -> TrialKey:
        """
        Describe a model on a provider of this machine.

        :param model: the model file
        """
        return cls(provider, runtime_of(provider), digest_of(model), driver_and_gpus())

    @property
    def file(self) -> Path:
        """The file that records that the trial succeeded."""
        digest = hashlib.sha256(json.dumps(self).encode()).hexdigest()
        return cache_directory('providers') / f'{self.provider}-{digest[:16]}.json'


def has_agreed(key: TrialKey) -> bool:
    """
    Return whether the trial is known to have succeeded.

    A failed trial is not recorded: its fix, such as another library, is not part of the key.
    """
    with suppress(OSError, ValueError):
        return json.loads(key.file.read_text()) == key._asdict()
    return False


def keep_agreement(key: TrialKey) -> None:
    """Record that a trial succeeded. If the cache cannot be written, it is repeated each time."""
    with suppress(OSError):
        write_atomically(key.file, json.dumps(key._asdict()).encode())


def check_agreement(
    session: onnxruntime.InferenceSession,
    engine: Engine,
    cpu: onnxruntime.InferenceSession,
    contract: Contract,
    cpu_contract: Contract,
    from_start: bool = False,
) -> None:
    """
    Compare the results for a small pair, or for one of the file's size if that is fixed.

    :param session: the provider's session
    :param engine: how it was opened
    :param cpu: the same file on the CPU, or the file that the frozen graph was made from
    :param contract: the contract of the provider's file
    :param cpu_contract: the contract of the file on the CPU
    :param from_start: whether both start from an earlier disparity
    :raises ProviderError: if the provider fails or computes something else
    """
    name = cpu_contract.file
    height, width = contract.place(contract.resolution or TRIAL_SIZE).network
    start = np.zeros((1, 2, height // 2, width // 2), np.float32) if from_start else None
    pair = _pair(height, width)
    try:
        found = _disparity(session, engine, contract, pair, contract.iterations, start)
    except Exception as error:
        raise ProviderError(
            f'provider {engine.provider} fails when it runs {name}: {reason_of(error)}'
        ) from error
    expected = _disparity(cpu, Engine('cpu'), cpu_contract, pair, contract.iterations, start)
    difference = np.quantile(np.abs(found - expected), 0.9)
    if not difference <= MAX_DIFFERENCE:  # also true for NaN
        raise ProviderError(
            f'provider {engine.provider} computes {name} wrongly: a tenth of its disparities '
            f'differ from those of the CPU by more than {difference:.2g} pixels'
        )


def _pair(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    # Smooth noise, float32 (height, width, 3).
    noise = np.random.default_rng(0).uniform(0, 255, (height, width + TRIAL_SHIFT, 3))
    scene = cv2.GaussianBlur(noise, (0, 0), 1.5)
    scene = (255 * (scene - scene.min()) / np.ptp(scene)).astype(np.float32)
    return scene[:, :-TRIAL_SHIFT], scene[:, TRIAL_SHIFT:]


def _disparity(
    session: onnxruntime.InferenceSession,
    engine: Engine,
    contract: Contract,
    pair: tuple[np.ndarray, np.ndarray],
    iterations: int,
    start: np.ndarray | None,
) -> np.ndarray:
    runner = runner_of(session, engine, contract.outputs)
    options = onnxruntime.RunOptions()
    return contract.run(lambda inputs: runner(inputs, options), *pair, iterations, start).disparity
