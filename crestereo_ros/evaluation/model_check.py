# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds out how the file of a network is to be read: by trying it on a pair with truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np

from crestereo_ros.evaluation.measures import end_point_error
from crestereo_ros.matching import InferenceError, StereoError, StereoMatcher
from crestereo_ros.matching.images import from_network, to_network
from crestereo_ros.models.contracts import Contract, contract_for
from crestereo_ros.models.description import Description, Outputs
from crestereo_ros.models.placement import Placement
from crestereo_ros.models.readings import input_readings, output_readings
from crestereo_ros.models.tensors import Array
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.opening import open_session
from crestereo_ros.providers.runtime import onnxruntime
from crestereo_ros.providers.session_runner import runner_of

MOST_PIXELS = 240 * 320  # of the pair, for files that take any size
# A pixel is wrong that is more than so many pixels of the network off, but not less of the image,
# and not more than a share of the range of the truth: else all would be right for a small network.
WRONG, SHARE_OF_RANGE = 2.0, 0.1
# What counts as fitting: so many wrong pixels at most, of those that one disparity for all of the
# picture gets wrong. Of the pair of the demo, plain cost volumes have a half, networks less than
# a tenth, and wrong readings nine tenths.
MOST_WRONG = 0.75
POOR = 0.3  # share of wrong pixels from which on a reading that fits may still be a wrong one
ALIKE = 1.1, 0.005  # two shares of wrong pixels are alike below this factor and this difference
SURE = 0.15  # by how much an output must differ between right and wrong pixels, to tell them apart


@dataclass(frozen=True, eq=False)
class Trial:
    """
    One way of reading a file, tried.

    `error`: mean in pixels of the image. `wrong`: share of pixels that are too far off, or have no
    disparity; `hard`: of those that one disparity for all gets wrong. `seconds`: of one run.
    `disparity`: float32 (H, W), pixels. `problem`: why there is no disparity, else ''.
    """

    description: Description
    error: float = np.inf
    wrong: float = 1.0
    hard: float = 1.0
    seconds: float = 0.0
    disparity: np.ndarray | None = None
    problem: str = ''


class Yardstick:
    """What is wrong, by a true disparity and how many pixels of it one of the network has."""

    def __init__(self, truth: np.ndarray, scale: float) -> None:
        known = np.sort(truth[np.isfinite(truth)])
        low, high = np.quantile(known, (0.05, 0.95))
        self.truth = truth
        self.limit = max(WRONG, min(WRONG * scale, SHARE_OF_RANGE * float(high - low)))
        # The one disparity that is near to most.
        ends = np.searchsorted(known, known + 2 * self.limit, side='right')
        constant = known[(ends - np.arange(len(known))).argmax()] + self.limit
        self._is_known = np.isfinite(truth)
        self._is_hard = self._is_known & (np.abs(truth - constant) > self.limit)

    def trial(self, description: Description, disparity: np.ndarray, seconds: float) -> Trial:
        """Return the trial that gave a disparity."""
        right = np.abs(disparity - self.truth) <= self.limit  # NaN is not
        return Trial(
            description,
            end_point_error(disparity, self.truth),
            1 - float(right[self._is_known].mean()),
            self.hard(disparity),
            seconds,
            disparity,
        )

    def hard(self, disparity: np.ndarray) -> float:
        """Return the share of wrong pixels of those that one disparity for all gets wrong."""
        if not self._is_hard.any():
            return 1.0
        right = np.abs(disparity - self.truth)[self._is_hard] <= self.limit
        return 1 - float(right.mean())


@dataclass(frozen=True, eq=False)
class Verdict:
    """
    What the trials tell.

    `best`: the one that fits best. `fits`: whether it fits at all. `doubts`: what another reading
    does as well, in words. `hint`: what may be wrong where nothing fits.
    """

    best: Trial
    fits: bool
    doubts: tuple[str, ...] = ()
    hint: str = ''


