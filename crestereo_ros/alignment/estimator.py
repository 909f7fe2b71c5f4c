# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Estimates an alignment from frames, and keeps it as long as it fits."""

from collections import deque

import cv2
import numpy as np

from crestereo_ros.alignment.alignment import Alignment, warped
from crestereo_ros.alignment.feature_matches import FeatureMatches, match_features
from crestereo_ros.alignment.rectification import (
    EXPECTED,
    fit_rectification,
    Rectification,
    transform,
    UNTOUCHED,
)
from crestereo_ros.alignment.view_order import order_score, ViewOrder
from crestereo_ros.alignment.working_image import picture_mask, WIDTH, working_image

FRAMES = 8  # the number of latest frames behind an estimate
FEWEST_MATCHES = 30
MIN_COVERAGE = 0.2  # share of the picture's cells that have matches
CLOSE = 2.0  # px; a match with a larger vertical error counts as wrong
WORTHWHILE = 0.25  # px of median error; for a smaller gain, the rows are not changed
LARGEST_ERROR = 2.0  # px of median error after alignment
LARGEST_ANGLE = 25.0  # degrees; views that differ by more are not a stereo pair
STILL_FITS = 0.6  # px of median error of a new frame up to which an alignment is kept
ORDERLY = 0.8  # px of median error up to which occlusions can be examined row by row
MARGIN = 0.02 * WIDTH  # px of disparity for the farthest match: other points are farther
NEGATIVE = -1.5  # px; a negative disparity closer to zero may be a matching error
# A new alignment stays close to the previous one: otherwise parameters that the matches hardly
# determine would fluctuate. This is the fraction of their standard deviation that they may change.
STEADINESS = 0.1


class _TooLittleEvidenceError(Exception):
    """Too few usable matches. The text says what is missing."""


