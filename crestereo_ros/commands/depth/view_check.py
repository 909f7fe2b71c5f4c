# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether the two views of a source can be a stereo pair at all."""

from __future__ import annotations

from collections.abc import Iterator
import logging

import numpy as np

from crestereo_ros.alignment.estimator import FEWEST_MATCHES
from crestereo_ros.alignment.feature_matches import match_features
from crestereo_ros.alignment.likeness import (
    DOUBTFUL,
    moved,
    shares_alike,
    small_picture,
    UNLIKE,
)
from crestereo_ros.alignment.working_image import working_image
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.sources import StereoSource
from crestereo_ros.validity.pair_health import faults_of_views, identical_views, unlike_views

MOST_FRAMES = 50  # that are looked at until one shows something
ELSEWHERE = 1 / 3, 2 / 3  # of the duration; a film may begin with a title

logger = logging.getLogger(__name__)


class ViewCheck:
    """Looks at the first frames of a source that show something."""

    def __init__(self, source: StereoSource) -> None:
        self._source = source
        self._left = MOST_FRAMES

    def look(self, left: np.ndarray, right: np.ndarray, infinity: float = 0.0) -> None:
        """
        Look at a frame as it is matched, unless that has been decided.

        :param infinity: the disparity of what is infinitely far, in pixels
        :raises CommandError: if the views of this frame, and of others, have nothing in common
        """
        if not self._left:
            return
        self._left -= 1
        if faults_of_views(left, right):
            return
        self._left = 0
        fault, text = _fault(left, right, infinity)
        if not fault or any(not other for other, _ in self._elsewhere(infinity)):
            return
        if fault == 'exchanged':
            logger.warning(f'{self._source.name}: {text}')
            return
        raise CommandError(f'{self._source.name}: {text} (--align off goes on without looking)')

    def _elsewhere(self, infinity: float) -> Iterator[tuple[str, str]]:
        duration = self._source.duration
        if self._source.length == 1 or not self._source.seekable or not duration:
            return
        for share in ELSEWHERE:
            frame = next(self._source.frames(share * duration), None)
            if frame and not faults_of_views(frame.left, frame.right):
                yield _fault(frame.left, frame.right, infinity)


def _fault(left: np.ndarray, right: np.ndarray, infinity: float) -> tuple[str, str]:
    small = small_picture(left), moved(small_picture(right), infinity / right.shape[1])
    found = identical_views(left, right) or unlike_views(*small, below=DOUBTFUL)
    if not found:
        return '', ''
    fault = found[0]
    if fault.name == 'unlike' and max(shares_alike(*small)[1:]) > UNLIKE:
        # Rows that are not lined up well make views unlike as well.
        matches = match_features(*map(working_image, (left, right)))
        if len(matches) >= FEWEST_MATCHES:
            return '', ''
    return fault.name, fault.text
