# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A network's resolution as users write it."""

import subprocess
import sys

import onnx
import pytest

from crestereo_ros.matching import resolution, SettingsError
from crestereo_ros.matching.resolution import (
    LARGE_NETWORK_PIXELS,
    MOST_PIXELS,
    most_pixels,
    parse_resolution,
    resolution_for,
)
from crestereo_ros.network import build_model


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


@pytest.mark.parametrize('word', ['fast', 'medium', 'image', 'fine'])
def test_words_are_kept_until_the_image_is_known(word):
    assert parse_resolution(word) == word


@pytest.mark.parametrize(
    ('word', 'image', 'resolution'),
    [
        ('image', (480, 641), (480, 641)),
        ('image', (720, 1280), (720, 1280)),
        ('image', (1080, 1920), (779, 1386)),
        ('image', (3000, 4000), (900, 1200)),
        ('fast', (480, 640), (240, 320)),
        ('fast', (720, 1280), (360, 640)),
        ('fast', (1280, 720), (640, 360)),
        ('fast', (3000, 4000), (450, 600)),
        ('fast', (180, 240), (120, 160)),
        ('fast', (100, 150), (100, 150)),
        ('medium', (480, 640), (336, 448)),
        ('medium', (100, 150), (100, 150)),
        ('fine', (240, 320), (480, 640)),
        ('fine', (720, 960), (900, 1200)),
        ('fine', (3000, 4000), (900, 1200)),
    ],
)
def test_words_follow_the_image(word, image, resolution):
    assert resolution_for(word, *image) == resolution


@pytest.mark.parametrize('word', ['fast', 'medium', 'image', 'fine'])
@pytest.mark.parametrize('image', [(10000, 20), (20, 10000), (16, 16), (100_000, 16)])
def test_no_side_is_too_small_or_too_large(word, image):
    assert all(16 <= side <= 4096 for side in resolution_for(word, *image))


def test_a_long_image_stays_as_it_is():
    assert resolution_for('image', 4000, 16) == (4000, 16)


@pytest.mark.parametrize('word', ['fast', 'medium', 'image', 'fine'])
def test_half_of_the_memory_must_do(word, monkeypatch):
    monkeypatch.setattr(resolution, 'memory_limit', lambda: 64 * 2**20)

    height, width = resolution_for(word, 720, 1280)

    assert height * width * resolution.BYTES_PER_PIXEL <= 33 * 2**20
    assert width / height == pytest.approx(16 / 9, rel=0.02)


def test_the_official_network_takes_no_more_memory_than_is_reckoned(official_weights, tmp_path):
    path = tmp_path / 'official.onnx'
    onnx.save(build_model(official_weights, sign_flips=True, metadata={}), path)
    command = [sys.executable, '-c', PEAK, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)

    assert float(ended.stdout) <= resolution.BYTES_PER_PIXEL


PEAK = """
import resource, sys
import numpy as np
from crestereo_ros.matching import StereoMatcher
matcher = StereoMatcher(sys.argv[1], provider='cpu')
image = np.zeros((240, 640, 3), np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
matcher.match(image, image, 1)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((peak - before) * 1024 / (240 * 640))
"""


def test_words_ask_for_less_of_a_large_network_on_a_cpu():
    assert most_pixels(3_700_000) == MOST_PIXELS
    assert MOST_PIXELS > most_pixels(8_000_000) > LARGE_NETWORK_PIXELS
    assert most_pixels(42_000_000) == LARGE_NETWORK_PIXELS
    assert resolution_for('fine', 900, 1200, most_pixels(42_000_000)) == (480, 640)
