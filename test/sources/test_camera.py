# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Cameras as a source.

No camera is at hand: video files take their place as devices, which OpenCV reads by the same
calls. What differs, a driver and a clock of its own, is not tested here.
"""

from fractions import Fraction
from itertools import islice
import socket
import sys
import threading

import cv2
import numpy as np
import pytest

from crestereo_ros.sources import open_source, SourceError
from crestereo_ros.sources.camera import Camera, is_camera, opened
from crestereo_ros.sources.packing import PACKINGS


@pytest.mark.parametrize(
    ('text', 'camera', 'path', 'address'),
    [
        ('camera:97', True, '/dev/video97', 97),
        ('/dev/video97', True, '/dev/video97', '/dev/video97'),
        ('/dev/v4l/by-id/usb-Rig', True, '/dev/v4l/by-id/usb-Rig', '/dev/v4l/by-id/usb-Rig'),
        ('97', False, '/dev/video97', 97),
        ('camera.mp4', False, 'camera.mp4', 'camera.mp4'),
        ('', False, '', ''),
    ],
)
@pytest.mark.parametrize('platform', ['linux', 'darwin'])
def test_names_of_devices(text, camera, path, address, platform, monkeypatch):
    tried = []

    def capture(*arguments):
        tried.append(arguments)
        return real(*arguments)

    real = cv2.VideoCapture
    monkeypatch.setattr(cv2, 'VideoCapture', capture)
    monkeypatch.setattr(sys, 'platform', platform)
    assert is_camera(text) == camera
    assert not opened(text).isOpened()
    device = platform == 'linux' and path.startswith('/dev/')
    by_driver = [(path, cv2.CAP_V4L2)] if device else []
    assert tried == [*by_driver, (address, cv2.CAP_ANY)]


def test_one_device_is_split(write_video, brightness):
    camera = Camera(str(write_video('both.avi')))
    assert (camera.length, camera.rate) == (None, pytest.approx(20))
    for _ in range(2):
        frames = list(islice(camera, 3))
        assert [brightness(frame.left) for frame in frames] == pytest.approx([40, 60, 80], abs=4)
        assert [brightness(frame.right) for frame in frames] == pytest.approx([50, 70, 90], abs=4)
        assert frames[0].time == 0
        assert frames[0].time < frames[1].time < frames[2].time


def test_packing_can_be_named(write_video):
    device = str(write_video('both.avi'))
    for name, shape in [('over_under', (24, 64, 3)), ('side_by_side_half', (48, 64, 3))]:
        frame = next(iter(Camera(device, packing=PACKINGS[name])))
        assert frame.left.shape == frame.right.shape == shape


def test_two_devices_are_read_in_step(write_video, brightness):
    camera = Camera(str(write_video('l.avi')), str(write_video('r.avi')))
    for number, frame in enumerate(islice(camera, 4)):
        assert frame.left.shape == frame.right.shape == (48, 64, 3)
        assert brightness(frame.left) == pytest.approx(45 + 20 * number, abs=5)
        assert brightness(frame.right) == pytest.approx(45 + 20 * number, abs=5)


def test_two_devices_of_unequal_sizes_are_refused(write_video):
    left, right = write_video('l.avi'), write_video('r.avi', size=(32, 64))
    with pytest.raises(SourceError, match=r'l\.avi is 64x48 and .*r\.avi is 64x32'):
        Camera(str(left), str(right))


@pytest.mark.parametrize(('left', 'right', 'gone'), [(3, 9, 'l.avi'), (9, 3, 'r.avi')])
def test_device_that_stops_is_reported(write_video, left, right, gone):
    camera = Camera(str(write_video('l.avi', left)), str(write_video('r.avi', right)))
    frames = iter(camera)
    assert len(list(islice(frames, 3))) == 3
    with pytest.raises(SourceError, match=f'{gone} gives no images .*was it unplugged'):
        next(frames)


@pytest.mark.parametrize(
    ('sources', 'device'),
    [
        (('camera:97',), 'camera:97'),
        (('/dev/video97',), '/dev/video97'),
        (('/dev/video97', 'camera:98'), '/dev/video97'),
    ],
)
def test_missing_device_is_reported(sources, device):
    with pytest.raises(
        SourceError, match=f'^{device} cannot be opened as a camera: it is not there'
    ):
        open_source(*sources)


def test_anything_can_be_named_a_camera(write_video):
    device = str(write_video('both.avi'))
    assert type(open_source(device, source_type='camera')) is Camera
    assert type(open_source(device, device, source_type='camera')) is Camera


@pytest.mark.parametrize(
    ('sources', 'source_type', 'message'),
    [
        (('camera:0', 'right.mp4'), 'auto', 'camera:0 and right.mp4 are not both cameras'),
        (('left.mp4', 'camera:0'), 'auto', 'left.mp4 and camera:0 are not both cameras'),
        (('camera:0', 'camera:1'), 'video_pair', 'camera:0 is a camera, not video_pair'),
        (
            ('camera:0', 'camera:1'),
            'over_under',
            'over_under is one image or video with both views',
        ),
    ],
)
def test_contradicting_sources_are_refused(sources, source_type, message):
    with pytest.raises(SourceError, match=message):
        open_source(*sources, source_type=source_type)


def test_network_stream_is_a_camera():
    import av

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(('127.0.0.1', 0))
        address = f'udp://127.0.0.1:{free.getsockname()[1]}'
    done = threading.Event()

    def send():
        with av.open(address, 'w', format='mpegts') as container:
            stream = container.add_stream('mpeg2video', rate=25)
            stream.width, stream.height, stream.pix_fmt = 128, 48, 'yuv420p'
            stream.codec_context.gop_size = 5
            image = np.full((48, 128, 3), 60, np.uint8)
            image[:, 64:] = 160
            number = 0
            while not done.wait(0.01):
                frame = av.VideoFrame.from_ndarray(image, format='bgr24')
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
                number += 1

    sender = threading.Thread(target=send)
    sender.start()
    try:
        source = open_source(address)
        assert (type(source), source.seekable) == (Camera, False)
        frames = source.frames()
        frame = next(frames)
        frames.close()
    finally:
        done.set()
        sender.join()
    assert frame.left.mean() == pytest.approx(60, abs=5)
    assert frame.right.mean() == pytest.approx(160, abs=5)


def test_missing_stream_is_named_without_its_password():
    with socket.socket() as closed:
        closed.bind(('127.0.0.1', 0))
        port = closed.getsockname()[1]
    with pytest.raises(SourceError, match=r'gives no video: look at the address') as caught:
        open_source(f'rtsp://me:secret@127.0.0.1:{port}/stream')
    assert 'rtsp://me:***@127.0.0.1' in str(caught.value)
    assert 'secret' not in str(caught.value)
