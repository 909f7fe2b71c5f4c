# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which source a user means."""

from urllib.parse import urlsplit
from urllib.request import url2pathname

from crestereo_ros.messages.intensities import AUTO, Intensities
from crestereo_ros.sources.bag import Bag, is_bag, STAMPS
from crestereo_ros.sources.camera import Camera, is_camera
from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.image_folders import ImageFolders, is_folder_or_pattern
from crestereo_ros.sources.image_pair import ImagePair
from crestereo_ros.sources.local_file import LocalFile
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.packed_image import PackedImage
from crestereo_ros.sources.packed_video import PackedVideo
from crestereo_ros.sources.packing import PACKINGS
from crestereo_ros.sources.stereo_source import StereoSource
from crestereo_ros.sources.video_pair import VideoPair
from crestereo_ros.sources.web_file import WebFile
from crestereo_ros.sources.web_page import WebPage

SOURCE_TYPES = ('auto', 'image_pair', 'image_folders', 'video_pair', *PACKINGS, 'camera', 'bag')


def open_source(
    source: str,
    source_right: str = '',
    *,
    source_type: str = 'auto',
    max_height: int = 1080,
    left_topic: str = '',
    right_topic: str = '',
    pair_tolerance: float = 0.0,
    pair_by: str = STAMPS[0],
    intensity_range: str = AUTO,
) -> StereoSource:
    """
    Open a source of the type that is named, or else of the one that it looks like.

    Of a file or web address its content decides, not the ending of its name:

    =======  ============  ==============================  =========================
    source   source_right  source_type                     opened as
    =======  ============  ==============================  =========================
    image    image         auto, image_pair                `ImagePair`
    folder   folder        auto, image_folders             `ImageFolders`
    video    video         auto, video_pair                `VideoPair`
    image    (empty)       auto, or as of a video          `PackedImage`
    video    (empty)       auto, side_by_side, over_under  `PackedVideo`
                           and both with _half at the end
    camera   camera        auto, camera                    `Camera`
    camera   (empty)       the same, and as of a video     `Camera`
    bag      (empty)       auto, bag                       `Bag`
    =======  ============  ==============================  =========================

    :param source: a local file or its file:// address, `~` being the home folder, or an http(s)
        address of a file or of a page with a video. A pattern such as 'left/*.png' counts as a
        folder, and `camera:0`, `/dev/video0` or an rtsp:// or udp:// address is a camera. A bag
        is the folder of a recording of rosbag2, or an .mcap or .db3 file
    :param source_right: the right side, where it is a source of its own
    :param source_type: one of `SOURCE_TYPES`
    :param max_height: most rows of a video that is found on a web page
    :param left_topic, right_topic, pair_tolerance, pair_by: as of `Bag`
    :param intensity_range: what becomes black and white in images of more than 8 bits, see
        `Intensities`
    :raises SourceError: when there is no such file or type, or it cannot be played
    """
    source, source_right = _local(source), _local(source_right)
    if source_type not in SOURCE_TYPES:
        raise SourceError(
            f"there is no source_type '{source_type}': it is one of {', '.join(SOURCE_TYPES)}"
        )
    try:
        intensities = Intensities(intensity_range)
    except ValueError as error:
        raise SourceError(f'intensity_range {error}') from error
    if not source:
        raise SourceError(
            'no source is given: name a left and a right image or video (source, source_right), '
            'or one video or camera with both views in each frame (source)'
        )
    if source_type == 'bag' or (source_type == 'auto' and is_bag(source)):
        if source_right:
            raise SourceError(
                f'{source} is a bag with both views, but a right one is named too: leave '
                'source_right empty'
            )
        return Bag(source, left_topic, right_topic, pair_tolerance, pair_by, intensities)
    if left_topic or right_topic:
        raise SourceError(
            f'{source} is not a bag, so it has no topics: leave left_topic and right_topic empty'
        )
    return _open(source, source_right, source_type, max_height, intensities)


def _open(
    source: str, source_right: str, source_type: str, max_height: int, intensities: Intensities
) -> StereoSource:
    if source_type in PACKINGS and source_right:
        raise SourceError(
            f'{source_type} is one image or video with both views, but a right one is named too: '
            'leave source_right empty, or leave source_type auto'
        )
    if source_type in ('image_pair', 'image_folders', 'video_pair') and not source_right:
        raise SourceError(f'{source_type} has two sides: name the right one too (source_right)')
    if source_type == 'camera' or is_camera(source) or is_camera(source_right):
        return _open_cameras(source, source_right, source_type)
    folders = [
        bool(text) and not _is_address(text) and is_folder_or_pattern(text)
        for text in (source, source_right)
    ]
    if source_type == 'image_folders' or (source_type == 'auto' and all(folders)):
        return ImageFolders(source, source_right, intensities)
    if any(folders):
        raise SourceError(
            f'{source if folders[0] else source_right} is a folder or a pattern: name two of '
            'them (source, source_right), or files'
        )
    left = _locate(source, max_height)
    right = _locate(source_right, max_height) if source_right else None
    if right is None:
        if left.is_image():
            return PackedImage(left, PACKINGS.get(source_type), intensities)
        return PackedVideo(left, PACKINGS.get(source_type))
    if source_type == 'auto':
        source_type = _type_of_pair(left, right)
    if source_type == 'image_pair':
        return ImagePair(left, right, intensities)
    return VideoPair(left, right)


def _open_cameras(source: str, source_right: str, source_type: str) -> StereoSource:
    if source_type != 'camera':
        if source_type != 'auto' and source_type not in PACKINGS:
            raise SourceError(f'{source} is a camera, not {source_type}: leave source_type auto')
        if source_right and not (is_camera(source) and is_camera(source_right)):
            raise SourceError(
                f'{source} and {source_right} are not both cameras: name two, or set source_type '
                'to camera if they are'
            )
    return Camera(source, source_right, PACKINGS.get(source_type))


def _type_of_pair(left: Location, right: Location) -> str:
    if left.is_image() != right.is_image():
        image, other = (left, right) if left.is_image() else (right, left)
        raise SourceError(
            f'{image.name} is an image, but {other.name} is not: give two images or two videos'
        )
    return 'image_pair' if left.is_image() else 'video_pair'


def _local(text: str) -> str:
    """Return the path of a file:// address, anything else as it is."""
    if text.lower().startswith('file://'):
        return url2pathname(urlsplit(text).path)
    return text


def _is_address(text: str) -> bool:
    return text.lower().startswith(('http://', 'https://'))


def _locate(text: str, max_height: int) -> Location:
    if not _is_address(text):
        return LocalFile(text)
    file = WebFile(text)
    return WebPage(text, max_height) if file.is_page else file
