# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A recording that `ros2 bag play` and Foxglove open."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TYPE_CHECKING

import numpy as np

from crestereo_ros.calibration import CameraCalibration, RegionOfInterest
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.messages import calibrations, clouds, images
from crestereo_ros.messages.disparities import DisparityFields
from crestereo_ros.sources.bag_file import INSTALL

if TYPE_CHECKING:  # it is an extra, and imported when a bag is written
    from rosbags.rosbag2 import Writer

# Of the metadata: the newest whose profiles of topics are texts, which Humble needs.
VERSION: Literal[8] = 8
STORAGES = ('mcap', 'sqlite3')


def require_rosbags(path: Path) -> None:
    """
    Check that bags can be written here.

    :raises CommandError: if not
    """
    try:
        import rosbags.rosbag2  # noqa: F401
    except ImportError as error:
        raise CommandError(f'{path} needs rosbags to be written: {INSTALL}') from error


class BagWriter:
    """
    Write messages into a folder as rosbag2 does; MCAP with its chunks compressed.

    A context manager: at its end, whatever ended it, the bag is complete. Without a message
    nothing is written.
    """

    def __init__(self, path: Path, storage: str, frame_id: str) -> None:
        """
        Write nothing yet.

        :param path: of the folder, which does not exist
        :param storage: one of `STORAGES`
        :param frame_id: the frame in all headers
        """
        from rosbags.typesys import get_typestore, Stores

        self._path = path
        self._storage = storage
        self._frame_id = frame_id
        # The messages that are written have been the same from Foxy to Kilted.
        self._store = get_typestore(Stores.ROS2_HUMBLE)
        self._writer: Writer | None = None
        self._connections: dict[str, Any] = {}

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer:
            self._writer.close()
            self._writer = None

    def write_image(self, topic: str, stamp: int, array: np.ndarray, encoding: str) -> None:
        """
        Write a sensor_msgs/Image.

        :param stamp: in nanoseconds, of the header and of the record
        :param array: as of `images.to_fields`
        """
        self._write(topic, stamp, self._image(stamp, array, encoding))

    def write_disparity(self, topic: str, stamp: int, disparity: DisparityFields) -> None:
        """Write a stereo_msgs/DisparityImage; the stamp is as of `write_image`."""
        fields = disparity._asdict()
        fields |= {
            'image': self._image(stamp, disparity.image, '32FC1'),
            'valid_window': self._region(disparity.valid_window),
        }
        self._write(topic, stamp, self._stamped('stereo_msgs/msg/DisparityImage', stamp, fields))

    def write_points(self, topic: str, stamp: int, points: np.ndarray, image: np.ndarray) -> None:
        """
        Write a sensor_msgs/PointCloud2; the stamp is as of `write_image`.

        :param points: float32 (H, W, 3), in metres, NaN where unknown
        :param image: uint8 (H, W) or (H, W, 3), BGR, their colours
        """
        layout = clouds.PACKED
        words = np.dstack([points, clouds.packed_colors(image)])
        height, width = points.shape[:2]
        fields = clouds.to_fields(height, width, layout)
        kind = self._store.types['sensor_msgs/msg/PointField']
        fields |= {
            'fields': [kind(**field) for field in fields['fields']],
            'data': words.reshape(-1).view(np.uint8),
        }
        self._write(topic, stamp, self._stamped('sensor_msgs/msg/PointCloud2', stamp, fields))

    def write_calibration(self, topic: str, stamp: int, calibration: CameraCalibration) -> None:
        """Write a sensor_msgs/CameraInfo; the stamp is as of `write_image`."""
        fields = calibrations.to_fields(calibration)
        fields['roi'] = self._region(calibration.roi)
        self._write(topic, stamp, self._stamped('sensor_msgs/msg/CameraInfo', stamp, fields))

    def _image(self, stamp: int, array: np.ndarray, encoding: str) -> Any:  # noqa: ANN401
        fields = images.to_fields(array, encoding)
        return self._stamped('sensor_msgs/msg/Image', stamp, fields)

    def _region(self, region: RegionOfInterest) -> Any:  # noqa: ANN401
        return self._store.types['sensor_msgs/msg/RegionOfInterest'](
            **asdict(region), do_rectify=False
        )

    def _stamped(self, kind: str, stamp: int, fields: dict[str, Any]) -> Any:  # noqa: ANN401
        types = self._store.types
        time = types['builtin_interfaces/msg/Time'](*divmod(stamp, 10**9))
        header = types['std_msgs/msg/Header'](time, self._frame_id)
        return types[kind](header=header, **fields)

    def _write(self, topic: str, stamp: int, message: Any) -> None:  # noqa: ANN401
        kind = message.__msgtype__
        if self._writer is None:
            self._writer = self._open()
        if topic not in self._connections:
            connection = self._writer.add_connection(topic, kind, typestore=self._store)
            self._connections[topic] = connection
        data = self._store.serialize_cdr(message, kind)
        self._writer.write(self._connections[topic], stamp, data)

    def _open(self) -> Writer:
        from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

        plugin = StoragePlugin[self._storage.upper()]
        writer = Writer(self._path, version=VERSION, storage_plugin=plugin)
        if plugin is StoragePlugin.MCAP:
            writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        writer.open()
        return writer
