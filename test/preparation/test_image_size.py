# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The size of resized images as users write it."""

import numpy as np
import pytest

from crestereo_ros.preparation import ImageSize


@pytest.mark.parametrize(
    ('text', 'size'),
    [
        ('', (30, 41)),
        ('10x20', (10, 20)),
        ('0.5', (15, 20)),
        ('.5', (15, 20)),
        ('2', (60, 82)),
        ('0.001', (1, 1)),
    ],
)
def test_accepted_texts(text, size):
    image = np.zeros((30, 41, 3), np.uint8)
    assert ImageSize.of(text).for_shape(image.shape) == size
    assert ImageSize.of(text).apply(image).shape == (*size, 3)


def test_an_image_that_has_the_size_is_not_copied():
    image = np.zeros((30, 41, 3), np.uint8)
    assert ImageSize.of('30x41').apply(image) is image


def test_pixels_are_averaged_when_an_image_shrinks():
    stripes = np.zeros((16, 16, 3), np.uint8)
    stripes[:, ::2] = 200
    assert np.all(ImageSize.of('4x4').apply(stripes) == 100)


@pytest.mark.parametrize(
    'text', ['0', '0.0', '9', '-1', '640', '640x', 'x', '0x8', '9000x10', 'a']
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match=f'"{text}" (is neither HEIGHTxWIDTH|has a side)'):
        ImageSize.of(text)
