# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Video files, read back by FFmpeg."""

from fractions import Fraction
import resource

import av
import cv2
import numpy as np
import pytest

from crestereo_ros.commands import video_file
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.video_file import require_encoder, VideoFile


def picture(index, height=120, width=160):
    """Grey, lighter from picture to picture."""
    return np.full((height, width, 3), 40 + 10 * index, np.uint8)


def write(path, times, rate, **size):
    with VideoFile(path, rate) as video:
        for index, time in enumerate(times):
            video.write(picture(index, **size), time)


def read(path):
    """Return the stream's properties and the frames, (time, BGR) each."""
    with av.open(str(path)) as container:
        (stream,) = container.streams
        frames = [(frame.time, frame.to_ndarray(format='bgr24')) for frame in container.decode()]
        return {
            'codec': stream.codec_context.name,
            'format': stream.codec_context.pix_fmt,
            'rate': stream.average_rate,
            'size': (stream.height, stream.width),
        }, frames


@pytest.mark.parametrize('rate', [24, 10.0, 24000 / 1001, 29.97, 7.5])
def test_browsers_can_play_it_at_the_rate_of_the_source(tmp_path, rate):
    path = tmp_path / 'out.mp4'
    write(path, [index / rate for index in range(12)], rate)
    stream, frames = read(path)
    assert stream['codec'] == 'h264' and stream['format'] == 'yuv420p'
    assert float(stream['rate']) == pytest.approx(rate, rel=1e-5)
    assert [time for time, _ in frames] == pytest.approx(np.arange(12) / rate, abs=1e-4)
    for index, (_, image) in enumerate(frames):
        assert image.mean() == pytest.approx(40 + 10 * index, abs=4)
    content = path.read_bytes()
    assert content.index(b'moov') < content.index(b'mdat'), 'no picture before all is loaded'
    assert [each.name for each in tmp_path.iterdir()] == ['out.mp4']


def test_irregular_times_are_kept_and_always_grow(tmp_path):
    path = tmp_path / 'out.mp4'
    write(path, [0, 0.5, 0.5, 0.2, 1.75], 30)
    _, frames = read(path)
    times = [time for time, _ in frames]
    assert times == sorted(set(times))
    assert times == pytest.approx([0, 0.5, 0.5, 0.5, 1.75], abs=1e-3)


def test_odd_sizes_become_even_and_nothing_is_cut(tmp_path):
    path = tmp_path / 'out.mp4'
    write(path, [0, 1], 1, height=121, width=163)
    stream, frames = read(path)
    assert stream['size'] == (122, 164)
    assert frames[0][1][:121, :163].mean() == pytest.approx(40, abs=4)
    assert frames[0][1][121:].mean() < 25


def test_what_hardware_cannot_decode_is_made_smaller(tmp_path, monkeypatch):
    monkeypatch.setattr(video_file, 'LARGEST', (320, 180))
    path = tmp_path / 'out.mp4'
    write(path, [0], 1, height=400, width=600)
    stream, ((_, image),) = read(path)
    assert stream['size'] == (180, 270)
    assert image.mean() == pytest.approx(40, abs=4)


def test_pictures_of_other_sizes_fit_into_the_first(tmp_path):
    path = tmp_path / 'out.mp4'
    with VideoFile(path, 1) as video:
        for time, size in enumerate([(100, 160), (200, 160), (50, 40)]):
            video.write(np.full((*size, 3), 200, np.uint8), time)
    _, frames = read(path)
    inside = [(100, 160), (100, 80), (50, 40)]
    for (_, image), (height, width) in zip(frames, inside, strict=True):
        assert image.shape == (100, 160, 3)
        assert image[:height, :width].mean() == pytest.approx(200, abs=4)
        assert image.mean() == pytest.approx(200 * height * width / 16000, abs=6)


def test_is_finished_when_an_error_ends_it(tmp_path):
    path = tmp_path / 'out.mp4'
    with pytest.raises(KeyboardInterrupt), VideoFile(path, 10) as video:
        video.write(picture(0), 0)
        video.write(picture(1), 0.1)
        assert not path.exists(), 'not before it can be played'
        raise KeyboardInterrupt
    assert len(read(path)[1]) == 2
    assert [each.name for each in tmp_path.iterdir()] == ['out.mp4']


def test_without_a_picture_nothing_is_written(tmp_path):
    with VideoFile(tmp_path / 'out.mp4', 10):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_grow_leaves_what_was_there(tmp_path):
    """As on a full disk."""
    path = tmp_path / 'out.mp4'
    path.write_bytes(b'before')
    noise = np.random.default_rng(0).integers(0, 255, (60, 240, 320, 3), np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(CommandError, match='out.mp4 cannot be written: File too large'):
            with VideoFile(path, 10) as video:
                for index, image in enumerate(noise):
                    video.write(image, index / 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b'before'
    assert [each.name for each in tmp_path.iterdir()] == ['out.mp4']


def test_what_is_missing_is_named_with_its_fix(tmp_path, monkeypatch):
    path = tmp_path / 'out.mp4'
    require_encoder(path)
    monkeypatch.setattr(video_file, 'ENCODER', 'libx999')
    with pytest.raises(CommandError, match='without libx999; pip install'):
        require_encoder(path)
    monkeypatch.setitem(__import__('sys').modules, 'av', None)
    with pytest.raises(
        CommandError, match='out.mp4 needs PyAV to be written: pip install av .the extra `video`.$'
    ):
        require_encoder(path)


def test_opencv_reads_it_too(tmp_path):
    path = tmp_path / 'out.mp4'
    write(path, [index / 25 for index in range(5)], 25)
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    assert Fraction(capture.get(cv2.CAP_PROP_FPS)) == 25
