# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From frames to an alignment that stays put as long as it fits."""

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

FRAMES = 8  # the newest ones, on which an estimate rests
FEWEST_MATCHES = 30
SMALLEST_COVERAGE = 0.2  # share of the picture's cells that have matches
CLOSE = 2.0  # px; a match that misses its row by more is taken for wrong
WORTHWHILE = 0.25  # px of median error; rows that gain less are left as they are
LARGEST_ERROR = 2.0  # px of median error after alignment
LARGEST_ANGLE = 25.0  # degrees; views that differ by more are no stereo pair
STILL_FITS = 0.6  # px of median error of a new frame, up to which an alignment is kept
ORDERLY = 0.8  # px of median error, up to which rows can be matched to see what hides what
MARGIN = 0.02 * WIDTH  # px of disparity for the furthest match: others are further still
NEGATIVE = -1.5  # px; a disparity closer to zero may be an error of the match
# A new alignment stays near the one before, or what the matches hardly determine would swing:
# the share of the parameters' own standard deviations by which they may change.
STEADINESS = 0.1


class _LittleEvidenceError(Exception):
    """Says in words what is missing."""


class AlignmentEstimator:
    """
    Finds the alignment of a source from some of its frames.

    Call `add` and `estimate` for the one frame of a still pair, or for a few frames a second
    of a video. As long as an alignment fits, `estimate` returns the same object.
    """

    def __init__(self, swap: str = 'auto'):
        """
        Start with nothing known.

        :param swap: 'auto' exchanges left and right when sure that they are exchanged, 'yes'
            always, 'no' never
        :raises ValueError: for anything else
        """
        self._order = ViewOrder(swap)
        self._frames = deque(maxlen=FRAMES)  # of FeatureMatches, views in the order found
        self._pair = None  # the working images of the newest frame, until they were looked at
        self._held = None

    def add(self, left: np.ndarray, right: np.ndarray) -> None:
        """
        Take one more frame into account.

        :param left: uint8 (H, W, 3), BGR, as it comes from the source
        :param right: the same size
        :raises ValueError: when the sizes differ or are not (H, W, 3)
        """
        if left.shape != right.shape or left.ndim != 3:
            raise ValueError(
                f'left is {left.shape} and right {right.shape}, but both must be (H, W, 3)'
            )
        if self._order.exchanged:
            left, right = right, left
        self._pair = working_image(left), working_image(right)
        self._frames.append(match_features(*self._pair))

    def estimate(self) -> Alignment:
        """
        Say how to align, by what was added so far.

        :returns: without enough evidence, the last alignment that had it; if there was none, one
            that only exchanges the views if told so, and says what is missing
        """
        try:
            rectification = self._rectify()
        except _LittleEvidenceError as error:
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
            self._held = self._described(rectification, shift)
        return self._held

    def _rectify(self) -> Rectification:
        """Return what lines up the rows: what is held as long as it does, or a new one."""
        if not self._frames:
            raise _LittleEvidenceError('no frame was looked at yet')
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
            # The cameras have moved against one another: what is older no longer counts.
            for _ in range((len(self._frames) + 1) // 2):
                self._frames.popleft()
        before, after = (_median_error(r, matches) for r in (UNTOUCHED, rectification))
        if after > LARGEST_ERROR:
            raise _LittleEvidenceError(
                'the matches contradict one another: their median vertical error stays at'
                f' {after:.1f} px'
            )
        if before - after < WORTHWHILE:
            return UNTOUCHED
        if rectification.largest_angle > LARGEST_ANGLE:
            raise _LittleEvidenceError(
                f'the views would have to be turned by {rectification.largest_angle:.0f} degrees'
            )
        return rectification

    def _found_exchanged(self, rectification: Rectification) -> bool:
        """Look at the newest frame if the order of the views is open; tell a change of it."""
        pair, self._pair = self._pair, None
        if pair is None or not self._order.looking:
            return False
        matches = _close(self._frames[-1], rectification)
        if len(matches) < FEWEST_MATCHES or _median_error(rectification, matches) > ORDERLY:
            return False
        views = (
            warped(cv2.copyTo(image, picture_mask(image)), homography)
            for image, homography in zip(
                pair, (rectification.left, rectification.right), strict=True
            )
        )
        disparities = rectification.disparities(matches.left, matches.right)
        rows = transform(matches.left, rectification.left)[:, 1]
        self._order.add(order_score(*views, disparities, rows))
        if self._order.exchanged:
            self._frames = deque((frame.exchanged() for frame in self._frames), FRAMES)
            self._held = None
        return self._order.exchanged

    def _shift(self, rectification: Rectification) -> float:
        """Return how far the right view must move left; what is held as long as it will do."""
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
            # Where infinity lies is unknown anyway, so a large offset is taken away as well.
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
            reason='they line up' if rectification is UNTOUCHED else '',
        )


def _median_error(rectification, matches):
    return float(np.median(np.abs(rectification.errors(matches.left, matches.right))))


def _fits(rectification, matches):
    """Tell whether matches line up, or are too few to say that they do not."""
    return len(matches) < FEWEST_MATCHES or _median_error(rectification, matches) <= STILL_FITS


def _close(matches, rectification):
    return matches.where(np.abs(rectification.errors(matches.left, matches.right)) <= CLOSE)


def _require_enough(matches):
    if len(matches) < FEWEST_MATCHES:
        raise _LittleEvidenceError(
            f'only {len(matches)} features of the left image were found in the right one,'
            f' at least {FEWEST_MATCHES} are needed'
        )
    if matches.coverage < SMALLEST_COVERAGE:
        raise _LittleEvidenceError(
            f'the {len(matches)} features found in both images cover only'
            f' {100 * matches.coverage:.0f} % of the picture,'
            f' at least {100 * SMALLEST_COVERAGE:.0f} % are needed'
        )
