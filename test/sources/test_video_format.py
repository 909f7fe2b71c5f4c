# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The choice among formats, in tables as yt-dlp returns them."""

import pytest

from crestereo_ros.sources import SourceError
from crestereo_ros.sources.video_format import choose_format


def entry(name, vcodec, height, acodec='none', protocol='https', **more):
    return {
        'format_id': name,
        'url': f'https://a.example/{name}',
        **{'vcodec': vcodec, 'acodec': acodec, 'height': height, 'protocol': protocol},
        **more,
    }


# What YouTube offers for a video in 4K, but for the sizes in between.
YOUTUBE = [
    entry('sb0', 'none', 45, protocol='mhtml'),
    entry('140', 'none', None, acodec='mp4a.40.2'),
    entry('18', 'avc1.42001E', 360, acodec='mp4a.40.2', fps=30, tbr=500),
    entry('136', 'avc1.64001f', 720, fps=30, tbr=1100),
    entry('247', 'vp9', 720, fps=30, tbr=900),
    entry('398', 'av01.0.05M.08', 720, fps=30, tbr=700),
    entry('270', 'avc1.640028', 1080, protocol='m3u8_native', fps=30, tbr=3000),
    entry('137', 'avc1.640028', 1080, fps=30, tbr=2500),
    entry('248', 'vp9', 1080, fps=30, tbr=1800),
    entry('399', 'av01.0.08M.08', 1080, fps=30, tbr=1500),
    entry('313', 'vp9', 2160, fps=30, tbr=9000),
    entry('401', 'av01.0.12M.08', 2160, fps=30, tbr=8000),
]


@pytest.mark.parametrize(
    ('max_height', 'expected'),
    [(360, '18'), (719, '18'), (720, '136'), (1080, '137'), (1440, '137'), (2160, '313')],
)
@pytest.mark.parametrize('order', [1, -1])
def test_highest_video_that_fits_and_decodes_is_chosen(max_height, expected, order):
    assert choose_format(YOUTUBE[::order], max_height)['format_id'] == expected


@pytest.mark.parametrize(
    ('formats', 'expected'),
    [
        # AV1 only if there is nothing else, even where it is higher.
        ([entry('a', 'av01.0', 1080), entry('b', 'vp9', 240)], 'b'),
        ([entry('a', 'av01.0', 1080), entry('b', 'av01.0', 720)], 'a'),
        # Other codecs after H.264 and VP9 of the same height.
        ([entry('a', 'hev1.1', 720), entry('b', 'vp09.00', 720)], 'b'),
        ([entry('a', 'hev1.1', 720), entry('b', 'av01.0', 720)], 'a'),
        # Sound is loaded for nothing.
        ([entry('a', 'avc1.4', 720, acodec='mp4a'), entry('b', 'avc1.4', 720)], 'b'),
        ([entry('a', 'avc1.4', 720, acodec='mp4a'), entry('b', 'avc1.4', 480)], 'a'),
        # Lists of pieces are played too, but after a plain file.
        ([entry('a', 'avc1.4', 720, protocol='m3u8_native'), entry('b', 'vp9', 720)], 'b'),
        ([entry('a', 'avc1.4', 720, protocol='m3u8'), entry('b', 'avc1.4', 480)], 'a'),
        ([entry('a', 'avc1.4', 720, protocol='http_dash_segments'), entry('b', 'vp9', 480)], 'b'),
        # Of equals the better one.
        ([entry('a', 'vp9', 720, fps=60, tbr=2), entry('b', 'vp9', 720, fps=30, tbr=9)], 'a'),
        ([entry('a', 'vp9', 720, tbr=2), entry('b', 'vp9', 720, tbr=9)], 'b'),
        # Nothing known, as from the generic extractor.
        ([entry('a', None, None, acodec=None, protocol='http')], 'a'),
        ([entry('a', None, None, acodec=None), entry('b', 'avc1.4', 240)], 'b'),
    ],
)
def test_order_of_preference(formats, expected):
    for table in (formats, formats[::-1]):
        assert choose_format(table, 1080)['format_id'] == expected


def test_only_higher_videos_are_reported_with_the_parameter():
    formats = [entry('a', 'vp9', 2160), entry('b', 'avc1.4', 1440), entry('c', 'none', None)]
    message = 'no video of at most 1080 rows, only of 1440, 2160: raise max_height'
    with pytest.raises(SourceError, match=message):
        choose_format(formats, 1080)


@pytest.mark.parametrize(
    'formats',
    [
        [],
        [entry('a', 'none', None, acodec='opus')],
        [entry('a', 'avc1.4', 720, protocol='ism')],
        [{'format_id': 'a', 'vcodec': 'avc1.4', 'protocol': 'https'}],
    ],
)
def test_page_without_a_video_is_reported(formats):
    with pytest.raises(SourceError, match='no video that OpenCV can play'):
        choose_format(formats, 1080)
