# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds out how to interpret the file of a network by trying it on a pair with truth."""

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

MAX_PIXELS = 240 * 320  # of the pair, for files that accept any size
# A pixel is wrong if its error is above WRONG pixels of the network. The limit is at least as many
# pixels of the image, and at most a share of the range of the truth: otherwise everything would be
# right for a small network.
WRONG, SHARE_OF_RANGE = 2.0, 0.1
# A reading fits up to this share of wrong pixels, among those that a single disparity for the
# whole image gets wrong. On the pair of the demo, plain cost volumes have a half, networks less
# than a tenth, and wrong readings nine tenths.
MAX_WRONG = 0.75
POOR = 0.3  # share of wrong pixels above which a reading that fits may still be wrong
EQUAL = 1.1, 0.005  # two shares of wrong pixels are equal below this factor plus difference
MIN_GAP = 0.15  # by which an output must differ between right and wrong pixels to be a confidence


@dataclass(frozen=True, eq=False)
class Trial:
    """
    The result of one way to read a file.

    `error`: mean in pixels of the image. `wrong`: share of pixels that are wrong or have no
    disparity; `hard`: the same among those that a single disparity for all gets wrong. `seconds`:
    duration of a run. `disparity`: float32 (H, W), pixels. `problem`: why there is no disparity,
    or ''.
    """

    description: Description
    error: float = np.inf
    wrong: float = 1.0
    hard: float = 1.0
    seconds: float = 0.0
    disparity: np.ndarray | None = None
    problem: str = ''


class Scorer:
    """Scores disparities by the truth; `scale`: pixels of the image per pixel of the network."""

    def __init__(self, truth: np.ndarray, scale: float) -> None:
        known = np.sort(truth[np.isfinite(truth)])
        low, high = np.quantile(known, (0.05, 0.95))
        self.truth = truth
        self.limit = max(WRONG, min(WRONG * scale, SHARE_OF_RANGE * float(high - low)))
        # The single disparity that is close to the most pixels.
        ends = np.searchsorted(known, known + 2 * self.limit, side='right')
        constant = known[(ends - np.arange(len(known))).argmax()] + self.limit
        self._is_known = np.isfinite(truth)
        self._is_hard = self._is_known & (np.abs(truth - constant) > self.limit)

    def trial(self, description: Description, disparity: np.ndarray, seconds: float) -> Trial:
        """Return the trial of a disparity."""
        right = np.abs(disparity - self.truth) <= self.limit  # False for NaN
        return Trial(
            description,
            end_point_error(disparity, self.truth),
            1 - float(right[self._is_known].mean()),
            self.hard(disparity),
            seconds,
            disparity,
        )

    def hard(self, disparity: np.ndarray) -> float:
        """Return the share of wrong pixels among those that a single disparity gets wrong."""
        if not self._is_hard.any():
            return 1.0
        right = np.abs(disparity - self.truth)[self._is_hard] <= self.limit
        return 1 - float(right.mean())


@dataclass(frozen=True, eq=False)
class Verdict:
    """
    The result of all trials.

    `best`: the trial that fits best. `fits`: whether it fits at all. `doubts`: text on how other
    readings that fit as well differ. `hint`: what may be wrong if nothing fits.
    """

    best: Trial
    fits: bool
    doubts: tuple[str, ...] = ()
    hint: str = ''


def try_described(
    path: Path, left: np.ndarray, right: np.ndarray, truth: np.ndarray, provider: str = 'cpu'
) -> Trial:
    """
    Run a file as described.

    :param truth: float32 (H, W), pixels, not finite where unknown
    :raises StereoError: if no description fits
    """
    matcher = StereoMatcher(str(path), provider)
    try:
        match = matcher.match(left, right)
    except InferenceError as error:
        return Trial(matcher.description, problem=str(error))
    scorer = Scorer(truth, left.shape[1] / match.resolution[1])
    return scorer.trial(matcher.description, match.disparity, match.seconds)


