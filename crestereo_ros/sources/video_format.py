# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which of the formats that a site offers is played."""

from collections.abc import Iterable

from crestereo_ros.sources.errors import SourceError

DIRECT = ('https', 'http')
PLAYABLE = (*DIRECT, 'm3u8_native', 'm3u8')  # names of protocols as yt-dlp has them
CODECS = {'avc1': 3, 'avc3': 3, 'h264': 3, 'vp9': 2, 'vp09': 2}  # of the others 1
RARELY_DECODED = 'av01'  # by the FFmpeg in OpenCV's wheels, without help of the hardware


def choose_format(formats: Iterable[dict], max_height: int) -> dict:
    """
    Choose the highest video of at most `max_height` rows that OpenCV can decode.

    AV1 is only taken if there is nothing else. Of one height a plain file goes before a list of
    pieces, H.264 before VP9 before others, and video alone before video with sound. Where the
    height is not known the format is taken if none has a known one.

    :param formats: as in yt-dlp's `info['formats']`
    :raises SourceError: when there is none; the message begins with what is missing
    """
    videos = [
        one
        for one in formats
        if one.get('vcodec') != 'none' and one.get('protocol') in PLAYABLE and one.get('url')
    ]
    if not videos:
        raise SourceError('no video that OpenCV can play')
    fitting = [one for one in videos if (one.get('height') or 0) <= max_height]
    if not fitting:
        heights = sorted({one['height'] for one in videos})
        raise SourceError(
            f'no video of at most {max_height} rows, only of {", ".join(map(str, heights))}: '
            'raise max_height'
        )
    return max(fitting, key=_preference)


def _preference(one: dict) -> tuple:
    codec = (one.get('vcodec') or '').partition('.')[0]
    return (
        codec != RARELY_DECODED,
        one.get('height') or 0,
        one['protocol'] in DIRECT,
        CODECS.get(codec, 1),
        one.get('acodec') == 'none',
        one.get('fps') or 0,
        one.get('tbr') or 0,
    )
