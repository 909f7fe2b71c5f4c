# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames and times of one video file."""

import struct

import cv2
import numpy as np
import pytest

from crestereo_ros.sources import SourceError
from crestereo_ros.sources.local_file import LocalFile
from crestereo_ros.sources.video import FALLBACK_RATE, Video


@pytest.mark.parametrize('name', ['clip.mp4', 'clip.avi', 'clip.mkv'])
def test_every_frame_in_order_with_its_time(write_video, brightness, name):
    video = Video(LocalFile(write_video(name, frames=6, rate=20.0)))
    assert video.shape == (48, 64, 3)
    assert video.rate == pytest.approx(20)
    assert video.length == 6
    for _ in range(2):
        images, times = zip(*video.frames(), strict=True)
        assert [brightness(image) for image in images] == pytest.approx(
            [45 + 20 * number for number in range(6)], abs=5
        )
        assert times == pytest.approx([number / 20 for number in range(6)], abs=2e-3)
        assert all(image.dtype == np.uint8 and image.shape == video.shape for image in images)


def test_ending_before_the_header_says_is_told_once(write_video, caplog):
    path = write_video('cut.avi', frames=20)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    video = Video(LocalFile(path))
    first = len(list(video.frames()))
    again = len(list(video.frames()))
    assert 0 < first == again < 20
    (record,) = caplog.records
    message = f'cut.avi ended after {first} of the 20 frames'
    assert record.levelname == 'WARNING' and message in record.getMessage()


@pytest.mark.parametrize(('rate', 'fraction'), [(0.001, (1000, 1)), (2000, (1, 2000))])
def test_rate_that_cannot_be_is_replaced_and_told(write_video, caplog, rate, fraction):
    path = write_video('odd.avi')
    data = bytearray(path.read_bytes())
    header = data.find(b'strh') + 28  # of the stream; its rate is a fraction
    data[header : header + 8] = struct.pack('<2I', *fraction)
    path.write_bytes(data)
    video = Video(LocalFile(path))
    assert video.rate == FALLBACK_RATE
    assert f'odd.avi states no plausible frame rate ({rate:g} Hz): played at 30 Hz' in caplog.text
    times = [time for _, time in video.frames()]
    assert times == pytest.approx([number / FALLBACK_RATE for number in range(5)])


def test_without_header_times_still_grow(tmp_path):
    # A bare stream of JPEG images has neither a number of frames nor a rate.
    path = tmp_path / 'bare.mjpeg'
    image = cv2.imencode('.jpg', np.zeros((48, 64, 3), np.uint8))[1].tobytes()
    path.write_bytes(image * 4)
    video = Video(LocalFile(path))
    times = [time for _, time in video.frames()]
    assert times == pytest.approx([number / video.rate for number in range(4)], abs=2e-3)


@pytest.mark.parametrize('name', ['letter.txt', 'letter.mp4', 'letter'])
def test_text_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_text('Dear reader\n' * 100)
    with pytest.raises(SourceError, match=f'{name} is neither'):
        Video(LocalFile(path))


def test_noise_is_refused(tmp_path):
    path = tmp_path / 'noise.bin'
    path.write_bytes(np.random.default_rng(0).bytes(50_000))
    with pytest.raises(SourceError, match=r'noise\.bin is neither'):
        Video(LocalFile(path))


def test_mp4_without_its_index_is_refused(write_video):
    path = write_video('cut.mp4', frames=20)
    data = path.read_bytes()
    path.write_bytes(data[: data.find(b'moov')])
    with pytest.raises(SourceError, match=r'cut\.mp4 is neither .* cut off'):
        Video(LocalFile(path))


def test_video_without_frames_is_refused(write_video):
    with pytest.raises(SourceError, match=r'none\.avi has no frame'):
        Video(LocalFile(write_video('none.avi', frames=0)))


def test_file_that_went_away_is_told_when_it_is_played_again(write_video):
    path = write_video('clip.avi')
    video = Video(LocalFile(path))
    path.unlink()
    with pytest.raises(SourceError, match=r'clip\.avi does not exist any more'):
        next(video.frames())