def try_described(
    path: Path, left: np.ndarray, right: np.ndarray, truth: np.ndarray, provider: str = 'cpu'
) -> Trial:
    """
    Run a file as it is described.

    :param truth: float32 (H, W), pixels, not finite where unknown
    :raises StereoError: where no description fits
    """
    matcher = StereoMatcher(str(path), provider)
    try:
        match = matcher.match(left, right)
    except InferenceError as error:
        return Trial(matcher.description, problem=str(error))
    yardstick = Yardstick(truth, left.shape[1] / match.resolution[1])
    return yardstick.trial(matcher.description, match.disparity, match.seconds)


def try_readings(
    path: Path, left: np.ndarray, right: np.ndarray, truth: np.ndarray, provider: str = 'cpu'
) -> Iterator[Trial]:
    """
    Run a file under every reading that its inputs and outputs allow.

    For each reading of the inputs the best reading of the outputs is given.

    :param truth: float32 (H, W), pixels, not finite where unknown
    :raises StereoError: where the inputs are not those of a stereo network
    """
    opened = open_session(path, Engine(provider))
    session = opened.session
    outputs = tuple(x.name for x in session.get_outputs())
    runner = runner_of(session, opened.engine, outputs)
    for description in input_readings(session.get_inputs(), session.get_outputs(), path.name):
        contract = replace(contract_for(session, path, description), outputs=outputs)
        wanted = contract.within(left.shape)
        if contract.resolution is None:
            scale = min(1.0, (MOST_PIXELS / (wanted[0] * wanted[1])) ** 0.5)
            wanted = round(scale * wanted[0]), round(scale * wanted[1])
        placement = contract.place(wanted)
        network_left, network_right = (to_network(x, placement) for x in (left, right))
        start = perf_counter()
        try:
            found = runner(contract.inputs(network_left, network_right), onnxruntime.RunOptions())
        except Exception as error:
            reason = str(error).strip().splitlines()[-1]
            yield Trial(description, problem=f'it does not run: {reason}')
            continue
        seconds = perf_counter() - start
        trials = []
        scale = left.shape[1] / placement.size[1]
        yardstick = Yardstick(truth, scale)
        for reading in _readings(contract, found, placement.network):
            place = reading.outputs.disparity
            index = place if isinstance(place, int) else outputs.index(place)
            read = replace(contract, description=reading, outputs=(outputs[index],))
            plane = read.planes([found[index]], placement.network).disparity
            if not np.isfinite(plane).any():
                trials.append(Trial(reading, problem='nothing in its output is a number'))
                continue
            largest = reading.outputs.largest
            if largest is not None:
                plane = np.where(plane < largest - 1, plane, np.float32(np.nan))
            disparity = from_network(plane, placement, left.shape) * np.float32(scale)
            trials.append(yardstick.trial(reading, disparity, seconds))
        if not trials:
            shapes = ', '.join(f'{x} {y.shape}' for x, y in zip(outputs, found, strict=True))
            yield Trial(description, problem=f'no output has the shape of a disparity: {shapes}')
            continue
        best = min(trials, key=lambda x: (round(x.wrong, 3), x.error))
        yield replace(
            best, description=_with_sureness(best, contract, found, placement, yardstick)
        )


def judge(trials: Sequence[Trial], truth: np.ndarray) -> Verdict:
    """
    Tell which of the trials fits.

    :param trials: the likeliest reading first; it is taken where another does as well
    """
    least = min(x.wrong for x in trials)
    best = next(x for x in trials if _alike(x.wrong, least))
    if best.hard < MOST_WRONG:
        others = [x for x in trials if x is not best and _alike(x.wrong, best.wrong)]
        doubts = dict.fromkeys(filter(None, (difference(x, best) for x in others)))
        return Verdict(best, True, tuple(doubts))
    return Verdict(best, False, hint=_hint(trials, truth))


