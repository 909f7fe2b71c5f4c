# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Finds the order of two views: which one is the left one.

The geometry of matches does not show it, because exchanged views are a valid pair of a scene
turned inside out. Occlusions show it, and so do two habits of people with cameras.
"""

import math

import cv2
import numpy as np

MIN_STEP = 4  # px of disparity; a smaller step hides too few pixels to examine
BAND = 6  # px of the surfaces on either side of an occluded run whose colour is compared
CONTRAST = 8.0  # CIELAB; occluded pixels cannot be assigned to one of more similar surfaces
RUNS_PER_EDGE = 5  # rows of one edge whose runs depend on each other
ROW_STEP = 2
MARGIN = 16  # px searched beyond the disparities of the matches
# Share of the width. 3D films keep disparities within about this range on either side of zero, and
# nobody exceeds it on purpose.
SCREEN_DEPTH = 0.03
# Weights of the habits: neither is enough without support from another kind of evidence.
SIGN_WEIGHT = 2.0
GROUND_WEIGHT = 1.0
SURE = 3.0  # log-odds, 95 %
MAX_FRAMES = 4  # that are examined; if they leave the order open, it stays open

SWAP = ('auto', 'yes', 'no')


class ViewOrder:
    """
    The evidence about the order of the views, collected frame by frame.

    `exchanged`: whether the views have to be exchanged. `looking`: whether further frames may
    still change that.
    """

    def __init__(self, swap: str) -> None:
        """
        Start with the user's choice.

        :param swap: 'yes' to exchange the views, 'no' to keep them, 'auto' to find out
        :raises ValueError: if `swap` is anything else
        """
        if swap not in SWAP:
            raise ValueError(f'swap is {swap!r}, but must be one of {", ".join(SWAP)}')
        self._swap = swap
        self._scores: list[float] = []
        self.exchanged = swap == 'yes'

    @property
    def looking(self) -> bool:
        return self._swap == 'auto' and len(self._scores) < MAX_FRAMES and abs(self._score) < SURE

    def add(self, score: float) -> None:
        """Add the score of a frame, as `order_score` returns it."""
        self._scores.append(score)
        self.exchanged = self._score <= -SURE

    @property
    def report(self) -> str:
        """The findings as text, empty if there was nothing to examine."""
        if self._swap != 'auto':
            return 'left and right exchanged as requested' if self.exchanged else ''
        if not self._scores:
            return ''
        sure = f'{min(99, 100 / (1 + math.exp(-abs(self._score)))):.0f} % sure'
        if self.exchanged:
            return f'left and right exchanged ({sure})'
        if self._score >= SURE:
            return f'left and right in order ({sure})'
        guess = 'in order' if self._score > 0 else 'exchanged'
        return f'left and right perhaps {guess} ({sure}), not changed'

    @property
    def _score(self) -> float:
        return float(np.mean(self._scores)) if self._scores else 0.0


def order_score(
    left: np.ndarray, right: np.ndarray, disparities: np.ndarray, rows: np.ndarray
) -> float:
    """
    Weigh the evidence of one frame on the order of its views.

    :param left: uint8 (H, W, 3), rows aligned with those of `right`, 0 outside the picture
    :param right: the same size
    :param disparities: float (N,), x in left minus x in right of the matches, pixels
    :param rows: float (N,), the rows of the matches
    :returns: log-odds, positive for views in order, negative for exchanged views
    """
    return (
        occlusion_score(left, right, disparities)
        + SIGN_WEIGHT * _sign(disparities, left.shape[1])
        + GROUND_WEIGHT * _ground(disparities, rows)
    )


def _sign(disparities: np.ndarray, width: int) -> float:
    """
    Return the evidence of the sign of the disparities, -1 to 1.

    Parallel cameras see everything at positive disparities. Converged cameras and shifted films
    do not, so signs count only if all are equal, in proportion to the smallest disparity.
    """
    lowest, highest = np.percentile(disparities, (2, 98)) / (SCREEN_DEPTH * width)
    return float(np.clip(lowest, 0, 1) + np.clip(highest, -1, 0))


def _ground(disparities: np.ndarray, rows: np.ndarray) -> float:
    """Return the evidence, -1 to 1, that lower parts are nearer, like ground and tables."""
    if min(np.std(disparities), np.std(rows)) < 1:
        return 0.0
    return float(np.corrcoef(disparities, rows)[0, 1])


def occlusion_score(left: np.ndarray, right: np.ndarray, disparities: np.ndarray) -> float:
    """
    Return the evidence of occlusions as log-odds (see `order_score`).

    Where the disparity increases along a row, only one camera sees a run of pixels as long as the
    step. The run belongs to the surface behind, which has the smaller disparity, and has its
    colour. In exchanged views it has the colour of the surface with the larger disparity.
    """
    lowest, highest = np.percentile(disparities, (2, 98))
    forward = _disparity(left, right, lowest, highest)
    backward = -_disparity(right, left, -highest, -lowest)
    behind, runs = _hidden_runs(left, forward, backward)
    # Pixels that only the right camera sees: the same in the mirrored, exchanged views.
    mirrored = (np.ascontiguousarray(x[:, ::-1]) for x in (right, backward, forward))
    more_behind, more_runs = _hidden_runs(*mirrored)
    behind, runs = behind + more_behind, runs + more_runs
    return (2 * behind - runs) / math.sqrt(runs * RUNS_PER_EDGE) if runs else 0.0


def _disparity(left: np.ndarray, right: np.ndarray, lowest: float, highest: float) -> np.ndarray:
    """Return the disparity of the left view, float32 (H, W), NaN where nothing matches."""
    lowest = math.floor(lowest) - MARGIN
    count = math.ceil((highest + MARGIN - lowest) / 16) * 16
    matcher = cv2.StereoSGBM_create(  # type: ignore[attr-defined]
        minDisparity=lowest,
        numDisparities=count,
        blockSize=5,
        P1=200,
        P2=2400,
        uniquenessRatio=5,
        speckleWindowSize=50,
        speckleRange=2,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )
    # SGBM skips columns whose search range leaves the image.
    sides = max(0, lowest + count), max(0, -lowest)
    padded = (cv2.copyMakeBorder(x, 0, 0, *sides, cv2.BORDER_CONSTANT) for x in (left, right))
    disparity = matcher.compute(*padded)[:, sides[0] : sides[0] + left.shape[1]] / np.float32(16)
    return np.where(disparity < lowest, np.float32(np.nan), disparity)


def _hidden_runs(image: np.ndarray, disparity: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """
    Count runs of pixels that are hidden from the other camera.

    :param image: uint8 (H, W, 3), the view
    :param disparity: float32 (H, W), its disparity
    :param other: float32 (H, W), the disparity of the other view
    :returns: the number of runs with the colour of the surface behind, the number of runs
    """
    height, width = disparity.shape
    columns = np.arange(width, dtype=np.float32) - disparity
    rows = np.arange(height, dtype=np.float32)[:, None].repeat(width, axis=1)
    back = cv2.remap(other, columns, rows, cv2.INTER_NEAREST, borderValue=np.nan)
    seen_by_both = np.abs(back - disparity) < 1.5
    colours = cv2.cvtColor(
        cv2.GaussianBlur(image, (3, 3), 0).astype(np.float32) / 255, cv2.COLOR_BGR2LAB
    )
    picture = image.max(axis=2) > 0
    behind = runs = 0
    for row in range(0, height, ROW_STEP):
        seen = np.flatnonzero(seen_by_both[row])
        steps = np.diff(disparity[row, seen])
        lengths = np.diff(seen) - 1
        hidden = (steps >= MIN_STEP) & (np.abs(lengths - steps) <= np.maximum(2, steps / 2))
        for start, stop in zip(seen[:-1][hidden] + 1, seen[1:][hidden], strict=True):
            if (
                start < BAND
                or stop > width - BAND
                or not picture[row, start - BAND : stop + BAND].all()
            ):
                continue
            far, run, near = (
                np.median(colours[row, a:b], axis=0)
                for a, b in ((start - BAND, start), (start, stop), (stop, stop + BAND))
            )
            if np.linalg.norm(far - near) >= CONTRAST:
                runs += 1
                behind += bool(np.linalg.norm(run - far) < np.linalg.norm(run - near))
    return behind, runs
