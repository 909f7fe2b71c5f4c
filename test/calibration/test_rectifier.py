# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rectified pictures of dots that stand where OpenCV projects points to."""

import cv2
import numpy as np
import pytest

from crestereo_ros.calibration import CalibrationError, Rectifier, RegionOfInterest

ROTATION = cv2.Rodrigues(np.array([0.02, -0.05, 0.03]))[0]
# (N, 3) metres in the camera's frame, and so in sight of the raw and of the rectified image
POINTS = np.stack(np.meshgrid(np.linspace(-0.9, 0.9, 5), np.linspace(-0.6, 0.6, 4)), axis=-1)
POINTS = np.concatenate([POINTS.reshape(-1, 2), np.full((20, 1), 2.0)], axis=1)
LENSES = {
    'plumb_bob': [-0.2, 0.05, 0.002, -0.003, 0.01],
    'rational_polynomial': [0.3, 0.1, 0.001, -0.001, 0.02, 0.5, 0.15, 0.01],
    'equidistant': [0.05, -0.02, 0.01, -0.003],
}
SIGMA = 3.0  # of a dot, pixels


def picture_of_dots(centres, width, height):
    columns, rows = np.arange(width), np.arange(height)[:, None]
    dots = [np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * SIGMA**2)) for x, y in centres]
    return np.sum(dots, axis=0).astype(np.float32)


def centre_of_dot(picture, x, y):
    """Return the centre of mass around a place."""
    left, top, reach = round(x) - 8, round(y) - 8, 17
    part = picture[top : top + reach, left : left + reach]
    rows, columns = np.mgrid[top : top + reach, left : left + reach]
    return (columns * part).sum() / part.sum(), (rows * part).sum() / part.sum()


def projected(camera):
    """Return the points (N, 2) in the raw image and in the rectified one, by OpenCV's lenses."""
    none = np.zeros(3)
    if camera.distortion_model == 'equidistant':
        raw, _ = cv2.fisheye.projectPoints(POINTS[None], none, none, camera.k, camera.d)
    else:
        raw, _ = cv2.projectPoints(POINTS, none, none, camera.k, camera.d)
    rectified = POINTS @ camera.r.T @ camera.p[:, :3].T
    return raw.reshape(-1, 2), rectified[:, :2] / rectified[:, 2:]


@pytest.fixture
def lens_camera(make_camera):
    def lens_camera(model, **fields):
        p = np.array([[450.0, 0, 300, 0], [0, 450, 245, 0], [0, 0, 1, 0]])
        d = np.array(LENSES[model])
        values = {'distortion_model': model, 'd': d, 'r': ROTATION, 'p': p, **fields}
        return make_camera(**values)

    return lens_camera


@pytest.mark.parametrize('model', LENSES)
def test_dots_appear_where_p_projects_them(lens_camera, model):
    camera = lens_camera(model)
    raw, expected = projected(camera)
    assert np.linalg.norm(raw - expected, axis=1).min() > 5
    rectifier = Rectifier(camera)
    assert not rectifier.is_identity
    picture = rectifier.rectify(picture_of_dots(raw, 640, 480))
    assert picture.shape == (480, 640) and picture.dtype == np.float32
    for x, y in expected:
        assert centre_of_dot(picture, x, y) == pytest.approx((x, y), abs=0.1)


@pytest.mark.parametrize('zoom', [1.0, 0.5, 0.25])
@pytest.mark.parametrize('model', LENSES)
def test_seen_pixels_are_separated_from_the_border(lens_camera, model, zoom):
    p = np.array([[450.0 * zoom, 0, 300, 0], [0, 450 * zoom, 245, 0], [0, 0, 1, 0]])
    camera = lens_camera(model, p=p)
    rectifier = Rectifier(camera)
    # From every pixel of the raw image to the rectified one, the other way round than the maps.
    raw = np.stack(np.meshgrid(np.arange(640), np.arange(480)), axis=-1).astype(np.float64)
    undistort = cv2.fisheye if model == 'equidistant' else cv2
    arrivals = undistort.undistortPoints(
        raw.reshape(-1, 1, 2), camera.k, camera.d, R=camera.r, P=camera.p[:, :3]
    ).reshape(480, 640, 2)
    mesh = arrivals[::4, ::4].reshape(-1, 2)
    mesh = np.rint(mesh[(mesh >= 0).all(axis=1) & (mesh < (639, 479)).all(axis=1)]).astype(int)
    seen = np.ones((480, 640), bool) if rectifier.seen is None else rectifier.seen
    assert seen[mesh[:, 1], mesh[:, 0]].mean() > 0.98  # all but some on the border
    border = np.concatenate([arrivals[0], arrivals[:, -1], arrivals[-1, ::-1], arrivals[::-1, 0]])
    within = np.zeros((480, 640), np.uint8)
    cv2.fillPoly(within, [np.rint(border).astype(np.int32)], 1)
    outside = cv2.dilate(within, np.ones((7, 7))) == 0
    assert not seen[outside].any()
    assert outside.any()
    white = rectifier.rectify(np.full((480, 640), 255, np.uint8))
    assert (white[seen] == 255).all()