def difference(one: Trial, other: Trial) -> str:
    """Name what one reading says that another does not."""
    parts = []
    for name in ('inputs', 'images', 'outputs'):
        a, b = getattr(one.description, name), getattr(other.description, name)
        parts += [
            f'{name}.{field} {_shown(getattr(a, field))} in place of {_shown(getattr(b, field))}'
            for field in a.__dataclass_fields__
            if getattr(a, field) != getattr(b, field)
            and field not in ('largest', 'confidence', 'visibility', 'occlusion', 'channels')
        ]
    return ', '.join(parts)


def _shown(value: object) -> str:
    return 'none' if value is None else str(value)


def _alike(wrong: float, least: float) -> bool:
    factor, margin = ALIKE
    return wrong <= factor * least + margin


def _readings(
    contract: Contract, found: Sequence[Array], network: tuple[int, int]
) -> Iterator[Description]:
    description = contract.description
    if description.name:  # a shipped one says all
        yield description
        return
    for name, array in zip(contract.outputs, found, strict=True):
        yield from output_readings(description, name, tuple(array.shape), network)


def _with_sureness(
    best: Trial,
    contract: Contract,
    found: Sequence[Array],
    placement: Placement,
    yardstick: Yardstick,
) -> Description:
    # What another output says of how sure the disparity is: 1 where it is right, or where it is
    # wrong.
    description = best.description
    if description.name or best.disparity is None:
        return description
    truth, known = yardstick.truth, np.isfinite(yardstick.truth)
    right = np.abs(np.where(known, best.disparity - truth, np.inf)) <= yardstick.limit
    sureness: dict[str, str] = {}
    for name, array in zip(contract.outputs, found, strict=True):
        if name == description.outputs.disparity:
            continue
        try:
            read = replace(
                contract,
                outputs=(name,),
                description=replace(
                    description, outputs=replace(description.outputs, disparity=name, channel=0)
                ),
            )
            plane = read.planes([array], placement.network).disparity
        except StereoError:
            continue
        if not (np.isfinite(plane).all() and plane.min() >= -0.01 and plane.max() <= 1.01):
            continue
        share = from_network(plane, placement, truth.shape)
        both = right & known, ~right & known
        if not all(x.any() for x in both):
            continue
        gap = float(share[both[0]].mean() - share[both[1]].mean())
        hides = 'occ' in name.lower()
        if abs(gap) > SURE:
            role = 'occlusion' if gap < 0 else 'visibility' if hides else 'confidence'
            sureness.setdefault(role, name)
    outputs: Outputs = replace(description.outputs, **sureness)  # type: ignore[arg-type]
    return replace(description, outputs=outputs)


def _hint(trials: Sequence[Trial], truth: np.ndarray) -> str:
    if all(x.problem for x in trials):
        problem = trials[-1].problem
        damaged = 'its weights are damaged' if 'number' in problem else 'it is of another network'
        return f'{problem}; {damaged}'
    for trial in sorted(trials, key=lambda x: x.error):
        if trial.disparity is None or not np.isfinite(trial.error):
            continue
        known = np.isfinite(truth) & np.isfinite(trial.disparity)
        found, true = trial.disparity[known], truth[known]
        near = np.ones(len(found), bool)
        for _ in range(3):  # a line through the data, then without what is far off it
            if found[near].std() < 1e-3 * abs(found[near].mean()) + 1e-6:
                break
            covariance = np.cov(found[near], true[near])
            slope = covariance[0, 1] / covariance[0, 0]
            shift = true[near].mean() - slope * found[near].mean()
            off = np.abs(slope * found + shift - true)
            near = off <= np.quantile(off, 0.7)
        else:
            mended = slope * trial.disparity + shift
            if slope > 0 and Yardstick(truth, 1.0).hard(mended) < MOST_WRONG:
                return (
                    f'its disparity is right when multiplied by {slope:.3g} and {shift:+.3g} px '
                    'added: a constant in the file is meant for another checkpoint or size'
                )
    return 'it is another kind of network, or its weights are damaged'
