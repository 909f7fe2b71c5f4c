# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video of each camera as a source."""

import numpy as np
import pytest

from crestereo_ros.sources import SourceError, StartError
from crestereo_ros.sources.local_file import LocalFile
from crestereo_ros.sources.video import Video
from crestereo_ros.sources.video_pair import VideoPair


def test_frames_of_equal_rates_are_paired_one_by_one(write_video, brightness):
    left, right = (
        LocalFile(write_video('l.mp4', 4, size=(48, 64))),
        LocalFile(write_video('r.avi', 4)),
    )
    source = VideoPair(left, right)
    assert (source.length, source.rate) == (4, pytest.approx(20))
    for _ in range(2):
        frames = list(source)
        for side in ('left', 'right'):
            seen = [brightness(getattr(frame, side)) for frame in frames]
            assert seen == pytest.approx([45, 65, 85, 105], abs=5)
        assert [frame.time for frame in frames] == pytest.approx([0, 0.05, 0.1, 0.15], abs=2e-3)


@pytest.mark.parametrize(('left', 'right'), [(7, 4), (4, 7)])
def test_shorter_video_ends_playback_and_is_logged(write_video, caplog, left, right):
    source = VideoPair(
        LocalFile(write_video('l.mp4', left)), LocalFile(write_video('r.mp4', right))
    )
    assert source.length == 4
    assert len(list(source)) == 4
    (record,) = caplog.records
    assert f'l.mp4 has {left} frames ({left / 20:.2f} s) and ' in record.getMessage()
    assert f'r.mp4 {right} ({right / 20:.2f} s): played as far as both' in record.getMessage()


def test_truncated_side_ends_playback_and_is_logged(write_video, caplog):
    right = write_video('r.avi', 20)
    data = right.read_bytes()
    right.write_bytes(data[: len(data) // 2])
    frames = list(VideoPair(LocalFile(write_video('l.avi', 20)), LocalFile(right)))
    assert 0 < len(frames) < 20
    assert f'r.avi ended after {len(frames)} of the 20 frames' in caplog.text


@pytest.fixture
def numbers(brightness):
    """Return a function that gives the numbers of the frames of both sides."""
    return lambda frames: [
        tuple(round((brightness(image) - 45) / 20) for image in (frame.left, frame.right))
        for frame in frames
    ]


@pytest.mark.parametrize('slower', ['left', 'right'])
def test_unequal_rates_are_paired_by_time(write_video, numbers, caplog, slower):
    caplog.set_level('INFO')
    slow = LocalFile(write_video('slow.mp4', 6, rate=10))
    fast = LocalFile(write_video('fast.mp4', 10, rate=25))  # 0.4 s of the other one's 0.6 s
    source = VideoPair(slow, fast) if slower == 'left' else VideoPair(fast, slow)
    assert (source.rate, source.length) == (pytest.approx(10), 4)
    for _ in range(2):
        frames = list(source)
        pairs = numbers(frames)
        if slower == 'right':
            pairs = [pair[::-1] for pair in pairs]
        # At 0.1 s, 2 and 3 are equally near; the later one was taken.
        assert pairs == [(0, 0), (1, 3), (2, 5), (3, 8)]
        assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3], abs=2e-3)
    assert 'paired by time, which leaves out 60% of the frames of ' in caplog.text
    assert caplog.text.count('5 frame(s) of ') == 1
    assert 'fast.mp4 were left out, 0 shown more than once' in caplog.text


def test_unsteady_rates_are_paired_with_what_is_nearest(write_unsteady_video):
    rng = np.random.default_rng(2)
    left_times = np.cumsum([0, *rng.choice([30, 40, 170], 40)])
    right_times = np.cumsum([0, *rng.choice([20, 50, 110], 80)])
    left = LocalFile(write_unsteady_video('l.mp4', left_times))
    right = LocalFile(write_unsteady_video('r.mkv', right_times))
    source = VideoPair(left, right)
    leading, following = (left, right) if Video(left).rate <= Video(right).rate else (right, left)
    images = [image for image, _ in Video(following).frames()]
    times = np.array([time for _, time in Video(following).frames()])
    pairs = [(frame.time, frame.right if leading is left else frame.left) for frame in source]
    assert len(pairs) > 20
    for time, image in pairs:
        best = np.abs(times - time).min()
        near = [images[number] for number in np.flatnonzero(np.abs(times - time) <= best + 1e-9)]
        assert any(np.array_equal(image, one) for one in near)


@pytest.mark.parametrize('start', [0.0, 0.1, 0.25, 0.33])
def test_both_sides_start_at_the_same_time_and_as_from_the_beginning(write_video, numbers, start):
    source = VideoPair(
        LocalFile(write_video('l.mp4', 9, rate=20)), LocalFile(write_video('r.avi', 12, rate=25))
    )
    expected = [frame for frame in source if frame.time >= start - 1e-3]
    frames = list(source.frames(start))
    assert numbers(frames) == numbers(expected)
    assert [frame.time for frame in frames] == [frame.time for frame in expected]


def test_start_beyond_the_end_of_the_shorter_side_is_refused(write_video):
    source = VideoPair(LocalFile(write_video('l.mp4', 9)), LocalFile(write_video('r.mp4', 4)))
    with pytest.raises(StartError, match=r'0\.3 s is beyond the end of .*which is 0\.2 s long'):
        next(source.frames(0.3))


def test_unequal_sizes_are_named(write_video):
    left, right = LocalFile(write_video('l.mp4')), LocalFile(write_video('r.mp4', size=(32, 64)))
    with pytest.raises(SourceError, match=r'l\.mp4 is 64x48 and .*r\.mp4 is 64x32.*scale'):
        VideoPair(left, right)
