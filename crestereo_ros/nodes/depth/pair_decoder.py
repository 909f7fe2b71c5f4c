# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Turns pairs of messages into pairs of rectified arrays."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from crestereo_ros.errors import CrestereoError
from crestereo_ros.matching import ImagePairError
from crestereo_ros.matching.images import check_pair
from crestereo_ros.messages import compressed_images, ImageMessageError
from crestereo_ros.messages.intensities import AUTO, Intensities
from crestereo_ros.messages.topics import is_rectified_topic
from crestereo_ros.nodes.depth.calibration_input import CalibrationInput, NoDepth
from crestereo_ros.nodes.depth.pair_counters import PairDrop
from crestereo_ros.nodes.depth.pair_rectifier import PairRectifier, Rectification
from crestereo_ros.nodes.depth.row_check import RowCheck
from crestereo_ros.nodes.image_messages import to_array
from crestereo_ros.pairing import Pair, Side
from crestereo_ros.pipeline import RectifiedPair
from crestereo_ros.pipeline.infinity import infinity_of
from crestereo_ros.validity.pair_health import PairFault, PairHealth


class ReceivedImage(NamedTuple):
    """
    An image as received.

    `content`: the message, or a decoded video image, uint8 (H, W, 3), BGR. `topic`: full name.
    """

    header: Header
    content: Image | CompressedImage | np.ndarray
    topic: str


@dataclass(frozen=True, eq=False)
class DecodedPair:
    """A pair, ready to be matched."""

    header: Header  # of the left image
    images: RectifiedPair
    no_depth: NoDepth | None  # why the images have no calibration


class UnusableImagesError(CrestereoError):
    """Images that cannot be matched; the text names their topics."""

    drop = PairDrop.UNUSABLE


class NotRectifiedError(UnusableImagesError):
    """Images that have to be rectified but cannot be."""

    drop = PairDrop.NOT_RECTIFIED


