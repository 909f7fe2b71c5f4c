# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration files as camera_calibration and OpenCV write them."""

import numpy as np
import pytest

from crestereo_ros.calibration import CalibrationError, read_calibration

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
    camera = read_calibration(write(TEXT))
    assert (camera.width, camera.height) == (640, 480)
    assert camera.distortion_model == 'plumb_bob'
    np.testing.assert_array_equal(camera.d, [-0.1, 0.01, 0.001, -0.002, 0])
    np.testing.assert_array_equal(camera.k, [[500, 0, 319.5], [0, 510, 239.5], [0, 0, 1]])
    np.testing.assert_array_equal(camera.r, np.eye(3))
    np.testing.assert_array_equal(camera.p, [[480, 0, 310, -57.6], [0, 480, 230, 0], [0, 0, 1, 0]])
    assert (camera.image_size, camera.binning) == ((640, 480), (1, 1))


@pytest.mark.parametrize(
    ('start', 'tag'), [('', ''), ('%YAML:1.0\n', ' !!opencv-matrix'), ('%YAML:1.0\n---\n', '')]
)
def test_the_dialect_of_opencv_is_read(write, start, tag):
    camera = read_calibration(
        write(start + TEXT.replace('camera_matrix:', f'camera_matrix:{tag}'))
    )
    np.testing.assert_array_equal(camera.k, [[500, 0, 319.5], [0, 510, 239.5], [0, 0, 1]])
    assert camera.p[0, 3] == -57.6


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        (TEXT, '', 'has no keys such as image_width'),
        (TEXT, 'a: [', 'is not YAML'),
        ('image_width: 640', 'image_width: wide', "image_width is 'wide', not a number of pixels"),
        ('image_height: 480', '', 'has no image_height: give a calibration as camera_calibration'),
        ('plumb_bob', 'bent', 'distortion_model "bent" is none of plumb_bob, rational'),
        ('-0.1, 0.01, ', '', 'distortion_coefficients has 3 numbers, but plumb_bob has 4 or 5'),
        ('-0.1,', 'much,', 'distortion_coefficients is not a list of finite numbers'),
        ('[-0.1,', '[.nan,', 'distortion_coefficients is not a list of finite numbers'),
        ('  data: [-0.1', '  dat: [-0.1', 'distortion_coefficients is not a list of'),
        ('[480., 0., 310., -57.6,', '[480., 0., 310.,', 'projection_matrix has 11 numbers .* 3x4'),
        ('projection_matrix:', 'projection:', 'has no projection_matrix'),
        ('[480.,', '[0.,', 'focal length in projection_matrix is 0, .*: calibrate the camera'),
    ],
)
def test_errors_name_file_and_key(write, old, new, message):
    assert old in TEXT
    with pytest.raises(CalibrationError, match=rf'right\.yaml: .*{message}'):
        read_calibration(write(TEXT.replace(old, new)))


def test_unreadable_files_are_named(tmp_path):
    with pytest.raises(CalibrationError, match='none.yaml: cannot be read: No such file'):
        read_calibration(str(tmp_path / 'none.yaml'))
    (tmp_path / 'binary.yaml').write_bytes(b'\xff\xfe\x00\x01')
    with pytest.raises(CalibrationError, match='binary.yaml: is not a text file'):
        read_calibration(str(tmp_path / 'binary.yaml'))
