# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recordings of two cameras."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
import logging
import statistics
from typing import Any, NamedTuple

import cv2
import numpy as np

from crestereo_ros.calibration import (
    CalibrationError,
    CameraCalibration,
    StereoCalibration,
    StereoRectifier,
)
from crestereo_ros.messages import calibrations, compressed_images, ImageMessageError, images
from crestereo_ros.messages.intensities import Intensities
from crestereo_ros.messages.stamps import is_valid, nanoseconds
from crestereo_ros.messages.topics import camera_info_topic, is_rectified_topic
from crestereo_ros.messages.video_packets import (
    frame_id_of,
    PacketDecoder,
    stamp_of,
    VIDEO_TYPES,
)
from crestereo_ros.pairing import Pair, PairingSnapshot, PairSynchronizer, Side
from crestereo_ros.sources.bag_file import BagFile, is_bag
from crestereo_ros.sources.bag_topics import choose_topics, IMAGE
from crestereo_ros.sources.errors import SourceError, UnequalSizesError
from crestereo_ros.sources.image_pair import RATE
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource

__all__ = ['Bag', 'is_bag']

# Images of a side that may wait for a partner: more than a recorder mixes up, few enough for the
# memory if the other side is missing.
QUEUE = 100
FIRST_PAIRS = 30  # that the rate is taken from
SECOND = 1_000_000_000  # nanoseconds
LARGEST_TOLERANCE = 1.0  # s
STAMPS = 'header', 'recording'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'

logger = logging.getLogger(__name__)


class Taken(NamedTuple):
    """An image as it was recorded, by its stamp in nanoseconds; decoded if it is of a video."""

    stamp: int
    message: Any
    image: np.ndarray | None = None


