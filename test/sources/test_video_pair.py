# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video of each camera as a source."""

import pytest

from crestereo_ros.sources import SourceError
from crestereo_ros.sources.local_file import LocalFile
from crestereo_ros.sources.video_pair import VideoPair


def test_frames_are_paired_by_number(write_video, brightness):
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
def test_shorter_one_ends_it_and_that_is_told(write_video, caplog, left, right):
    source = VideoPair(
        LocalFile(write_video('l.mp4', left)), LocalFile(write_video('r.mp4', right))
    )
    assert source.length == 4
    assert len(list(source)) == 4
    (record,) = caplog.records
    assert f'l.mp4 has {left} frames and ' in record.getMessage()
    assert f'r.mp4 {right}: played as far as both go' in record.getMessage()


def test_one_side_cut_off_ends_it_and_that_is_told(write_video, caplog):
    right = write_video('r.avi', 20)
    data = right.read_bytes()
    right.write_bytes(data[: len(data) // 2])
    frames = list(VideoPair(LocalFile(write_video('l.avi', 20)), LocalFile(right)))
    assert 0 < len(frames) < 20
    assert f'r.avi ended after {len(frames)} of the 20 frames' in caplog.text


def test_rates_that_drift_apart_are_told(write_video, caplog):
    VideoPair(LocalFile(write_video('l.mp4', rate=20)), LocalFile(write_video('r.mp4', rate=25)))
    assert 'l.mp4 has 20 frames per second and' in caplog.text
    assert 'r.mp4 25' in caplog.text


def test_unequal_sizes_are_named(write_video):
    left, right = LocalFile(write_video('l.mp4')), LocalFile(write_video('r.mp4', size=(32, 64)))
    with pytest.raises(SourceError, match=r'l\.mp4 is 64x48 and .*r\.mp4 is 64x32.*scale'):
        VideoPair(left, right)
