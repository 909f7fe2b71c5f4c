# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video with both views in each frame as a source."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from crestereo_ros.sources import SourceError
from crestereo_ros.sources.local_file import LocalFile
from crestereo_ros.sources.packed_video import PackedVideo
from crestereo_ros.sources.packing import PACKINGS

SAMPLE = Path(__file__).parents[2] / '../shared/samples/videos/unified_stereo_vid_example.mp4'


def test_every_frame_is_split_and_keeps_its_time(write_video, brightness):
    source = PackedVideo(LocalFile(write_video('both.avi', 3)))
    assert (source.length, source.rate) == (3, pytest.approx(20))
    for _ in range(2):
        frames = list(source)
        assert all(frame.left.shape == frame.right.shape == (48, 32, 3) for frame in frames)
        assert [brightness(frame.left) for frame in frames] == pytest.approx([40, 60, 80], abs=4)
        assert [brightness(frame.right) for frame in frames] == pytest.approx([50, 70, 90], abs=4)
        assert [frame.time for frame in frames] == pytest.approx([0, 0.05, 0.1], abs=2e-3)


@pytest.mark.parametrize(
    ('name', 'shape'),
    [
        (None, (32, 48, 3)),
        ('side_by_side', (64, 24, 3)),
        ('side_by_side_half', (64, 48, 3)),
        ('over_under', (32, 48, 3)),
        ('over_under_half', (64, 48, 3)),
    ],
)
def test_packing_is_the_one_named_or_follows_from_the_shape(write_video, name, shape):
    source = PackedVideo(LocalFile(write_video('tall.avi', 1, size=(64, 48))), PACKINGS.get(name))
    (frame,) = source
    assert frame.left.shape == frame.right.shape == shape


def test_one_pixel_cannot_be_split(write_video):
    path = LocalFile(write_video('thin.avi', 1, size=(48, 1)))
    with pytest.raises(SourceError, match=r'thin\.avi is 1 pixel in size'):
        PackedVideo(path, PACKINGS['side_by_side'])


@pytest.mark.parametrize('axis', [0, 1])
def test_views_that_look_alike_decide_whatever_the_shape(tmp_path, axis):
    """Two views of 2.4:1 one above the other are wider than high."""
    noise = np.random.default_rng(0).uniform(0, 255, (20, 52, 3)).astype(np.uint8)
    scene = cv2.resize(noise, (520, 200), interpolation=cv2.INTER_CUBIC)
    views = scene[:, 10:490], scene[:, 20:500]
    image = np.concatenate(views, axis=axis)
    path = tmp_path / 'film.avi'
    code = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), code, 10, image.shape[1::-1])
    for number in range(10):
        writer.write(image if number > 3 else np.zeros_like(image))  # it begins black
    writer.release()
    source = PackedVideo(LocalFile(path))
    assert source.packing.axis == axis
    *_, frame = source
    assert np.abs(frame.left.astype(int) - views[0]).mean() < 8


@pytest.mark.skipif(not SAMPLE.exists(), reason=f'{SAMPLE.name} is not here')
def test_real_video_with_black_bars_keeps_them():
    source = PackedVideo(LocalFile(SAMPLE))
    frame = next(iter(source))
    assert frame.left.shape == frame.right.shape == (720, 640, 3)
    assert source.length == 44
    for picture in (frame.left, frame.right):
        assert picture[:, :100].max() < 30
        assert picture[:, 200:500].mean() > 60
