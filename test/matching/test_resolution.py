# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A network's resolution as users write it."""

import pytest

from crestereo_ros.matching import SettingsError
from crestereo_ros.matching.resolution import parse_resolution, resolution_for


def test_height_comes_first():
    assert parse_resolution('480x640') == (480, 640)


def test_empty_is_left_to_the_model():
    assert parse_resolution('') is None


@pytest.mark.parametrize(
    'text', ['480', '480x', '480x640x3', '480 x 640', '-480x640', '4.8x6', ' ']
)
def test_other_text_is_refused_with_an_example(text):
    with pytest.raises(SettingsError, match=f'"{text}" is not HEIGHTxWIDTH, for example'):
        parse_resolution(text)


@pytest.mark.parametrize('text', ['0x640', '480x0', '4097x640', '480x1000000'])
def test_sides_that_cannot_be_are_refused(text):
    with pytest.raises(SettingsError, match=f'"{text}" has a side that is not 1 to 4096'):
        parse_resolution(text)


@pytest.mark.parametrize('word', ['fast', 'image', 'fine'])
def test_words_are_kept_until_the_image_is_known(word):
    assert parse_resolution(word) == word


@pytest.mark.parametrize(
    ('word', 'image', 'resolution'),
    [
        ('image', (480, 641), (480, 641)),
        ('fast', (480, 640), (240, 320)),
        ('fast', (720, 1280), (208, 370)),
        ('fast', (1280, 720), (370, 208)),
        ('fast', (100, 200), (100, 200)),
        ('fine', (480, 640), (1200, 1600)),
        ('fine', (1440, 1920), (1440, 1920)),
        ('fine', (1300, 1900), (1375, 2010)),
        ('fine', (3000, 4000), (3000, 4000)),
    ],
)
def test_words_follow_the_image(word, image, resolution):
    assert resolution_for(word, *image) == resolution
