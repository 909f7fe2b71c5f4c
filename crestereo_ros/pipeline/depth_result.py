# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The result of one pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter
from typing import TypeVar

import numpy as np

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.matching import Match
from crestereo_ros.pictures import DisparityRange
from crestereo_ros.pipeline.rectified_pair import RectifiedPair
from crestereo_ros.pipeline.settings import DepthSettings
from crestereo_ros.refinement import gains, refine
from crestereo_ros.validity import confidence_of, pixels_that_pass, Search, texture_support

Value = TypeVar('Value')


def step(compute: Callable[[DepthResult], Value]) -> cached_property[Value]:
    """Make a cached property of a result that measures how long it takes."""
    name = compute.__name__

    def timed(result: DepthResult) -> Value:
        # Steps that this one asks for have their own times.
        others, begin = sum(result.seconds.values()), perf_counter()
        value = compute(result)
        others = sum(result.seconds.values()) - others
        result.seconds[name] = perf_counter() - begin - others
        return value

    timed.__doc__ = compute.__doc__
    return cached_property(timed)


@dataclass(frozen=True, eq=False)
class DepthResult:
    """
    The result of one pair. Most values are computed when first asked for.

    `pair`: the pair that was matched. `match`: what the network found. `settings`: those used.

    `calibration`: that of the pair, or that from the settings; None without either.

    `disparity_right`: float32 (H, W), disparity of the right image for the left-right check, or
    None.

    `started_from`: what the search started from: 'previous disparity', or 'nothing' and why.

    `seconds`: how long each step took so far, by name.
    """

    pair: RectifiedPair
    match: Match
    settings: DepthSettings = field(default_factory=DepthSettings)
    calibration: StereoCalibration | None = None
    disparity_right: np.ndarray | None = None
    started_from: str = 'nothing'
    seconds: dict[str, float] = field(default_factory=dict)
    colors: DisparityRange = field(default_factory=DisparityRange, repr=False)

    @step
    def refinement(self) -> tuple[Match, Search | None]:
        """The match with the refined disparity, and what the search found, or None."""
        match, pair, wanted = self.match, self.pair, self.settings.refine
        if wanted == 'off' or (wanted == 'auto' and not gains(pair.left.shape, match.resolution)):
            return match, None
        disparity, search = refine(pair.left, pair.right, match.disparity, match.resolution[1])
        return replace(match, disparity=disparity), search

    @property
    def refined(self) -> Match:
        """The match with the final disparity of all pixels, known or not."""
        return self.refinement[0]

    @step
    def passing(self) -> np.ndarray:
        """Which pixels pass all checks except the confidence threshold: bool (H, W)."""
        calibration = self.calibration
        passing = pixels_that_pass(
            self.refined,
            self.settings.checks,
            calibration.principal_offset if calibration else None,
            self.disparity_right,
            self.pair.seen,
            self.pair.seen_right,
        )
        return passing & (self.texture > 0) if self.settings.checks.textureless else passing

    @step
    def texture(self) -> np.ndarray:
        """How far texture supports each pixel: float32, 0 to 1. See `validity.texture_support`."""
        finite = np.isfinite(self.match.disparity)
        disparity = np.where(finite, self.match.disparity, np.float32(0))
        return texture_support(self.pair.left, self.pair.right, disparity)

    @step
    def confidence(self) -> np.ndarray:
        """The confidence of each pixel: float32 (H, W), 0 to 1. See `validity.confidence_of`."""
        pair, (match, search) = self.pair, self.refinement
        confidence = confidence_of(
            match, pair.left, pair.right, self.passing, self.disparity_right, search
        )
        return confidence * self.texture  # networks are wrongly confident about blank images

    @step
    def known(self) -> np.ndarray:
        """Which pixels are known: bool (H, W)."""
        threshold = self.settings.checks.confidence_threshold
        if not threshold:
            return self.passing
        return self.passing & (self.confidence >= np.float32(threshold))

    @step
    def disparity(self) -> np.ndarray:
        """The disparity in pixels of the left image: float32 (H, W), NaN where unknown."""
        return np.where(self.known, self.refined.disparity, np.float32(np.nan))

    @step
    def depth(self) -> np.ndarray | None:
        """
        The depth in metres, float32 (H, W); None without a calibration.

        As in REP 117: NaN where unknown, -inf nearer than `min_depth`, +inf beyond
        `max_depth`.
        """
        if self.calibration is None:
            return None
        settings = self.settings
        return self.calibration.depth(self.disparity, settings.min_depth, settings.max_depth)

    @step
    def color_range(self) -> tuple[float, float]:
        """The lowest and highest disparity of the colours, in pixels."""
        return self.settings.color_range or self.colors.update(self.refined.disparity, self.known)

    def points(self, stride: int = 1, out: np.ndarray | None = None) -> np.ndarray | None:
        """
        Return the points of the left image, None without a calibration.

        They are in the left camera's optical frame: x to the right, y down, z forward (REP 103).

        :param stride: use only every `stride`-th row and column, from the first
        :param out: float32 array of the result's shape to write into; None for a new one
        :returns: float32 (H / stride, W / stride, 3), rounded up, in metres; NaN where the depth
            is not finite
        """
        if self.calibration is None or self.depth is None:
            return None
        return self.calibration.points(self.depth, stride, out)
