# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video with both cameras in each frame as a source."""

from pathlib import Path

import pytest

from crestereo_ros.sources.side_by_side_video import SideBySideVideo

SAMPLE = Path(__file__).parents[2] / '../shared/samples/videos/unified_stereo_vid_example.mp4'


def test_frames_are_split_in_the_middle(write_video, brightness):
    source = SideBySideVideo(write_video('both.avi', 3))
    assert (source.length, source.rate) == (3, pytest.approx(20))
    for _ in range(2):
        frames = list(source)
        assert all(frame.left.shape == frame.right.shape == (48, 32, 3) for frame in frames)
        assert all(frame.left.flags.c_contiguous for frame in frames)
        assert [brightness(frame.left) for frame in frames] == pytest.approx([40, 60, 80], abs=4)
        assert [brightness(frame.right) for frame in frames] == pytest.approx([50, 70, 90], abs=4)
        assert [frame.time for frame in frames] == pytest.approx([0, 0.05, 0.1], abs=2e-3)


def test_middle_column_of_an_odd_width_is_left_out(write_video):
    (frame,) = SideBySideVideo(write_video('odd.avi', 1, size=(48, 65)))
    assert frame.left.shape == frame.right.shape == (48, 32, 3)


@pytest.mark.skipif(not SAMPLE.exists(), reason=f'{SAMPLE.name} is not here')
def test_real_video_with_black_bars_keeps_them():
    source = SideBySideVideo(SAMPLE)
    frame = next(iter(source))
    assert frame.left.shape == frame.right.shape == (720, 640, 3)
    assert source.length == 44
    for picture in (frame.left, frame.right):
        assert picture[:, :100].max() < 30
        assert picture[:, 200:500].mean() > 60