def try_readings(
    path: Path, left: np.ndarray, right: np.ndarray, truth: np.ndarray, provider: str = 'cpu'
) -> Iterator[Trial]:
    """
    Run a file with every reading that its inputs and outputs allow.

    For each reading of the inputs, yield the best reading of the outputs.

    :param truth: float32 (H, W), pixels, not finite where unknown
    :raises StereoError: if the inputs are not those of a stereo network
    """
    opened = open_session(path, Engine(provider))
    session = opened.session
    outputs = tuple(x.name for x in session.get_outputs())
    runner = runner_of(session, opened.engine, outputs)
    for description in input_readings(session.get_inputs(), session.get_outputs(), path.name):
        contract = replace(contract_for(session, path, description), outputs=outputs)
        wanted = contract.within(left.shape)
        if contract.resolution is None:
            scale = min(1.0, (MAX_PIXELS / (wanted[0] * wanted[1])) ** 0.5)
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
        scorer = Scorer(truth, scale)
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
            trials.append(scorer.trial(reading, disparity, seconds))
        if not trials:
            shapes = ', '.join(f'{x} {y.shape}' for x, y in zip(outputs, found, strict=True))
            yield Trial(description, problem=f'no output has the shape of a disparity: {shapes}')
            continue
        best = min(trials, key=lambda x: (round(x.wrong, 3), x.error))
        yield replace(best, description=_with_confidence(best, contract, found, placement, scorer))


def judge(trials: Sequence[Trial], truth: np.ndarray) -> Verdict:
    """
    Return which trial fits.

    :param trials: the likeliest reading first; it wins if others fit as well
    """
    least = min(x.wrong for x in trials)
    best = next(x for x in trials if _equal(x.wrong, least))
    if best.hard < MAX_WRONG:
        others = [x for x in trials if x is not best and _equal(x.wrong, best.wrong)]
        doubts = dict.fromkeys(filter(None, (difference(x, best) for x in others)))
        return Verdict(best, True, tuple(doubts))
    return Verdict(best, False, hint=_hint(trials, truth))


def difference(one: Trial, other: Trial) -> str:
    """Describe how one reading differs from another."""
    parts = []
    for name in ('inputs', 'images', 'outputs'):
        a, b = getattr(one.description, name), getattr(other.description, name)
        parts += [
            f'{name}.{field} {_shown(getattr(a, field))} instead of {_shown(getattr(b, field))}'
            for field in a.__dataclass_fields__
            if getattr(a, field) != getattr(b, field)
            and field not in ('largest', 'confidence', 'visibility', 'occlusion', 'channels')
        ]
    return ', '.join(parts)


def _shown(value: object) -> str:
    return 'none' if value is None else str(value)


def _equal(wrong: float, least: float) -> bool:
    factor, margin = EQUAL
    return wrong <= factor * least + margin


def _readings(
    contract: Contract, found: Sequence[Array], network: tuple[int, int]
) -> Iterator[Description]:
    description = contract.description
    if description.name:  # an included description is complete
        yield description
        return
    for name, array in zip(contract.outputs, found, strict=True):
        yield from output_readings(description, name, tuple(array.shape), network)


def _with_confidence(
    best: Trial,
    contract: Contract,
    found: Sequence[Array],
    placement: Placement,
    scorer: Scorer,
) -> Description:
    # Another output may be a confidence: near 1 where the disparity is right, or where it is
    # wrong.
    description = best.description
    if description.name or best.disparity is None:
        return description
    truth, known = scorer.truth, np.isfinite(scorer.truth)
    right = np.abs(np.where(known, best.disparity - truth, np.inf)) <= scorer.limit
    roles: dict[str, str] = {}
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
        if abs(gap) > MIN_GAP:
            role = 'occlusion' if gap < 0 else 'visibility' if hides else 'confidence'
            roles.setdefault(role, name)
    outputs: Outputs = replace(description.outputs, **roles)  # type: ignore[arg-type]
    return replace(description, outputs=outputs)


def _hint(trials: Sequence[Trial], truth: np.ndarray) -> str:
    if all(x.problem for x in trials):
        problem = trials[-1].problem
        cause = 'its weights are damaged' if 'number' in problem else 'it is for another network'
        return f'{problem}; {cause}'
    for trial in sorted(trials, key=lambda x: x.error):
        if trial.disparity is None or not np.isfinite(trial.error):
            continue
        known = np.isfinite(truth) & np.isfinite(trial.disparity)
        found, true = trial.disparity[known], truth[known]
        near = np.ones(len(found), bool)
        for _ in range(3):  # fit a line, then again without outliers
            if found[near].std() < 1e-3 * abs(found[near].mean()) + 1e-6:
                break
            covariance = np.cov(found[near], true[near])
            slope = covariance[0, 1] / covariance[0, 0]
            shift = true[near].mean() - slope * found[near].mean()
            off = np.abs(slope * found + shift - true)
            near = off <= np.quantile(off, 0.7)
        else:
            corrected = slope * trial.disparity + shift
            if slope > 0 and Scorer(truth, 1.0).hard(corrected) < MAX_WRONG:
                return (
                    f'its disparity is right when multiplied by {slope:.3g} and {shift:+.3g} px '
                    'added: a constant in the file is meant for another checkpoint or size'
                )
    return 'it is another kind of network, or its weights are damaged'
