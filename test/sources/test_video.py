# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames and times of one video file."""

from fractions import Fraction
from pathlib import Path
import struct

import cv2
import numpy as np
import pytest

from crestereo_ros.sources import SourceError
from crestereo_ros.sources.local_file import LocalFile
from crestereo_ros.sources.video import FALLBACK_RATE, Video
from crestereo_ros.sources.web_file import WebFile

SAMPLE = Path(__file__).parents[2] / '../shared/samples/videos/unified_stereo_vid_example.mp4'


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


@pytest.mark.parametrize('name', ['clip.mp4', 'clip.avi', 'clip.mkv', 'clip.ts'])
def test_start_gives_the_same_frames_as_playing_from_the_beginning(write_video, name):
    video = Video(LocalFile(write_video(name, frames=90, rate=20.0)))
    expected = list(video.frames())
    assert len(expected) == 90
    for number in (1, 19, 20, 47, 89):
        for start in (expected[number][1], expected[number - 1][1] + 0.02):
            image, time = next(video.frames(start))
            assert time == pytest.approx(expected[number][1])
            assert np.array_equal(image, expected[number][0])
    assert [time for _, time in video.frames(4.3)] == [time for _, time in expected[86:]]
    assert not list(video.frames(expected[-1][1] + 0.01))


@pytest.mark.skipif(not SAMPLE.exists(), reason='the sample videos are not here')
def test_start_is_exact_in_a_real_video_with_frames_out_of_order():
    video = Video(LocalFile(SAMPLE))
    expected = list(video.frames())
    for number in (5, 30, 43):
        image, time = next(video.frames(expected[number][1]))
        assert time == pytest.approx(expected[number][1])
        assert np.array_equal(image, expected[number][0])


@pytest.mark.parametrize(
    ('name', 'far_apart'), [('clip.mp4', 30), ('clip.mkv', 30), ('clip.mp4', 300)]
)
def test_unsteady_rate_keeps_its_times_and_starts_anywhere(
    write_unsteady_video, caplog, name, far_apart
):
    steps = np.random.default_rng(1).choice([17, 33, 100, 400], 120)
    times = np.cumsum([0, *steps])
    video = Video(LocalFile(write_unsteady_video(name, times, far_apart)))
    announced = video.duration
    expected = list(video.frames())
    assert [time for _, time in expected] == pytest.approx(times / 1000, abs=1e-3)
    assert announced == pytest.approx(times[-1] / 1000, abs=0.5)
    assert not caplog.records  # that it was cut off, for one
    for number in (3, 50, 51, 119):
        image, time = next(video.frames(expected[number][1]))
        assert time == pytest.approx(expected[number][1])
        assert np.array_equal(image, expected[number][0])


def test_start_is_exact_over_the_web(server, write_video):
    content = write_video('clip.avi', frames=90).read_bytes()
    whole = Video(WebFile(server.give('/whole', content)))
    in_parts = Video(WebFile(server.give('/clip', content)))
    without = Video(WebFile(server.give('/stream', content, parts=False)))
    for number, (expected, time) in enumerate(whole.frames()):
        if number in (30, 85):
            for video in (in_parts, without):
                image, at = next(video.frames(time))
                assert at == pytest.approx(time)
                assert np.array_equal(image, expected)


class WrongSeeking:
    """A capture that lands too late, or nowhere, when it should seek."""

    def __init__(self, path, late):
        self._capture, self._late = cv2.VideoCapture(path), late

    def set(self, what, value):
        return self._capture.set(what, value + self._late)

    def __getattr__(self, name):
        return getattr(self._capture, name)


@pytest.mark.parametrize('late', [1_500, 100_000])
def test_start_is_exact_where_seeking_is_not(write_video, monkeypatch, late):
    location = LocalFile(write_video('clip.avi', frames=90, rate=20.0))
    expected = list(Video(location).frames())
    monkeypatch.setattr(location, 'capture', lambda: WrongSeeking(str(location.path), late))
    for number in (25, 60, 88):
        image, time = next(Video(location).frames(expected[number][1]))
        assert time == pytest.approx(expected[number][1])
        assert np.array_equal(image, expected[number][0])


def test_start_without_a_plausible_rate_counts_frames(write_video):
    path = write_video('odd.avi', frames=90)
    state_rate(path, 2000)
    video = Video(LocalFile(path))
    expected = list(video.frames())
    image, time = next(video.frames(2.0))
    assert time == pytest.approx(2.0)
    assert np.array_equal(image, expected[60][0])


def test_early_end_is_logged_once(write_video, caplog):
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


def state_rate(path, rate):
    """Have the header of an AVI file state another rate."""
    fraction = Fraction(str(rate))
    data = bytearray(path.read_bytes())
    header = data.find(b'strh') + 28  # of the stream
    data[header : header + 8] = struct.pack('<2I', fraction.denominator, fraction.numerator)
    path.write_bytes(data)


@pytest.mark.parametrize('rate', [0.001, 2000])
def test_implausible_rate_is_replaced_and_logged(write_video, caplog, rate):
    path = write_video('odd.avi')
    state_rate(path, rate)
    video = Video(LocalFile(path))
    assert video.rate == FALLBACK_RATE
    assert (
        f'odd.avi: its header says {rate:g} frames a second, which is not plausible: played at 30'
        in caplog.text
    )
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


def test_file_that_disappeared_is_reported_in_the_next_repetition(write_video):
    path = write_video('clip.avi')
    video = Video(LocalFile(path))
    path.unlink()
    with pytest.raises(SourceError, match=r'clip\.avi does not exist any more'):
        next(video.frames())
