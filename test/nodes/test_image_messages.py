# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading and writing every encoding, padding and byte order, and invalid messages."""

from array import array as byte_array
import sys

import numpy as np
import pytest

pytest.importorskip('sensor_msgs', reason='needs the ROS messages')

from sensor_msgs.msg import Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.messages import ImageMessageError, images  # noqa: E402
from crestereo_ros.nodes import image_messages  # noqa: E402
from crestereo_ros.nodes.image_messages import to_array, to_message  # noqa: E402

HEIGHT, WIDTH = 6, 10
BLUE, GREEN, RED = 40, 120, 200


BRIDGE = image_messages.working_cv_bridge()


@pytest.fixture(autouse=True, params=['numpy'] if BRIDGE is None else ['numpy', 'cv_bridge'])
def path(request, monkeypatch):
    """Run every test with and without cv_bridge, where it is available."""
    monkeypatch.setattr(
        image_messages, '_bridge', BRIDGE if request.param == 'cv_bridge' else None
    )


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(1).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def message_of(pixels, encoding, padding=0, big=sys.byteorder == 'big'):
    """Lay out pixels by hand, with meaningless bytes after each row."""
    height, width = pixels.shape[:2]
    rows = pixels.astype(pixels.dtype.newbyteorder('>' if big else '<')).reshape(height, -1)
    rows = np.pad(rows.view(np.uint8), ((0, 0), (0, padding)), constant_values=99)
    return Image(
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=big,
        step=rows.shape[1],
        data=byte_array('B', rows.tobytes()),
    )


@pytest.mark.parametrize('padding', [0, 1, 6, 8])
@pytest.mark.parametrize(
    ('encoding', 'channels', 'order'),
    [
        ('mono8', 1, None),
        ('8UC1', 1, None),
        ('bgr8', 3, [0, 1, 2]),
        ('8UC3', 3, [0, 1, 2]),
        ('rgb8', 3, [2, 1, 0]),
        ('bgra8', 4, [0, 1, 2]),
        ('8UC4', 4, [0, 1, 2]),
        ('rgba8', 4, [2, 1, 0]),
    ],
)
def test_plain_encodings(encoding, channels, order, padding):
    pixels = noise(HEIGHT, WIDTH) if channels == 1 else noise(HEIGHT, WIDTH, channels)
    result = to_array(message_of(pixels, encoding, padding))
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, pixels if order is None else pixels[..., order])


@pytest.mark.parametrize('padding', [0, 1, 4])
@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize(
    ('encoding', 'order'),
    [('mono16', None), ('16UC1', None), ('bgr16', [0, 1, 2]), ('rgb16', [2, 1, 0])],
)
def test_16_bits_are_kept(encoding, order, big, padding):
    pixels = noise(HEIGHT, WIDTH, *(order and [3] or []), dtype=np.uint16)
    result = to_array(message_of(pixels, encoding, padding, big))
    assert result.dtype == np.uint16
    np.testing.assert_array_equal(result, pixels if order is None else pixels[..., order])


@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
@pytest.mark.parametrize('bits', [8, 16])
def test_bayer_patterns(pattern, bits):
    values = {'r': RED, 'g': GREEN, 'b': BLUE}
    tile = np.array([values[letter] for letter in pattern], f'uint{bits}').reshape(2, 2)
    result = to_array(message_of(np.tile(tile, (3, 5)), f'bayer_{pattern}{bits}'))
    assert result.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(result, np.broadcast_to([BLUE, GREEN, RED], result.shape))