class AlignmentEstimator:
    """
    Estimates the alignment of a source from some of its frames.

    Call `add` and `estimate` for the single frame of a still pair, or for a few frames per second
    of a video. `estimate` returns the same object as long as the alignment fits.
    """

    def __init__(self, swap: str = 'auto') -> None:
        """
        Prepare for the first frame.

        :param swap: whether to exchange left and right: 'yes', 'no', or 'auto' to do so if the
            images leave no doubt
        :raises ValueError: if `swap` is anything else
        """
        self._order = ViewOrder(swap)
        # With left and right in the order that is known so far.
        self._frames: deque[FeatureMatches] = deque(maxlen=FRAMES)
        # The working images of the latest frame until their order is examined.
        self._pair: tuple[np.ndarray, np.ndarray] | None = None
        self._held: Alignment | None = None

    def add(self, left: np.ndarray, right: np.ndarray) -> None:
        """
        Add a frame.

        :param left: uint8 (H, W, 3), BGR, as it comes from the source
        :param right: the same size
        :raises ValueError: if the sizes differ or an image is not (H, W, 3)
        """
        if left.shape != right.shape or left.ndim != 3:
            sizes = ('x'.join(map(str, image.shape)) for image in (left, right))
            raise ValueError(
                'left is {} and right is {}, but both must be HxWx3 of one size'.format(*sizes)
            )
        if self._order.exchanged:
            left, right = right, left
        self._pair = working_image(left), working_image(right)
        self._frames.append(match_features(*self._pair))

    def estimate(self) -> Alignment:
        """
        Estimate the alignment from the added frames.

        :returns: without enough evidence, the last alignment that had enough; if there was none,
            an alignment that only follows `swap` and says what is missing
        """
        try:
            rectification = self._rectify()
        except _TooLittleEvidenceError as error:
            exchanged, order = self._order.exchanged, self._order.report
            return self._held or Alignment(exchanged, order=order, reason=str(error))
        if self._found_exchanged(rectification):
            return self.estimate()
        shift = self._shift(rectification)
        held = self._held
        if (
            held is None
            or held.rectification is not rectification
            or held.horizontal_shift != shift
            or held.order != self._order.report
        ):
            held = self._held = self._described(rectification, shift)
        return held

    def _rectify(self) -> Rectification:
        """Return the held rectification as long as it fits, or a new one."""
        if not self._frames:
            raise _TooLittleEvidenceError('no frame has been examined yet')
        newest = self._frames[-1]
        if self._held and len(self._frames) == FRAMES and _fits(self._held.rectification, newest):
            return self._held.rectification
        held, expected = UNTOUCHED, EXPECTED
        if self._held:
            held, expected = self._held.rectification, STEADINESS * EXPECTED
        while True:
            matches = FeatureMatches.joined(self._frames)
            _require_enough(matches)
            rectification = fit_rectification(matches.left, matches.right, held, expected)
            if len(self._frames) == 1 or _fits(rectification, newest):
                break
            # The cameras have moved relative to each other: older frames no longer count.
            for _ in range((len(self._frames) + 1) // 2):
                self._frames.popleft()
        before, after = (_median_error(r, matches) for r in (UNTOUCHED, rectification))
        if after > LARGEST_ERROR:
            raise _TooLittleEvidenceError(
                'the matches contradict each other: their median vertical error stays at'
                f' {after:.1f} px'
            )
        if before - after < WORTHWHILE:
            return UNTOUCHED
        if rectification.largest_angle > LARGEST_ANGLE:
            raise _TooLittleEvidenceError(
                f'the views would have to be rotated by {rectification.largest_angle:.0f} degrees'
            )
        return rectification

    def _found_exchanged(self, rectification: Rectification) -> bool:
        """Examine the order of the views in the newest frame; return whether it changed."""
        pair, self._pair = self._pair, None
        if pair is None or not self._order.looking:
            return False
        matches = _close(self._frames[-1], rectification)
        if len(matches) < FEWEST_MATCHES or _median_error(rectification, matches) > ORDERLY:
            return False
        left, right = (
            warped(cv2.copyTo(image, picture_mask(image)), homography)
            for image, homography in zip(
                pair, (rectification.left, rectification.right), strict=True
            )
        )
        disparities = rectification.disparities(matches.left, matches.right)
        rows = transform(matches.left, rectification.left)[:, 1]
        self._order.add(order_score(left, right, disparities, rows))
        if self._order.exchanged:
            self._frames = deque((frame.exchanged() for frame in self._frames), FRAMES)
            self._held = None
        return self._order.exchanged

    def _shift(self, rectification: Rectification) -> float:
        """Return how far to move the right view left: the held shift as long as it fits."""
        held = self._held.horizontal_shift if self._held else 0.0
        close = (_close(frame, rectification) for frame in self._frames)
        lowest = min(
            float(np.percentile(rectification.disparities(frame.left, frame.right), 2))
            for frame in close
            if len(frame)
        )
        if rectification is UNTOUCHED:
            enough = lowest + held >= NEGATIVE
        else:
            # The disparity of infinity is unknown anyway, so a large offset is removed, too.
            enough = MARGIN / 2 <= lowest + held <= 3 * MARGIN
        return held if enough else MARGIN - lowest

    def _described(self, rectification: Rectification, shift: float) -> Alignment:
        matches = FeatureMatches.joined(self._frames)
        return Alignment(
            swapped=self._order.exchanged,
            rectification=rectification,
            horizontal_shift=shift,
            order=self._order.report,
            matches=len(matches),
            error_before=_median_error(UNTOUCHED, matches),
            error_after=_median_error(rectification, matches),
            reason='they already line up' if rectification is UNTOUCHED else '',
        )


def _median_error(rectification: Rectification, matches: FeatureMatches) -> float:
    return float(np.median(np.abs(rectification.errors(matches.left, matches.right))))


def _fits(rectification: Rectification, matches: FeatureMatches) -> bool:
    """Return whether matches line up, or are too few to show that they do not."""
    return len(matches) < FEWEST_MATCHES or _median_error(rectification, matches) <= STILL_FITS


def _close(matches: FeatureMatches, rectification: Rectification) -> FeatureMatches:
    return matches.where(np.abs(rectification.errors(matches.left, matches.right)) <= CLOSE)


def _require_enough(matches: FeatureMatches) -> None:
    if len(matches) < FEWEST_MATCHES:
        raise _TooLittleEvidenceError(
            f'only {len(matches)} features of the left image were found in the right image,'
            f' at least {FEWEST_MATCHES} are needed'
        )
    if matches.coverage < MIN_COVERAGE:
        raise _TooLittleEvidenceError(
            f'the {len(matches)} features found in both images cover only'
            f' {100 * matches.coverage:.0f} % of the picture,'
            f' at least {100 * MIN_COVERAGE:.0f} % are needed'
        )
