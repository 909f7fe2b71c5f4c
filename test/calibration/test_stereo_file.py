# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files with the calibration of both cameras, of every format that is read."""

import json

import cv2
import numpy as np
import pytest
import yaml

from crestereo_ros.calibration import CalibrationError, read_stereo_calibration, Rectifier

WIDTH, HEIGHT = 640, 480
K = [np.array([[500.0, 0, 320], [0, 505, 240], [0, 0, 1]]),
     np.array([[498.0, 0, 322], [0, 503, 238], [0, 0, 1]])]  # fmt: skip
D = [np.array([-0.1, 0.02, 0.001, -0.001, 0.0]), np.array([-0.12, 0.03, 0.0, 0.001, 0.0])]
R = cv2.Rodrigues(np.array([0.01, -0.02, 0.005]))[0]
T = np.array([-0.12, 0.002, 0.001])
BASELINE = float(np.linalg.norm(T))
POINTS = np.random.default_rng(0).uniform((-1, -0.7, 2), (1, 0.7, 6), (50, 3))


def write(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    return tmp_path / name


def opencv_matrix(name, array):
    array = np.atleast_2d(array)
    return (
        f'{name}: !!opencv-matrix\n   rows: {array.shape[0]}\n   cols: {array.shape[1]}\n'
        f'   dt: d\n   data: {array.ravel().tolist()}\n'
    )


def opencv_yaml(**arrays):
    return '%YAML:1.0\n---\n' + ''.join(opencv_matrix(*entry) for entry in arrays.items())


def opencv_xml(**arrays):
    entries = ''.join(
        f'<{name} type_id="opencv-matrix"><rows>{np.atleast_2d(x).shape[0]}</rows>'
        f'<cols>{np.atleast_2d(x).shape[1]}</cols><dt>d</dt>'
        f'<data>{" ".join(map(str, np.ravel(x)))}</data></{name}>'
        for name, x in arrays.items()
    )
    size = f'<image_width>{WIDTH}</image_width><image_height>{HEIGHT}</image_height>'
    return f'<?xml version="1.0"?><opencv_storage>{entries}{size}</opencv_storage>'


def kalibr(distortion='radtan', translation=T):
    transform = np.vstack([np.hstack([R, translation[:, None]]), [0, 0, 0, 1]])
    cameras = {
        f'cam{i}': {
            'camera_model': 'pinhole',
            'distortion_model': distortion,
            'distortion_coeffs': [] if distortion == 'none' else D[i][:4].tolist(),
            'intrinsics': [float(K[i][x]) for x in ((0, 0), (1, 1), (0, 2), (1, 2))],
            'resolution': [WIDTH, HEIGHT],
            'rostopic': f'/cam{i}/image_raw',
        }
        for i in (0, 1)
    }
    cameras['cam1']['T_cn_cnm1'] = transform.tolist()
    return yaml.dump(cameras)


def oak(inverted=False):
    rotation, translation = (R.T, -R.T @ T) if inverted else (R, T)
    extrinsics = {
        'rotationMatrix': rotation.tolist(),
        'translation': dict(zip('xyz', (100 * translation).tolist(), strict=True)),
        'toCameraSocket': 1 if inverted else 2,
    }
    none = {'rotationMatrix': np.zeros((3, 3)).tolist(), 'toCameraSocket': -1}
    cameras = [
        [
            i + 1,
            {
                'cameraType': 0,
                'intrinsicMatrix': K[i].tolist(),
                'distortionCoeff': [*D[i].tolist(), *[0.0] * 9],
                'width': WIDTH,
                'height': HEIGHT,
                'extrinsics': extrinsics if (i == 1) is inverted else none,
            },
        ]
        for i in (0, 1)
    ]
    return json.dumps({'batchName': '', 'cameraData': cameras})


def all_in_one():
    return {'M1': K[0], 'D1': D[0], 'M2': K[1], 'D2': D[1], 'R': R, 'T': T}


VERTICAL_T = np.array([0.001, 0.1, 0.0])  # the right camera is the upper one
VERTICAL = opencv_yaml(**{**all_in_one(), 'T': VERTICAL_T})
RAW = {
    'opencv.yml': opencv_yaml(**all_in_one()),
    'opencv.xml': opencv_xml(**all_in_one()),
    'names.yml': opencv_yaml(
        cameraMatrix1=K[0], distCoeffs1=D[0], cameraMatrix2=K[1], distCoeffs2=D[1], R=R, T=T
    ),
    'sides.json': json.dumps(
        {
            'left': {'K': K[0].tolist(), 'dist': D[0].tolist()},
            'right': {'K': K[1].tolist(), 'dist': D[1].tolist()},
            'rotation': cv2.Rodrigues(R)[0].ravel().tolist(),
            'translation': T.tolist(),
            'image_size': [WIDTH, HEIGHT],
        }
    ),
    'from_zero.yml': opencv_yaml(K0=K[0], D0=D[0], K1=K[1], D1=D[1], R=R, T=T),
    'camchain.yaml': kalibr(),
    'oak.json': oak(),
    'oak_inverted.json': oak(inverted=True),
}


def rows_and_disparities(pair):
    """Return where points of the left camera are seen in both rectified images."""
    seen = []
    for camera, points in ((pair.left, POINTS), (pair.right, POINTS @ R.T + T)):
        turned = points @ camera.r.T
        pixels = turned @ camera.p[:, :3].T
        seen.append(pixels[:, :2] / pixels[:, 2:])
        Rectifier(camera)
    return seen, POINTS @ pair.left.r.T


@pytest.mark.parametrize('name', RAW)
def test_raw_pairs_are_rectified(tmp_path, name):
    pair = read_stereo_calibration(write(tmp_path, name, RAW[name])).for_image(WIDTH, HEIGHT)
    (left, right), points = rows_and_disparities(pair)
    assert left[:, 1] == pytest.approx(right[:, 1], abs=0.02)
    disparity = left[:, 0] - right[:, 0] - pair.principal_offset
    assert pair.focal_length * pair.baseline / disparity == pytest.approx(points[:, 2], rel=1e-3)
    assert pair.baseline == pytest.approx(BASELINE, rel=1e-4)
    np.testing.assert_allclose(pair.left.d[:4], D[0][:4])


def test_two_files_of_opencv_complete_each_other(tmp_path):
    values = all_in_one()
    intrinsics = {name: values.pop(name) for name in ('M1', 'D1', 'M2', 'D2')}
    first = write(tmp_path, 'intrinsics.yml', opencv_yaml(**intrinsics))
    with pytest.raises(CalibrationError, match=r'intrinsics\.yml: .* no R and T between them'):
        read_stereo_calibration(first)
    second = write(tmp_path, 'extrinsics.yml', opencv_yaml(**values))
    pair = read_stereo_calibration(first, second).for_image(WIDTH, HEIGHT)
    assert pair.baseline == pytest.approx(BASELINE, rel=1e-4)


def test_rectification_in_the_file_is_used(tmp_path):
    r1, r2, p1, p2, q, *_ = cv2.stereoRectify(
        K[0],
        D[0],
        K[1],
        D[1],
        (WIDTH, HEIGHT),
        R,
        T[:, None],
        flags=cv2.CALIB_ZERO_DISPARITY,
        alpha=1,
    )
    text = opencv_yaml(**all_in_one(), R1=r1, R2=r2, P1=p1, P2=p2, Q=q)
    pair = read_stereo_calibration(write(tmp_path, 'a.yml', text))
    np.testing.assert_allclose(pair.left.p, p1)
    np.testing.assert_allclose(pair.right.r, r2)


def test_kalibr_without_distortion(tmp_path):
    pair = read_stereo_calibration(write(tmp_path, 'a.yaml', kalibr('none')))
    pair.check()
    Rectifier(pair.left)
    assert not pair.left.d.any()


def test_fisheye_of_kalibr(tmp_path):
    pair = read_stereo_calibration(write(tmp_path, 'a.yaml', kalibr('equidistant')))
    pair.check()
    Rectifier(pair.left)
    assert pair.left.distortion_model == 'equidistant'
    assert pair.baseline == pytest.approx(BASELINE, rel=1e-3)


MIDDLEBURY = """cam0=[3979.911 0 1244.772; 0 3979.911 1019.507; 0 0 1]
cam1=[3979.911 0 1369.115; 0 3979.911 1019.507; 0 0 1]
doffs=124.343
baseline=193.001
width=2964
height=1988
ndisp=280
isint=0
"""


def test_middlebury(tmp_path):
    pair = read_stereo_calibration(write(tmp_path, 'calib.txt', MIDDLEBURY))
    assert pair.baseline == pytest.approx(0.193001)
    pair = pair.for_image(2964 // 4, 1988 // 4)
    assert pair.principal_offset == pytest.approx(-124.343 / 4)
    depth = pair.depth(np.full((1, 1), 50, np.float32))
    assert depth == pytest.approx(3979.911 * 0.193001 / (200 + 124.343), rel=1e-5)


def kitti(name):
    p2 = '7.215377e+02 0 6.095593e+02 4.485728e+01 0 7.215377e+02 1.72854e+02 2.163791e-01 0 0 1 0'
    p3 = '7.215377e+02 0 6.095593e+02 -3.395242e+02 0 7.215377e+02 1.72854e+02 2.2e+00 0 0 1 0'
    return f'calib_time: 09-Jan-2012 13:57:47\n{name.format(2)}: {p2}\n{name.format(3)}: {p3}\n'


@pytest.mark.parametrize('name', ['P{}', 'P_rect_{:02d}'])
def test_kitti(tmp_path, name):
    pair = read_stereo_calibration(write(tmp_path, 'calib.txt', kitti(name)))
    pair = pair.for_image(1242, 375)
    assert pair.baseline == pytest.approx(0.5327, abs=1e-4)
    assert pair.focal_length == pytest.approx(721.5377)
    with pytest.raises(CalibrationError, match=r'the principal point is at \(610, 173\), but'):
        pair = read_stereo_calibration(write(tmp_path, 'calib.txt', kitti(name)))
        pair.for_image(640, 480)


def zed(names):
    text = '[STEREO]\nBaseline=119.905\nTY=0.1\nTZ=-0.2\n'
    for name, *_ in names:
        text += f'CV_{name}=0.002\nRX_{name}=0.001\nRZ_{name}=-0.0005\n'
    for side in ('LEFT', 'RIGHT'):
        for name, focal_length, cx, cy in names:
            text += f'[{side}_CAM_{name}]\nfx={focal_length}\nfy={focal_length}\n'
            text += f'cx={cx}\ncy={cy}\nk1=-0.17\nk2=0.02\np1=0\np2=0\nk3=0\n'
    return text


def test_zed_has_a_calibration_for_each_resolution(tmp_path):
    text = zed([('2K', 1400, 1104, 621), ('HD', 700, 640, 360), ('VGA', 350, 336, 188)])
    pair = read_stereo_calibration(write(tmp_path, 'SN1.conf', text))
    pair.check()
    for size, focal_length in (((1280, 720), 700), ((672, 376), 350), ((2208, 1242), 1400)):
        fitting = pair.for_image(*size)
        assert fitting.left.k[0, 0] == focal_length
        assert fitting.baseline == pytest.approx(0.1199, abs=1e-4)


def test_cameras_of_camera_calibration_in_two_files_or_one(tmp_path):
    def camera(tx):
        return {
            'image_width': 640,
            'image_height': 480,
            'distortion_model': 'plumb_bob',
            'camera_matrix': {'rows': 3, 'cols': 3, 'data': K[0].ravel().tolist()},
            'distortion_coefficients': {'rows': 1, 'cols': 5, 'data': D[0].tolist()},
            'rectification_matrix': {'data': np.eye(3).ravel().tolist()},
            'projection_matrix': {'data': [500.0, 0, 320, tx, 0, 500, 240, 0, 0, 0, 1, 0]},
        }

    left = write(tmp_path, 'left.yaml', yaml.dump(camera(0.0)))
    right = write(tmp_path, 'right.yaml', yaml.dump(camera(-60.0)))
    both = write(tmp_path, 'b.yaml', yaml.dump({'left': camera(0.0), 'right': camera(-60.0)}))
    for paths in ((left, right), (both,)):
        assert read_stereo_calibration(*paths).baseline == pytest.approx(0.12)
    with pytest.raises(CalibrationError, match=r'left\.yaml: is the calibration of one camera'):
        read_stereo_calibration(left)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('name: value\n', r'a\.txt: is not a stereo calibration in a format that can be read'),
        ('# oST version 5.0 parameters\n\n[image]\nwidth\n640\n', 'name left.yaml and right.yaml'),
        (
            '[STEREO]\n[image]\nwidth\n640\n',
            r'a\.txt: is not INI that can be read: Source .*width',
        ),
        (opencv_yaml(**{**all_in_one(), 'T': -T}), '0.12 m left of the left one: exchange left'),
        (VERTICAL, r'one above the other, 0.1 m apart: .* by 90 degrees clockwise'),
        (kalibr('equidistant', VERTICAL_T), 'one above the other, 0.1 m apart'),
        ('<a><b>', r'a\.txt: is not XML that can be read'),
        (opencv_yaml(**{**all_in_one(), 'T': [0, 0, 0]}), 'are not those of two cameras'),
        (kalibr().replace('pinhole', 'omni'), 'cam0 has the camera_model omni: calibrate it as'),
        (kalibr().replace('- 480', '- 400', 1), 'images of unequal sizes'),
        (kalibr().replace('T_cn_cnm1', 'T_other'), 'cam1 has no T_cn_cnm1'),
        ('[STEREO]\nBaseline=120\n', 'has no LEFT_CAM_HD and RIGHT_CAM_HD'),
        ('{"cameraData": []}', 'has no cameras on the sockets 1 and 2'),
    ],
)
def test_errors_name_their_cause(tmp_path, text, message):
    with pytest.raises(CalibrationError, match=message) as caught:
        read_stereo_calibration(write(tmp_path, 'a.txt', text))
    assert '\n' not in str(caught.value)
