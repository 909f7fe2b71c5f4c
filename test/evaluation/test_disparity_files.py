# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparities from files of all kinds, and errors for others."""

import cv2
import numpy as np
import pytest

from crestereo_ros.evaluation.disparity_files import read_disparity
from crestereo_ros.evaluation.errors import EvaluationError

DISPARITY = np.array([[1.5, 2.25, np.inf], [0, np.nan, 300.25]], np.float32)


@pytest.mark.parametrize('name', ['a.npy', 'a.data'])
def test_numpy_arrays_of_any_name_and_number_type(tmp_path, name):
    with (tmp_path / name).open('wb') as file:
        np.save(file, DISPARITY.astype(np.float64)[None, ..., None])

    disparity = read_disparity(tmp_path / name)

    assert disparity.dtype == np.float32
    np.testing.assert_array_equal(disparity, DISPARITY)


def test_reads_the_array_disparity_among_several(tmp_path):
    np.savez(tmp_path / 'a.npz', confidence=np.zeros((2, 3)), disparity=DISPARITY)
    np.testing.assert_array_equal(read_disparity(tmp_path / 'a.npz'), DISPARITY)


@pytest.mark.parametrize('scale', ['-1', '-1.0', '-0.003922', '1', '0.0039'])
def test_pfm_of_both_byte_orders_and_any_scale(tmp_path, scale):
    order = '<f4' if scale.startswith('-') else '>f4'
    # Bytes of the data that look like white space must not count as part of the header.
    disparity = DISPARITY.copy()
    disparity[1, 0] = np.frombuffer(b'\n \t\n', order)[0]
    header = f'Pf\n3 2\n{scale}\n'.encode()
    (tmp_path / 'a.pfm').write_bytes(header + disparity[::-1].astype(order).tobytes())

    np.testing.assert_array_equal(read_disparity(tmp_path / 'a.pfm'), disparity)


def test_pfm_as_opencv_writes_it(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.pfm'), DISPARITY)
    np.testing.assert_array_equal(read_disparity(tmp_path / 'a.pfm'), DISPARITY)


def test_png_with_a_scale_and_zero_for_unknown(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), np.array([[0, 384], [256 * 70, 65535]], np.uint16))
    cv2.imwrite(str(tmp_path / 'b.png'), np.array([[0, 200]], np.uint8))

    np.testing.assert_array_equal(
        read_disparity(tmp_path / 'a.png', scale=256),
        np.float32([[np.nan, 1.5], [70, 65535 / 256]]),
    )
    np.testing.assert_array_equal(
        read_disparity(tmp_path / 'b.png', scale=4), np.float32([[np.nan, 50]])
    )


def test_float_images_need_no_scale(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.tiff'), DISPARITY)
    np.testing.assert_array_equal(read_disparity(tmp_path / 'a.tiff'), DISPARITY)


def test_pictures_and_other_files_are_not_disparities(tmp_path):
    picture = np.zeros((8, 8, 3), np.uint8)
    cv2.imwrite(str(tmp_path / 'colour.png'), picture)
    cv2.imwrite(str(tmp_path / 'deep.png'), picture.astype(np.uint16))
    cv2.imwrite(str(tmp_path / 'grey.png'), picture[..., 0])
    (tmp_path / 'a.txt').write_text('words')

    assert read_disparity(tmp_path / 'grey.png') is None
    for name in 'colour.png', 'deep.png', 'a.txt':
        assert read_disparity(tmp_path / name, scale=256) is None


def test_errors_name_the_problem(tmp_path):
    def wrong(name, content=None):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(EvaluationError) as caught:
            read_disparity(path)
        assert str(path) in str(caught.value)
        return str(caught.value)

    np.save(tmp_path / 'a.npy', DISPARITY)
    np.savez(tmp_path / 'a.npz', depth=DISPARITY, left=DISPARITY)
    np.save(tmp_path / 'objects.npy', np.array({}, dtype=object), allow_pickle=True)
    np.save(tmp_path / 'bool.npy', np.zeros((2, 3), bool))
    np.save(tmp_path / 'deep.npy', np.zeros((2, 3, 4)))
    cv2.imwrite(str(tmp_path / 'a.png'), np.full((64, 64), 500, np.uint16))

    for name in 'a.npy', 'a.npz':
        cut = (tmp_path / name).read_bytes()[:-20]
        assert 'not a readable NumPy file' in wrong(f'cut_{name}', cut)
    assert 'no array `disparity`, only depth, left' in wrong('a.npz')
    assert 'not a readable NumPy file' in wrong('objects.npy')
    assert 'array of bool' in wrong('bool.npy')
    assert '(2, 3, 4)' in wrong('deep.npy')
    assert 'damaged PFM' in wrong('cut.pfm', b'Pf\n3 2\n-1\n' + bytes(20))
    assert 'header' in wrong('header.pfm', b'Pf\n3 ')
    assert 'three channels' in wrong('colour.pfm', b'PF\n3 2\n-1\n' + bytes(72))
    assert '--scale 256' in wrong('a.png')
    assert 'damaged' in wrong('cut.png', (tmp_path / 'a.png').read_bytes()[:60])


def test_pfm_with_windows_line_endings(tmp_path):
    values = np.arange(6, dtype='<f4').reshape(2, 3)
    (tmp_path / 'a.pfm').write_bytes(b'Pf\r\n3 2\r\n-1.0\r\n' + values[::-1].tobytes())
    assert (read_disparity(tmp_path / 'a.pfm') == values).all()
