# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Which of two views is the left one.

Nothing in the geometry of matches tells: exchanged views are a valid pair of a scene turned
inside out. What tells is which surface hides which, and two habits of people who film.
"""

import math

import cv2
import numpy as np

SMALLEST_JUMP = 4  # px of disparity; a smaller step hides too few pixels to look at
BAND = 6  # px of each surface beside a hidden run whose colour is compared
CONTRAST = 8.0  # CIELAB; surfaces more alike than this do not say whose the hidden pixels are
RUNS_PER_EDGE = 5  # runs of one edge, a row each, are no independent witnesses
ROW_STEP = 2
MARGIN = 16  # px searched beyond the disparities of the matches
# Share of the width. 3D films put the scene within about this of the screen, on either side;
# further to one side than that is not done on purpose.
SCREEN_DEPTH = 0.03
# Weights of the habits: neither one can do without support from another kind of evidence.
SIGN_WEIGHT = 2.0
GROUND_WEIGHT = 1.0
SURE = 3.0  # log-odds, 95 %
MOST_FRAMES = 4  # that are looked at; what they leave open stays open

SWAP = ('auto', 'yes', 'no')


class ViewOrder:
    """
    What is known of the order of the views, frame by frame.

    `exchanged`: whether to exchange them; `looking`: whether further frames may change that.
    """

    def __init__(self, swap: str):
        """
        Start with what the user says.

        :param swap: 'auto' to find out, 'yes' to exchange the views, 'no' to keep them
        :raises ValueError: for anything else
        """
        if swap not in SWAP:
            raise ValueError(f'swap is {swap!r}, but must be one of {", ".join(SWAP)}')
        self._swap = swap
        self._scores = []
        self.exchanged = swap == 'yes'

    @property
    def looking(self) -> bool:
        return self._swap == 'auto' and len(self._scores) < MOST_FRAMES and abs(self._score) < SURE

    def add(self, score: float) -> None:
        """Take the score of one more frame, as `order_score` gives it, into account."""
        self._scores.append(score)
        self.exchanged = self._score <= -SURE

    @property
    def report(self) -> str:
        """What is known, in words; nothing where there was nothing to look at."""
        if self._swap != 'auto':
            return 'left and right exchanged as told' if self.exchanged else ''
        if not self._scores:
            return ''
        sure = f'{min(99, 100 / (1 + math.exp(-abs(self._score)))):.0f} % sure'
        if self.exchanged:
            return f'left and right exchanged ({sure})'
        if self._score >= SURE:
            return f'left and right in order ({sure})'
        guess = 'in order' if self._score > 0 else 'exchanged'
        return f'left and right perhaps {guess} ({sure}), left as they are'

    @property
    def _score(self):
        return float(np.mean(self._scores)) if self._scores else 0.0


def order_score(
    left: np.ndarray, right: np.ndarray, disparities: np.ndarray, rows: np.ndarray
) -> float:
    """
    Weigh whether the views are in order.

    :param left: uint8 (H, W, 3) with its rows aligned to the right one's, 0 where there is no
        picture
    :param right: the same size
    :param disparities: float (N,), x in left minus x in right of the matches in these views
    :param rows: float (N,), the rows of the matches
    :returns: log-odds, positive for in order, negative for exchanged
    """
    return (
        occlusion_score(left, right, disparities)
        + SIGN_WEIGHT * _sign(disparities, left.shape[1])
        + GROUND_WEIGHT * _ground(disparities, rows)
    )


def _sign(disparities, width):
    """
    Tell by the sign of the disparities, -1 to 1.

    Parallel cameras see everything at positive disparities. Converged cameras and shifted films
    do not, so only what lies wholly on one side counts, and by how far.
    """
    lowest, highest = np.percentile(disparities, (2, 98)) / (SCREEN_DEPTH * width)
    return float(np.clip(lowest, 0, 1) + np.clip(highest, -1, 0))


def _ground(disparities, rows):
    """Tell by what is lower in the picture being nearer, as ground and tables are, -1 to 1."""
    if min(np.std(disparities), np.std(rows)) < 1:
        return 0.0
    return float(np.corrcoef(disparities, rows)[0, 1])


def occlusion_score(left: np.ndarray, right: np.ndarray, disparities: np.ndarray) -> float:
    """
    Tell by which surface is hidden, as ``order_score`` does.

    Where disparity steps up along a row, a run of pixels as long as the step is seen by one
    camera only. It belongs to the surface behind, which is the one of smaller disparity, and
    continues its colour; with exchanged views it continues that of larger disparity.
    """
    lowest, highest = np.percentile(disparities, (2, 98))
    forward = _disparity(left, right, lowest, highest)
    backward = -_disparity(right, left, -highest, -lowest)
    behind, runs = _hidden_runs(left, forward, backward)
    # What the left camera does not see: the same in a mirror, where the views change places.
    mirrored = (np.ascontiguousarray(x[:, ::-1]) for x in (right, backward, forward))
    more_behind, more_runs = _hidden_runs(*mirrored)
    behind, runs = behind + more_behind, runs + more_runs
    return (2 * behind - runs) / math.sqrt(runs * RUNS_PER_EDGE) if runs else 0.0


def _disparity(left, right, lowest, highest):
    """Match every pixel of left; float32 (H, W), NaN where nothing matches."""
    lowest = math.floor(lowest) - MARGIN
    count = math.ceil((highest + MARGIN - lowest) / 16) * 16
    matcher = cv2.StereoSGBM_create(
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
    # It leaves out the columns that the search range could leave the image from.
    sides = max(0, lowest + count), max(0, -lowest)
    padded = (cv2.copyMakeBorder(x, 0, 0, *sides, cv2.BORDER_CONSTANT) for x in (left, right))
    disparity = matcher.compute(*padded)[:, sides[0] : sides[0] + left.shape[1]] / np.float32(16)
    return np.where(disparity < lowest, np.float32(np.nan), disparity)


def _hidden_runs(image, disparity, other):
    """
    Count runs of pixels hidden from the other camera, and those that continue what is behind.

    :param image: uint8 (H, W, 3), the view
    :param disparity: float32 (H, W), its disparity
    :param other: float32 (H, W), the disparity of the other view
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
        hidden = (steps >= SMALLEST_JUMP) & (np.abs(lengths - steps) <= np.maximum(2, steps / 2))
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