@pytest.mark.parametrize('encoding', ['nv12', 'nv21'])
@pytest.mark.parametrize('padding', [0, 3])
def test_two_planes(encoding, padding):
    brightness = np.full((HEIGHT, WIDTH), 120, np.uint8)
    u, v = (90, 200) if encoding == 'nv12' else (200, 90)
    colours = np.tile(np.array([u, v], np.uint8), (HEIGHT // 2, WIDTH // 2))
    data = np.vstack([brightness, colours])
    message = message_of(data, 'mono8', padding)
    message.height, message.encoding = HEIGHT, encoding
    result = to_array(message)
    assert result.shape == (HEIGHT, WIDTH, 3)
    blue, _, red = result[0, 0]
    assert red > blue + 50
    message.height -= 1
    with pytest.raises(ImageMessageError, match=f'height {HEIGHT - 1} is odd, but'):
        to_array(message)


@pytest.mark.parametrize(
    ('encoding', 'order'),
    [('yuv422', 'uyvy'), ('uyvy', 'uyvy'), ('yuv422_yuy2', 'yuyv'), ('yuyv', 'yuyv')],
)
def test_yuv_422(encoding, order):
    # BT.601 with video range, for the colour (BLUE, GREEN, RED).
    y = 16 + 0.257 * RED + 0.504 * GREEN + 0.098 * BLUE
    u = 128 - 0.148 * RED - 0.291 * GREEN + 0.439 * BLUE
    v = 128 + 0.439 * RED - 0.368 * GREEN - 0.071 * BLUE
    values = {'y': round(y), 'u': round(u), 'v': round(v)}
    two_pixels = np.array([values[letter] for letter in order], np.uint8).reshape(1, 2, 2)
    result = to_array(message_of(np.tile(two_pixels, (HEIGHT, WIDTH // 2, 1)), encoding))
    assert result.shape == (HEIGHT, WIDTH, 3)
    expected = np.broadcast_to([BLUE, GREEN, RED], result.shape)
    np.testing.assert_allclose(result, expected, atol=3)  # 8 bit YUV is that coarse


def test_refuses_yuv_422_of_odd_width():
    with pytest.raises(ImageMessageError, match='width 5 is odd'):
        to_array(message_of(noise(4, 5, 2), 'yuv422'))


@pytest.mark.parametrize(
    ('changes', 'text'),
    [
        ({'encoding': '32FC1'}, '"32FC1" is not supported'),
        ({'encoding': ''}, 'encoding "" is not supported; supported are .*mono8.*bgr8'),
        ({'width': 0}, 'width 0'),
        ({'height': 0}, 'height 0'),
        ({'step': 29}, 'step 29 is too small: 10 pixels of bgr8 take 30 bytes'),
        ({'step': 32}, 'data has 180 bytes, but height 6 times step 32 is 192'),
        ({'height': 5}, 'data has 180 bytes, but height 5'),
        ({'data': byte_array('B')}, 'data has 0 bytes'),
    ],
)
def test_refuses_a_wrong_message_and_names_the_field(changes, text):
    message = message_of(noise(HEIGHT, WIDTH, 3), 'bgr8')
    for field, value in changes.items():
        setattr(message, field, value)
    with pytest.raises(ImageMessageError, match=text):
        to_array(message)


@pytest.mark.parametrize(
    ('encoding', 'array'),
    [
        ('mono8', noise(HEIGHT, WIDTH)),
        ('bgr8', noise(HEIGHT, WIDTH, 3)),
        ('bgr8', noise(2 * HEIGHT, 2 * WIDTH, 3)[::2, ::-2]),
        ('rgba8', noise(HEIGHT, WIDTH, 4)),
        ('mono16', noise(HEIGHT, WIDTH, dtype=np.uint16)),
        ('32FC1', np.linspace(-1, 1, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)),
    ],
)
def test_an_array_becomes_a_message(encoding, array):
    header = Header(frame_id='left')
    message = to_message(array, encoding, header)
    assert message.header == header
    assert (message.height, message.width) == array.shape[:2]
    assert message.encoding == encoding
    assert message.is_bigendian == (sys.byteorder == 'big')
    assert message.step == len(message.data) // HEIGHT == array[0].nbytes
    # rclpy checks any other type byte by byte, which is a hundred times slower.
    assert isinstance(message.data, byte_array)
    assert message.data.tobytes() == array.tobytes()


@pytest.mark.parametrize('array', [noise(HEIGHT, WIDTH), noise(HEIGHT, WIDTH, 3)])
def test_an_array_survives_both_conversions(array):
    message = to_message(array, 'mono8' if array.ndim == 2 else 'bgr8')
    np.testing.assert_array_equal(to_array(message), array)


@pytest.mark.parametrize(
    ('encoding', 'array', 'text'),
    [
        ('bgr8', noise(HEIGHT, WIDTH), 'for uint8 of HEIGHTxWIDTHx3, not for uint8 of 6x10$'),
        ('mono8', noise(HEIGHT, WIDTH, 3), 'for uint8 of HEIGHTxWIDTH, not for uint8 of 6x10x3$'),
        ('bgr8', noise(HEIGHT, WIDTH, 3, dtype=np.uint16), 'not for uint16'),
        ('32FC1', np.zeros((HEIGHT, WIDTH)), 'not for float64'),
        ('jpeg', noise(HEIGHT, WIDTH), '"jpeg" is none of'),
        ('mono8', noise(HEIGHT), 'not for uint8 of 6$'),
    ],
)
def test_refuses_an_array_that_does_not_fit_the_encoding(encoding, array, text):
    with pytest.raises(ImageMessageError, match=text):
        to_message(array, encoding)


@pytest.mark.skipif(BRIDGE is None, reason='no cv_bridge that works with this NumPy')
def test_both_paths_give_the_same_arrays(monkeypatch):
    for encoding in images.READABLE:
        layout = images.LAYOUTS[encoding]
        pixels = noise(HEIGHT, WIDTH, layout.channels, dtype=np.dtype(layout.dtype))
        for padding in (0, 3, 8):
            message = message_of(pixels, encoding, padding)
            results = []
            for bridge in (None, BRIDGE):
                monkeypatch.setattr(image_messages, '_bridge', bridge)
                results.append(to_array(message))
            np.testing.assert_array_equal(*results, err_msg=f'{encoding}, {padding}')


class OldBridge:
    """A cv_bridge whose table lacks a type, or that needs a function that NumPy 2 removed."""

    def imgmsg_to_cv2(self, message):
        if message.is_bigendian != (sys.byteorder == 'big'):
            raise AttributeError('`newbyteorder` was removed from the ndarray class')
        raise KeyError(16)

    def cv2_to_imgmsg(self, array, encoding, header):
        raise KeyError(16)


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('encoding', ['mono8', 'bgr8', 'mono16'])
def test_falls_back_where_cv_bridge_fails(encoding, big, monkeypatch):
    dtype = np.uint16 if encoding == 'mono16' else np.uint8
    pixels = noise(HEIGHT, WIDTH, 3 if encoding == 'bgr8' else 1, dtype=dtype)
    message = message_of(pixels, encoding, big=big)
    monkeypatch.setattr(image_messages, '_bridge', None)
    expected = to_array(message), to_message(pixels, encoding)
    monkeypatch.setattr(image_messages, '_bridge', OldBridge())
    np.testing.assert_array_equal(to_array(message), expected[0])
    assert to_message(pixels, encoding) == expected[1]


@pytest.mark.parametrize(
    ('files', 'reason'),
    [
        ({'__init__.py': 'import no_such_module_at_all'}, 'misses a library'),
        ({'__init__.py': 'raise AttributeError("_ARRAY_API not found")'}, 'other NumPy'),
        ({'__init__.py': 'class CvBridge: pass'}, 'fails when used'),
    ],
)
def test_a_broken_cv_bridge_is_not_used(files, reason, tmp_path, monkeypatch):
    package = tmp_path / 'cv_bridge'
    package.mkdir()
    for name, text in files.items():
        (package / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'cv_bridge', raising=False)
    assert image_messages.working_cv_bridge() is None, reason