class PairDecoder:
    """
    Decodes and rectifies pairs, in the thread that matches them.

    Any thread may read its properties.
    """

    def __init__(self, calibrations: CalibrationInput) -> None:
        self._calibrations = calibrations
        self._rectifier = PairRectifier()
        self._rectification = Rectification('')
        self._topics: dict[Side, str] = {}
        self._size: tuple[int, int] | None = None  # height and width
        self._rows = RowCheck()
        self._health = PairHealth()
        self._intensity_range = AUTO
        self._intensities = Intensities()
        self._doubt = ''  # about the latest calibration

    def decode(
        self,
        pair: Pair[ReceivedImage],
        rectify: str,
        lost: int,
        baseline: float = 0.0,
        intensity_range: str = AUTO,
        baseline_from_tf: bool = True,
    ) -> DecodedPair:
        """
        Return a pair, ready to be matched.

        :param rectify: 'auto', 'on' or 'off'
        :param baseline: in metres, for a camera_info without one; 0 if unknown
        :param baseline_from_tf: whether to ask tf for a baseline that neither of them has
        :param lost: as in `RectifiedPair`
        :param intensity_range: as in `Intensities`
        :raises UnusableImagesError: if it cannot be matched
        :raises NotRectifiedError: if it cannot be rectified although `rectify` is 'on'
        """
        received = {Side.LEFT: pair.left, Side.RIGHT: pair.right}
        topics = {side: image.topic for side, image in received.items()}
        if intensity_range != self._intensity_range or topics != self._topics:
            self._intensity_range = intensity_range
            self._intensities = Intensities(intensity_range)
        arrays = self._intensities.to_8_bits(*(_array(image) for image in received.values()))
        images = dict(zip(received, _of_one_kind(arrays), strict=True))
        _check_sizes(images, received)
        height, width = images[Side.LEFT].shape[:2]
        already_rectified = rectify == 'off' or (
            rectify == 'auto' and all(map(is_rectified_topic, topics.values()))
        )
        calibration = self._calibrations.for_pair(
            width,
            height,
            pair.left_stamp,
            pair.right_stamp,
            baseline if already_rectified else None,
            (pair.left.header.frame_id, pair.right.header.frame_id) if baseline_from_tf else None,
        )
        self._doubt = '' if isinstance(calibration, NoDepth) else calibration.doubt
        rectified, rectification = self._rectifier.rectify(images, topics, calibration, rectify)
        if rectify == 'on' and rectification.obstacle:
            self._rectification = rectification
            raise NotRectifiedError(f'rectify is on, but not possible: {rectification.obstacle}')
        seen = rectification, topics, (height, width)
        if seen != (self._rectification, self._topics, self._size):
            self._rows.restart()  # another camera, or other settings
            self._health.restart()
        self._rectification, self._topics, self._size = seen
        self._rows.offer(rectified.left, rectified.right)
        no_depth = calibration if isinstance(calibration, NoDepth) else None
        infinity = 0.0 if isinstance(calibration, NoDepth) else infinity_of(calibration, width)
        self._health.look(rectified.left, rectified.right, monotonic(), infinity)
        rectified_pair = RectifiedPair(
            left=rectified.left,
            right=rectified.right,
            calibration=None if isinstance(calibration, NoDepth) else calibration,
            seen=rectified.seen,
            seen_right=rectified.seen_right,
            stamp=pair.left_stamp,
            lost=lost,
        )
        return DecodedPair(pair.left.header, rectified_pair, no_depth)

    @property
    def faults(self) -> list[PairFault]:
        """Why the latest pairs are partly or wholly useless, worst first."""
        return self._health.faults

    @property
    def problem(self) -> str:
        """What is wrong with the geometry of the latest pair and how to fix it, or empty."""
        rectification = self._rectification
        if rectification.obstacle:
            return (
                f'Images are matched without rectification: {rectification.obstacle}. Set rectify '
                'to off if the cameras rectify them'
            )
        offset = self._rows.offset
        if offset is None or offset.lines_up:
            return self._doubt and f'Depth by camera_info may be wrong: {self._doubt}'
        both = ' and '.join(self._topics.values())
        return (
            f'The rows of {both} do not line up: the same points are {offset.pixels:.1f} px '
            f'apart vertically (rectification: {rectification.state}). Calibrate the cameras as a '
            'stereo pair, and set rectify to on for raw images or to off for rectified ones'
        )

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """Height and width of the latest pair, None before the first."""
        return self._size

    def values(self) -> dict[str, Any]:
        """Return the findings, for diagnostics."""
        offset = self._rows.offset
        values = self._calibrations.values()
        values['image faults'] = ', '.join(fault.name for fault in self.faults) or 'none'
        if self._rectification.state:
            values['rectification'] = ': '.join(
                filter(None, (self._rectification.state, self._rectification.obstacle))
            )
        if self._intensities.range is not None:
            values['intensity range'] = '{:g},{:g}'.format(*self._intensities.range)
        if offset is not None:
            values['row offset (px)'] = f'{offset.pixels:.2f}'
        elif self._rows.failure:
            values['row offset (px)'] = self._rows.failure
        return values

    def close(self, timeout: float) -> None:
        """End the measuring thread; wait for it at most `timeout` seconds."""
        self._rows.close(timeout)


def _array(image: ReceivedImage) -> np.ndarray:
    content = image.content
    if isinstance(content, np.ndarray):
        return content
    try:
        if isinstance(content, CompressedImage):
            return compressed_images.to_array(content)
        return to_array(content)
    except ImageMessageError as error:
        raise UnusableImagesError(f'{image.topic}: {error}') from error


def _of_one_kind(images: list[np.ndarray]) -> list[np.ndarray]:
    """Return images that are all grey, or else all colour."""
    if len({image.ndim for image in images}) == 1:
        return images
    return [
        cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image for image in images
    ]


def _check_sizes(images: dict[Side, np.ndarray], received: dict[Side, ReceivedImage]) -> None:
    try:
        check_pair(*images.values())
    except ImagePairError as error:
        both = ' and '.join(image.topic for image in received.values())
        raise UnusableImagesError(f'{both}: {error}') from error
