# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Videos through FFmpeg, which opens nothing but the named file or address.

FFmpeg recognises a file by its content. Some kinds, such as playlists and session
descriptions, name other files and addresses, which it would open as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import os
import re
import threading

import cv2

# FFmpeg writes to stderr what is raised and logged here. Only set if the user did not.
os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '8')  # AV_LOG_FATAL

OPTIONS = 'OPENCV_FFMPEG_CAPTURE_OPTIONS'  # the one way to FFmpeg's options through OpenCV
# Names that FFmpeg has for what a local video may be: containers and streams, and no kind that
# names other files. Plain text, which it would show as pictures of a terminal, is none either.
VIDEOS = (
    *('3gp', 'asf', 'av1', 'avi', 'dv', 'flv', 'gif', 'h261', 'h263', 'h264', 'hevc', 'ivf'),
    *('m4v', 'matroska', 'mjpeg', 'mjpeg_2000', 'mov', 'mp4', 'mpeg', 'mpegts', 'mpegvideo'),
    *('mpjpeg', 'mxf', 'nut', 'obu', 'ogg', 'rm', 'vc1', 'vvc', 'webm', 'wtv', 'yuv4mpegpipe'),
)
# Videos on the web may be lists of pieces, on the web too, with sound and subtitles beside them.
WEB_VIDEOS = (*VIDEOS, 'hls', 'aac', 'ac3', 'eac3', 'mp3', 'webvtt')
WEB_PROTOCOLS = ('http', 'https', 'httpproxy', 'tcp', 'tls', 'crypto', 'data')

FILE_OPTIONS = {'protocol_whitelist': 'file', 'format_whitelist': ','.join(VIDEOS)}
ADDRESS_OPTIONS = {
    'protocol_whitelist': ','.join(WEB_PROTOCOLS),
    'format_whitelist': ','.join(WEB_VIDEOS),
}

STREAM_OPTIONS = {
    'protocol_whitelist': 'rtsp,rtsps,rtp,srtp,udp,tcp,tls,srt,rtmp,rtmps,crypto',
    'format_whitelist': ','.join((*VIDEOS, 'rtsp', 'rtp', 'sdp')),
    'rtsp_transport': 'tcp',  # by UDP, packets of large pictures get lost
    'fflags': 'nobuffer',
}
LONGEST_SILENCE = 20_000  # ms

_options_lock = threading.Lock()


def open_file(path: str) -> cv2.VideoCapture:
    """
    Open a video on this machine; nothing but this file is opened.

    :param path: absolute, since FFmpeg takes what begins with a word and a colon as an address
    :returns: a capture, not opened if it is not a video
    """
    with _options(FILE_OPTIONS):
        return cv2.VideoCapture(path, cv2.CAP_FFMPEG)


def open_address(
    url: str, options: Mapping[str, str], parameters: Sequence[int] = ()
) -> cv2.VideoCapture:
    """
    Open a video at a web address; no file on this machine is opened.

    :param options: more of FFmpeg's options, by name
    :param parameters: of OpenCV: a property and its value, and so on
    :returns: a capture, not opened if it is not a video
    """
    with _options({**options, **ADDRESS_OPTIONS}):
        return cv2.VideoCapture(url, cv2.CAP_FFMPEG, list(parameters))


def open_stream(url: str) -> cv2.VideoCapture:
    """
    Open the stream of a camera on the network; no file on this machine is opened.

    :returns: a capture, which is not opened if there is none
    """
    timeouts = cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC
    parameters = [number for prop in timeouts for number in (prop, LONGEST_SILENCE)]
    with _options(STREAM_OPTIONS):
        return cv2.VideoCapture(url, cv2.CAP_FFMPEG, parameters)


@contextmanager
def _options(options: Mapping[str, str]) -> Iterator[None]:
    # Those that the user has set hold too, unless they are set here.
    added = [f'{name};{_escaped(value)}' for name, value in options.items()]
    with _options_lock:
        before = os.environ.get(OPTIONS)
        os.environ[OPTIONS] = '|'.join(filter(None, (before, *added)))
        try:
            yield
        finally:
            if before is None:
                del os.environ[OPTIONS]
            else:
                os.environ[OPTIONS] = before


def _escaped(text: str) -> str:
    return re.sub(r"([\\';|])", r'\\\1', text)