def test_pixels_that_a_lens_folds_over_count_as_not_seen(make_camera):
    # 1 - 0.3 r^2 times r falls beyond r = 1.05: rays from there meet the image a second time.
    d = np.array([-0.3, 0, 0, 0, 0])
    p = np.array([[240.0, 0, 320, 0], [0, 240, 240, 0], [0, 0, 1, 0]])
    seen = Rectifier(make_camera(d=d, p=p)).seen
    columns, rows = np.meshgrid(np.arange(640), np.arange(480))
    radius = np.hypot(columns - 320, rows - 240) / 240
    assert not seen[radius > 1.07].any()
    assert seen[radius < 0.4].all()


def test_binned_regions_are_rectified(lens_camera):
    roi = RegionOfInterest(x_offset=20, y_offset=10, width=600, height=452)
    camera = lens_camera('plumb_bob', binning=(2, 2), roi=roi)
    raw, expected = ((p - (20, 10) + 0.5) / 2 - 0.5 for p in projected(camera))
    picture = Rectifier(camera).rectify(picture_of_dots(raw, 300, 226))
    for x, y in expected:
        assert centre_of_dot(picture, x, y) == pytest.approx((x, y), abs=0.1)


def test_without_rotation_it_is_what_opencv_undistorts(lens_camera, make_camera):
    k = make_camera().k
    camera = lens_camera('plumb_bob', r=np.eye(3), k=k, p=np.c_[k, [-60, 0, 0]])
    image = np.random.default_rng(1).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    image = cv2.GaussianBlur(image, None, 2)
    expected = cv2.undistort(image, k, camera.d)
    assert cv2.absdiff(Rectifier(camera).rectify(image), expected).max() <= 2


@pytest.mark.parametrize(
    'fields',
    [
        {},
        {'distortion_model': '', 'd': np.zeros(0)},
        {'distortion_model': 'none', 'd': np.zeros(5)},
        {'tx': -60.0},
        {'d': np.zeros(4)},
    ],
)
def test_rectified_images_are_left_untouched(make_camera, fields):
    rectifier = Rectifier(make_camera(**fields))
    image = np.zeros((480, 640, 3), np.uint8)
    assert rectifier.is_identity and rectifier.rectify(image) is image
    assert rectifier.seen is None


@pytest.mark.parametrize(
    'fields',
    [
        {'d': np.array([1e-4, 0, 0, 0, 0])},
        {'r': cv2.Rodrigues(np.array([1e-4, 0, 0]))[0]},
        {'k': np.array([[500, 0, 310.1], [0, 510, 230], [0, 0, 1]])},
        {'distortion_model': 'equidistant', 'd': np.zeros(4)},
        {'distortion_model': '', 'd': np.zeros(0), 'r': ROTATION},
        {'distortion_model': '', 'd': np.zeros(3), 'r': ROTATION},
    ],
)
def test_remaining_rectification_is_applied(make_camera, fields):
    rectifier = Rectifier(make_camera(**fields))
    image = np.random.default_rng(1).random((480, 640)).astype(np.float32)
    assert not rectifier.is_identity
    assert not np.array_equal(rectifier.rectify(image), image)


@pytest.mark.parametrize(
    ('fields', 'text'),
    [
        ({'p': np.zeros((3, 4))}, r'^P\[0\] is 0'),
        ({'k': np.full((3, 3), np.nan)}, '^K has numbers that are not finite'),
        ({'d': np.full(5, np.inf)}, '^D has numbers that are not finite'),
        ({'r': np.zeros((3, 3))}, '^R is not a rotation'),
        ({'k': np.diag([500.0, 0, 1])}, r'^K\[4\] is 0'),
        ({'distortion_model': 'thin_prism'}, '^distortion_model "thin_prism" is none of'),
        ({'d': np.zeros(8)}, '^D has 8 numbers, but plumb_bob has 4 or 5'),
    ],
)
def test_faults_are_named(make_camera, fields, text):
    with pytest.raises(CalibrationError, match=text):
        Rectifier(make_camera(**fields))


def test_images_of_another_size_are_refused(make_camera):
    text = '^width and height give images of 480x640, but the image is 240x320'
    with pytest.raises(CalibrationError, match=text):
        Rectifier(make_camera()).rectify(np.zeros((240, 320), np.uint8))
