# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration files as camera_calibration and OpenCV write them."""

import cv2
import numpy as np
import pytest

pytest.importorskip('sensor_msgs', reason='needs ROS 2')

from crestereo_ros.nodes.camera_info_file import (  # noqa: E402
    CameraInfoFileError,
    read_camera_info,
    scaled,
)
from crestereo_ros.nodes.depth.disparity_messages import stereo_geometry  # noqa: E402

# The layout of camera_calibration.
TEXT = """\
image_width: 640
image_height: 480
camera_name: narrow_stereo/right
camera_matrix:
  rows: 3
  cols: 3
  data: [500.     ,   0.     , 319.5    ,
           0.     , 510.     , 239.5    ,
           0.     ,   0.     ,   1.     ]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.1, 0.01, 0.001, -0.002, 0.]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [480., 0., 310., -57.6, 0., 480., 230., 0., 0., 0., 1., 0.]
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / 'right.yaml'
        path.write_text(text)
        return str(path)

    return write


def test_every_field_is_read(write):
    info = read_camera_info(write(TEXT))
    assert (info.width, info.height) == (640, 480)
    assert info.distortion_model == 'plumb_bob'
    assert list(info.d) == [-0.1, 0.01, 0.001, -0.002, 0]
    assert list(info.k) == [500, 0, 319.5, 0, 510, 239.5, 0, 0, 1]
    assert list(info.r) == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert list(info.p) == [480, 0, 310, -57.6, 0, 480, 230, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ('start', 'tag'), [('', ''), ('%YAML:1.0\n', ' !!opencv-matrix'), ('%YAML:1.0\n---\n', '')]
)
def test_the_dialect_of_opencv_is_read(write, start, tag):
    text = start + TEXT.replace('camera_matrix:', f'camera_matrix:{tag}')
    assert read_camera_info(write(text)) == read_camera_info(write(TEXT))


def test_scaling_maps_pixels_as_resizing_does(write):
    info = read_camera_info(write(TEXT))
    half = scaled(info, 320, 120)
    assert (half.width, half.height, half.distortion_model) == (320, 120, 'plumb_bob')
    assert list(half.d) == list(info.d) and list(half.r) == list(info.r)
    # A point at the middle of a square of the large image is in the middle of it in the small one.
    picture = np.zeros((480, 640), np.float32)
    picture[200:204, 100:102] = 1
    small = cv2.resize(picture, (320, 120), interpolation=cv2.INTER_AREA)
    (row,), (column,) = np.nonzero(small)
    for matrix, result, columns in ((info.k, half.k, 3), (info.p, half.p, 4)):
        ray = np.linalg.solve(np.reshape(matrix, (3, columns))[:, :3], [100.5, 201.5, 1])
        pixel = np.reshape(result, (3, columns))[:, :3] @ ray
        assert pixel == pytest.approx([column, row, 1])
    assert half.p[3] / half.p[0] == pytest.approx(info.p[3] / info.p[0])


def test_depth_is_the_same_at_every_size(write):
    info = read_camera_info(write(TEXT))
    half = scaled(info, 320, 240)
    full, small = (
        stereo_geometry(left, right, right.width) for left, right in ((info, info), (half, half))
    )
    assert small.baseline == pytest.approx(full.baseline) == pytest.approx(0.12)
    assert small.focal_length == pytest.approx(full.focal_length / 2) == pytest.approx(240)


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        (TEXT, '', 'has no keys as image_width'),
        (TEXT, 'a: [', 'is no YAML'),
        ('image_width: 640', 'image_width: wide', "image_width is 'wide', not a number of pixels"),
        ('image_height: 480', '', 'has no image_height: give a calibration as camera_calibration'),
        ('plumb_bob', 'fisheye', 'distortion_model "fisheye" is none of plumb_bob, rational'),
        ('-0.1, 0.01, ', '', 'distortion_coefficients has 3 numbers, but plumb_bob has 4 or 5'),
        ('-0.1,', 'much,', 'distortion_coefficients has no data, or other than numbers'),
        ('[480., 0., 310., -57.6,', '[480., 0., 310.,', 'projection_matrix has 11 numbers .* 3x4'),
        ('projection_matrix:', 'projection:', 'has no projection_matrix'),
        ('[480.,', '[0.,', 'focal length in projection_matrix is 0, .*: calibrate the camera'),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(write, old, new, message):
    assert old in TEXT
    with pytest.raises(CameraInfoFileError, match=rf'right\.yaml.*{message}'):
        read_camera_info(write(TEXT.replace(old, new)))


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(CameraInfoFileError, match='none.yaml cannot be read: No such file'):
        read_camera_info(str(tmp_path / 'none.yaml'))
    (tmp_path / 'binary.yaml').write_bytes(b'\xff\xfe\x00\x01')
    with pytest.raises(CameraInfoFileError, match='binary.yaml is no YAML'):
        read_camera_info(str(tmp_path / 'binary.yaml'))
