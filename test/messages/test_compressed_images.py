# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Compressed images, whole and damaged."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from crestereo_ros.messages import ImageMessageError
from crestereo_ros.messages.compressed_images import to_array

HEIGHT, WIDTH = 48, 64


def message_of(encoding='', data=b''):
    return SimpleNamespace(format=encoding, data=data)


@pytest.fixture(scope='module')
def picture():
    """Make a smooth picture, uint8 BGR, blue on the left and red at the bottom."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    channels = 255 - 255 * columns / WIDTH, 40 + columns, 255 * rows / HEIGHT
    return np.stack(channels, axis=-1).astype(np.uint8)


def compressed(image, suffix, kind=''):
    data = cv2.imencode(suffix, image)[1].tobytes()
    return message_of(kind or suffix[1:], data=data)


@pytest.mark.parametrize('kind', ['png', 'bgr8; png compressed bgr8', 'rgb8; png compressed bgr8'])
def test_colour(picture, kind):
    np.testing.assert_array_equal(to_array(compressed(picture, '.png', kind)), picture)


@pytest.mark.parametrize('kind', ['jpeg', 'jpg', 'rgb8; jpeg compressed bgr8'])
def test_jpeg(picture, kind):
    image = to_array(compressed(picture, '.jpg', kind))
    assert np.abs(image.astype(int) - picture).mean() < 3


def test_exchanged_red_and_blue(picture):
    message = compressed(picture[..., ::-1], '.png', 'rgb8; png compressed rgb8')
    np.testing.assert_array_equal(to_array(message), picture)


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_grey(picture, suffix):
    image = to_array(compressed(picture[..., 0], suffix, f'mono8; {suffix[1:]} compressed mono8'))
    assert image.shape == (HEIGHT, WIDTH)
    assert np.abs(image.astype(int) - picture[..., 0]).mean() < 2


@pytest.mark.parametrize('channels', [1, 3])
def test_16_bits_stay(picture, channels):
    image = (picture[..., 0] if channels == 1 else picture).astype(np.uint16) * 256 + 17
    message = compressed(image, '.png', 'mono16; png compressed ')
    np.testing.assert_array_equal(to_array(message), image)


def test_alpha_channel_is_dropped(picture):
    with_alpha = np.dstack([picture, np.full((HEIGHT, WIDTH), 9, np.uint8)])
    np.testing.assert_array_equal(to_array(compressed(with_alpha, '.png')), picture)


def test_a_bayer_pattern_becomes_colour(picture):
    mosaic = np.zeros((HEIGHT, WIDTH), np.uint8)
    mosaic[::2, ::2] = 200  # red
    image = to_array(compressed(mosaic, '.png', 'bayer_rggb8; png compressed '))
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image[4:-4, 4:-4].reshape(-1, 3).mean(axis=0).round().tolist() == [0, 0, 200]


def test_bayer_pattern_already_converted_to_grey_stays_grey(picture):
    grey = picture[..., 0]
    message = compressed(grey, '.jpg', 'bayer_rggb8; jpeg compressed mono8')
    assert to_array(message).shape == grey.shape


def test_bytes_after_the_end_are_ignored(picture):
    message = compressed(picture, '.jpg')
    message.data = bytes(message.data) + bytes(100)
    assert to_array(message).shape == picture.shape


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@pytest.mark.parametrize('share', [0.3, 0.8, 0.99])
def test_cut_data_is_refused(picture, suffix, share):
    message = compressed(picture, suffix)
    message.data = bytes(message.data)[: int(share * len(message.data))]
    with pytest.raises(ImageMessageError, match='data is cut'):
        to_array(message)


def test_embedded_preview_does_not_hide_a_truncated_image(picture):
    data = bytes(compressed(picture, '.jpg').data)
    preview = bytes(compressed(picture[::4, ::4].copy(), '.jpg').data)
    segment = b'\xff\xe1' + (len(preview) + 2).to_bytes(2, 'big') + preview
    whole = data[:2] + segment + data[2:]
    assert to_array(message_of('jpeg', data=whole)).shape == picture.shape
    with pytest.raises(ImageMessageError, match='data is cut'):
        to_array(message_of('jpeg', data=whole[:-40]))


@pytest.mark.parametrize(
    ('message', 'text'),
    [
        (message_of('jpeg'), '0 bytes'),
        (message_of('h264', data=b'\0\0\0\1abcdef'), 'format "h264".*neither a JPEG'),
        (message_of('16UC1; compressedDepth png', data=bytes(20)), 'is a depth image'),
        (
            message_of('png', data=b'\x89PNG\r\n\x1a\n' + bytes(8) + b'IEND'),
            'cannot be decoded',
        ),
    ],
    ids=['nothing', 'a video', 'depth', 'damaged'],
)
def test_data_other_than_images_is_refused(message, text):
    with pytest.raises(ImageMessageError, match=text):
        to_array(message)