class Bag(StereoSource):
    """
    Pairs of images in a rosbag2 recording, paired by the stamps in their headers.

    Every pair is given; images without a partner are counted and logged. Times are those of the
    left images. Where stamps go back, as in a recording of a loop, time goes on.

    `calibration` is that of the first camera_info beside the images. The images are given as
    they were recorded: `calibration` undistorts and rectifies those of raw topics, and leaves
    nothing to do for those of topics that are called rectified.
    """

    def __init__(
        self,
        path: str,
        left_topic: str = '',
        right_topic: str = '',
        tolerance: float = 0.0,
        pair_by: str = STAMPS[0],
        intensities: Intensities | None = None,
    ) -> None:
        """
        Find the topics and read the first pair.

        :param path: of the folder, or of an .mcap or .db3 file, `~` being the home folder
        :param left_topic, right_topic: sensor_msgs/Image or CompressedImage; empty to find them
        :param tolerance: largest difference of the stamps of a pair in seconds; 0: equal
        :param pair_by: one of `STAMPS`: the stamps in the headers, or the times of recording
        :param intensities: makes 8 bits of images with more; None: by what they use
        :raises SourceError: if the bag cannot be read, the topics are not known, or there is no
            pair that can be used
        """
        if not 0 <= tolerance <= LARGEST_TOLERANCE:
            raise SourceError(
                f'pair_tolerance is {tolerance:g}, but must be 0 to {LARGEST_TOLERANCE:g} s'
            )
        self._bag = BagFile(path)
        self.name = self._bag.name
        chosen = choose_topics(self.name, self._bag.topics, left_topic, right_topic)
        self._topics = dict(zip(Side, chosen, strict=True))
        self._tolerance = round(tolerance * SECOND)
        self._unpaired_logged = False
        self._intensities = intensities or Intensities()
        if pair_by not in STAMPS:
            raise SourceError(f"pair_by is '{pair_by}', but must be one of {', '.join(STAMPS)}")
        self._pair_by = pair_by

        first_pairs = self._pairs()
        stamps: list[int] = []
        for pair in islice(first_pairs, FIRST_PAIRS):
            if not stamps:
                self._shape = self._frame(pair, 0.0).left.shape[:2]
                self.frame_id = frame_id_of(pair.left.message)
            stamps.append(pair.left_stamp)
        steps = [step for step in (b - a for a, b in pairwise(stamps)) if step > 0]
        self.rate = SECOND / statistics.median(steps) if steps else RATE
        counts = [self._bag.topics[topic].messages for topic in chosen]
        self.length_is_known = len(stamps) < FIRST_PAIRS
        self.length = len(stamps) if self.length_is_known else min(counts)
        self.calibration = self._calibration()
        logger.info(f'{self.name}: {chosen[0]} and {chosen[1]}; {self._state()}')

    @property
    def splittable(self) -> bool:
        return not self._intensities.may_change

    def _state(self) -> str:
        if self.calibration is None:
            return 'there is no calibration beside them'
        if self._are_rectified():
            return 'the images are rectified'
        return 'the images are raw, and their calibration rectifies them'

    def _are_rectified(self) -> bool:
        return all(map(is_rectified_topic, self._topics.values()))

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        origin, time = None, -1 / self.rate
        for pair in self._pairs():
            if origin is None:
                origin = pair.left_stamp
            if pair.left_stamp - origin <= time * SECOND:  # another recording after the first
                origin = pair.left_stamp - round((time + 1 / self.rate) * SECOND)
            time = (pair.left_stamp - origin) / SECOND
            if time < start:
                continue
            try:
                yield self._frame(pair, time)
            except SourceError as error:
                logger.warning(f'left out: {error}')

    def _pairs(self) -> Iterator[Pair[Taken]]:
        """Read all pairs of images; raise SourceError if there are none."""
        synchronizer: PairSynchronizer[Taken] = PairSynchronizer(self._tolerance, QUEUE)
        zeros = 0
        for side, taken in self._taken():
            if taken is None:
                synchronizer.reject(side)
                continue
            zeros += not taken.stamp
            pair = synchronizer.add(side, taken.stamp, taken)
            if pair:
                yield pair
        self._log_unpaired(synchronizer, zeros)

    def _taken(self) -> Iterator[tuple[Side, Taken | None]]:
        """Read the images of both sides as they were recorded; None for one with a bad stamp."""
        sides = {topic: side for side, topic in self._topics.items()}
        decoders = {side: PacketDecoder() for side in Side}
        gaps = 0
        for topic, time, data in self._bag.records(sides):
            side = sides[topic]
            if self._bag.gaps != gaps:
                gaps = self._bag.gaps
                for decoder in decoders.values():
                    decoder.restart()
            try:
                message = self._bag.message(topic, data)
            except SourceError as error:
                logger.warning(f'left out: {self.name}: {error}')
                continue
            stamp = stamp_of(message)
            if self._pair_by == 'header' and not is_valid(stamp):
                yield side, None
                continue
            taken = Taken(nanoseconds(stamp) if self._pair_by == 'header' else time, message)
            if self._bag.topics[topic].message_type not in VIDEO_TYPES:
                yield side, taken
                continue
            try:
                decoded = decoders[side].decode(message, taken)
            except ImageMessageError as error:
                raise SourceError(f'{self.name}: {topic}: {error}') from error
            for each, image in decoded:
                yield side, each._replace(image=image)
        for side, decoder in decoders.items():
            for each, image in decoder.flush():
                yield side, each._replace(image=image)

    def _log_unpaired(self, synchronizer: PairSynchronizer[Taken], zeros: int) -> None:
        seen = synchronizer.snapshot()
        alone = {side: seen.received[side] - seen.pairs for side in Side}
        text = ' and '.join(
            f'{alone[side]} of {seen.received[side]} images on {self._topics[side]}'
            for side in Side
        )
        if zeros > len(Side) and zeros == sum(seen.received.values()):
            raise SourceError(
                f'{self.name}: the stamps in all headers are zero, so images cannot be paired by '
                'them: set pair_by to recording, and pair_tolerance to how far apart the images '
                'of a pair were recorded'
            )
        if not seen.pairs:
            raise SourceError(f'{self.name}: {text} have no partner: {self._advice(seen)}')
        if any(alone.values()) and not self._unpaired_logged:
            self._unpaired_logged = True
            logger.warning(f'{self.name}: left out, because they have no partner: {text}')

    def _advice(self, seen: PairingSnapshot) -> str:
        nearest = seen.nearest_miss
        if nearest is None:
            return 'name other topics'
        far = f'the nearest are {nearest / SECOND:.9f}'.rstrip('0').rstrip('.') + ' s apart'
        if nearest > LARGEST_TOLERANCE * SECOND:
            return (
                f'{far}, more than pair_tolerance can be ({LARGEST_TOLERANCE:g} s): name other '
                'topics, or set pair_by to recording if the clocks of the cameras differ'
            )
        tolerance = nearest * 1.5 / SECOND
        return f'{far}: set pair_tolerance to {tolerance:.2g} or so, or name other topics'

    def _frame(self, pair: Pair[Taken], time: float) -> StereoFrame:
        left, right = self._image(Side.LEFT, pair.left), self._image(Side.RIGHT, pair.right)
        if left.shape != right.shape:
            topics = self._topics
            raise UnequalSizesError(topics[Side.LEFT], left.shape, topics[Side.RIGHT], right.shape)
        left, right = self._intensities.to_8_bits(left, right)
        return StereoFrame(left, right, time, pair.left_stamp or None)

    def _image(self, side: Side, taken: Taken) -> np.ndarray:
        topic, image = self._topics[side], taken.image
        is_raw = self._bag.topics[topic].message_type == IMAGE
        if image is None:
            try:
                image = (images if is_raw else compressed_images).to_array(taken.message)
            except ImageMessageError as error:
                raise SourceError(f'{self.name}: {topic}: {error}') from error
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image

    def _calibration(self) -> StereoCalibration | None:
        """Return the calibration of the images as they are given, None if there is none."""
        cameras = [self._camera(topic) for topic in self._topics.values()]
        if cameras[0] is None or cameras[1] is None:
            return None
        calibration = StereoCalibration(cameras[0], cameras[1])
        height, width = self._shape
        blank = np.zeros((height, width), np.uint8)
        try:
            StereoRectifier().rectify(blank, blank, calibration.for_image(width, height))
        except CalibrationError as error:
            sides = Side if error.side is None else [Side(error.side)]
            names = ' and '.join(camera_info_topic(self._topics[side]) for side in sides)
            logger.warning(f'{self.name}: {names} cannot be used, so there is no depth: {error}')
            return None
        return calibration

    def _camera(self, image_topic: str) -> CameraCalibration | None:
        topic = camera_info_topic(image_topic)
        known = self._bag.topics.get(topic)
        if known is None or known.message_type != CAMERA_INFO or not known.messages:
            return None
        for record in self._bag.records([topic]):
            camera = calibrations.from_message(self._bag.message(topic, record.data))
            return camera.rectified() if is_rectified_topic(image_topic) else camera
        return None
