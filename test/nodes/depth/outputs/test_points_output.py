# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The point cloud: its bytes, its geometry, and a comparison with stereo_image_proc."""

from collections import deque

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.nodes.calibration_messages import to_message  # noqa: E402
from crestereo_ros.nodes.depth.outputs import DisparityOutput, PointsOutput  # noqa: E402

FX, BASELINE = 500.0, 0.12
NORMAL, DISTANCE = np.array([0.2, -0.3, 1.0]), 2.5  # the points X of a plane: NORMAL @ X


@pytest.fixture
def output(make_node):
    return PointsOutput(make_node('example'))


@pytest.fixture(scope='module')
def picture():
    return np.random.default_rng(3).integers(0, 255, (480, 640, 3), np.uint8)


def shift_of_plane(calibration, width, height):
    """Return x_left - x_right of every pixel of an image of the plane, from both P matrices."""
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height), [1]), axis=-1)[:, :, 0]
    rays = pixels @ np.linalg.inv(calibration.left.p[:, :3]).T
    points = rays * (DISTANCE / (rays @ NORMAL))[..., None]
    right = points @ calibration.right.p[:, :3].T + calibration.right.p[:, 3]
    return (pixels[..., 0] - right[..., 0] / right[..., 2]).astype(np.float32)


def read(message):
    """Return xyz (H, W, 3) and the BGR colours (H, W, 3), read by the message's fields."""
    dtype = np.dtype(
        {
            'names': [field.name for field in message.fields],
            'formats': ['<f4'] * len(message.fields),
            'offsets': [field.offset for field in message.fields],
            'itemsize': message.point_step,
        }
    )
    cloud = np.frombuffer(message.data, dtype).reshape(message.height, message.width)
    colors = np.ascontiguousarray(cloud['rgb']).view(np.uint8)
    xyz = np.stack([cloud[name] for name in 'xyz'], axis=-1)
    return xyz, colors.reshape(message.height, message.width, 4)[..., :3]


@pytest.mark.parametrize('principal_points', [(320, 320), (310, 335)])
@pytest.mark.parametrize('size', [(640, 480), (160, 120)])
@pytest.mark.parametrize('stride', [1, 3])
def test_points_of_a_slanted_plane_lie_on_it(
    output, result_of, calibration_of, picture, principal_points, size, stride
):
    calibration = calibration_of(FX, BASELINE, *principal_points).for_image(*size)
    left = cv2.resize(picture, size)
    shift = shift_of_plane(calibration, *size)
    result = result_of(shift, calibration=calibration, left=left, point_cloud_stride=stride)
    message = output.message(result)
    assert message.header == result.header
    xyz, colors = read(message)
    assert xyz.shape == left[::stride, ::stride].shape
    np.testing.assert_allclose(xyz @ NORMAL, DISTANCE, rtol=1e-5)
    np.testing.assert_array_equal(colors, left[::stride, ::stride])


@pytest.mark.parametrize('padding', [True, False])
def test_every_byte(output, result_of, calibration_of, padding):
    """The bytes of PointCloud2Modifier and its iterators, written one by one."""
    left = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    shift = np.float32([[30, np.nan, 60], [0, 20, 30]])
    calibration = calibration_of(FX, BASELINE, 1.0, 1.0)
    result = result_of(
        shift, calibration=calibration, left=left, avoid_point_cloud_padding=not padding
    )
    message = output.message(result)
    step = 32 if padding else 16
    offsets = {'x': 0, 'y': 4, 'z': 8, 'rgb': 16 if padding else 12}
    assert [(f.name, f.offset) for f in message.fields] == list(offsets.items())
    assert {(f.datatype, f.count) for f in message.fields} == {(PointField.FLOAT32, 1)}
    assert (message.height, message.width) == (2, 3)
    assert (message.point_step, message.row_step) == (step, 3 * step)
    assert not message.is_dense and not message.is_bigendian
    expected = bytearray()
    for row in range(2):
        for column in range(3):
            point = bytearray(step)
            z = np.float32(60) / shift[row, column] if shift[row, column] > 0 else np.nan
            xyz = np.float32(
                [z * np.float32((column - 1) / FX), z * np.float32((row - 240) / FX), z]
            )
            point[:12] = xyz.tobytes()
            at = offsets['rgb']
            point[at : at + 3] = left[row, column].tobytes()  # blue, green, red
            expected += point
    assert bytes(message.data) == bytes(expected)


def test_grey_images_give_grey_points(output, result_of, calibration_of):
    left = np.arange(6, dtype=np.uint8).reshape(2, 3)
    shift = np.full((2, 3), 30, np.float32)
    result = result_of(shift, calibration=calibration_of(FX, BASELINE), left=left)
    colors = read(output.message(result))[1]
    np.testing.assert_array_equal(colors, np.repeat(left[..., None], 3, axis=-1))


def test_only_points_within_the_limits_are_known(output, result_of, calibration_of):
    shift = np.float32([[3, 6, 12, 24, 60, 90], [0, -1, np.nan, np.inf, 30, 30]])
    valid = np.array([[True] * 6, [True] * 5 + [False]])
    limits = {'min_depth': 0.99, 'max_depth': 10.01}
    calibration = calibration_of(FX, BASELINE)
    xyz = read(output.message(result_of(shift, (0, 9), calibration, valid, **limits)))[0]
    known = np.isfinite(xyz).all(axis=-1)
    assert known.tolist() == [[False, True, True, True, True, False], [False] * 4 + [True, False]]
    assert np.isnan(xyz[~known]).all()


def test_a_message_of_another_size_follows(output, result_of, calibration_of, picture):
    calibration = calibration_of(FX, BASELINE)
    for stride in (1, 2, 1):
        result = result_of(
            shift_of_plane(calibration, 640, 480),
            calibration=calibration,
            left=picture,
            point_cloud_stride=stride,
        )
        xyz, _ = read(output.message(result))
        np.testing.assert_allclose(xyz @ NORMAL, DISTANCE, rtol=1e-5)


def test_voxels_and_a_region_choose_points(output, result_of, calibration_of, picture):
    calibration = calibration_of(FX, BASELINE)
    shift = shift_of_plane(calibration, 640, 480)
    shift[:50] = np.nan
    region = ((-0.5, 0.5), (-0.4, 0.3), (2.0, 2.6))
    everything = {'calibration': calibration, 'left': picture}
    xyz, colors = (x.reshape(-1, 3) for x in read(output.message(result_of(shift, **everything))))
    everything['point_cloud_region'] = ','.join(str(x) for limits in region for x in limits)
    message = output.message(result_of(shift, **everything))
    inside = np.all([(xyz[:, i] >= low) & (xyz[:, i] <= high) for i, (low, high) in
                     enumerate(region)], axis=0)  # fmt: skip
    assert 1000 < inside.sum() < len(xyz) / 2
    assert (message.height, message.width, message.is_dense) == (1, inside.sum(), True)
    np.testing.assert_array_equal(read(message)[0][0], xyz[inside])
    np.testing.assert_array_equal(read(message)[1][0], colors[inside])

    message = output.message(result_of(shift, **everything, point_cloud_voxel=0.05))
    kept = read(message)[0][0]
    cells = {tuple(x) for x in np.floor(kept / np.float32(0.05)).astype(int)}
    assert len(cells) == len(kept) < inside.sum() / 20
    assert cells == {tuple(x) for x in np.floor(xyz[inside] / np.float32(0.05)).astype(int)}
    assert {tuple(x) for x in kept} <= {tuple(x) for x in xyz[inside]}

    everything['point_cloud_region'] = '5,6,5,6,5,6'
    message = output.message(result_of(shift, **everything, point_cloud_voxel=0.05))
    assert (message.height, message.width, len(message.data)) == (1, 0, 0)


def test_a_largest_rate_leaves_messages_out(
    output, result_of, calibration_of, picture, monkeypatch
):
    now = [100.0]
    monkeypatch.setattr(
        'crestereo_ros.nodes.depth.outputs.points_output.monotonic', lambda: now[0]
    )
    results = {
        rate: result_of(
            np.full((480, 640), 9, np.float32),
            calibration=calibration_of(FX, BASELINE),
            left=picture,
            point_cloud_rate=rate,
            point_cloud_stride=50,
        )
        for rate in (0.0, 4.0)
    }
    jitter = np.random.default_rng(0).uniform(0, 0.01, 300)
    for rate, least, most in (0.0, 300, 300), (4.0, 39, 42):
        published = 0
        for number in range(300):  # of 30 Hz, for 10 s
            now[0] += 1 / 30
            moment, now[0] = now[0], now[0] + jitter[number]
            published += output.message(results[rate]) is not None
            now[0] = moment
        assert least <= published <= most


def test_nothing_without_calibration(output, result_of):
    assert output.message(result_of(np.full((4, 6), 9, np.float32))) is None


def cloud_of_stereo_image_proc(message, calibration):
    """
    Return the points that stereo_image_proc's point_cloud_node makes of a DisparityImage.

    It passes the image to OpenCV with the matrix of image_geometry's StereoCameraModel, and keeps
    the points that are neither at 10000 nor infinitely far.
    """
    image = np.frombuffer(message.image.data, np.float32)
    image = image.reshape(message.image.height, message.image.width)
    (fx, _, cx, _), (_, fy, cy, _) = calibration.left.p[:2]
    tx = -calibration.baseline
    q = np.zeros((4, 4))
    q[0, 0], q[0, 3] = fy * tx, -fy * cx * tx
    q[1, 1], q[1, 3] = fx * tx, -fx * cy * tx
    q[2, 3] = fx * fy * tx
    q[3, 2], q[3, 3] = -fy, fy * calibration.principal_offset
    points = cv2.reprojectImageTo3D(image, q, handleMissingValues=True)
    points[(points[..., 2] == 10000) | np.isinf(points[..., 2])] = np.nan
    return points


def test_stereo_image_proc_computes_the_same_points_from_the_disparity(
    make_node, output, result_of, calibration_of, picture
):
    calibration = calibration_of(FX, BASELINE)
    shift = shift_of_plane(calibration, 640, 480)
    shift[:20], shift[100, 100] = -3, np.nan
    valid = np.random.default_rng(1).random(shift.shape) > 0.3
    result = result_of(shift, (-5, 30), calibration, valid, picture, max_depth=2.8)
    theirs = cloud_of_stereo_image_proc(
        DisparityOutput(make_node('other')).message(result), calibration
    )
    ours = read(output.message(result))[0]
    assert 0.2 < np.isnan(ours).mean() < 0.8
    np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6)


# Over DDS


@pytest.fixture(scope='module')
def receive(client):
    """Return a function that publishes a pair and returns depth, its calibration and points."""
    received = {topic: deque() for topic in ('depth/image_rect', 'depth/camera_info', 'points2')}
    for topic, kind in zip(received, (Image, CameraInfo, PointCloud2), strict=True):
        client.subscribe(kind, topic, received[topic])

    def receive(pair):
        """Publish the pair until all three arrive with the same stamp as a disparity."""
        for _ in range(100):
            if found := client.results_of(*pair, *received.values()):
                return found
        raise AssertionError({topic: len(messages) for topic, messages in received.items()})

    return receive


def test_depth_and_points_follow_the_calibration(client, receive, pair, calibration_of):
    client.set_parameters(focal_length=80.0, baseline=0.05)
    disparity, depth, info, cloud = receive(pair)
    assert (disparity.f, disparity.t) == pytest.approx((80, 0.05))
    assert info.k[2] == (info.width - 1) / 2

    calibration = calibration_of(FX, BASELINE, cx_left=311.0, cx_right=345.0)
    cameras = calibration.left, calibration.right
    for _ in range(100):  # until both calibrations have arrived, which take precedence
        for side, camera in zip(('left', 'right'), cameras, strict=True):
            publisher = client.publisher(CameraInfo, f'{side}/camera_info')
            publisher.publish(to_message(camera, depth.header))
        disparity, depth, info, cloud = receive(pair)
        if disparity.f != pytest.approx(80):
            break

    assert disparity.t == pytest.approx(BASELINE)
    assert disparity.f == pytest.approx(FX / 5)  # the images have a fifth of the width
    assert disparity.header == depth.header == info.header == cloud.header
    metres = np.frombuffer(depth.data, np.float32).reshape(depth.height, depth.width)
    shift = np.frombuffer(disparity.image.data, np.float32).reshape(metres.shape)
    known = shift >= disparity.min_disparity
    assert known.any()
    np.testing.assert_allclose(metres[known], disparity.f * disparity.t / shift[known], rtol=1e-5)
    assert not np.isfinite(metres[~known]).any()
    xyz, colors = read(cloud)
    k = info.k.reshape(3, 3)
    seen = xyz[known] @ k.T
    rows, columns = np.nonzero(known)
    np.testing.assert_allclose(seen[:, 0] / seen[:, 2], columns, atol=1e-2)
    np.testing.assert_allclose(seen[:, 1] / seen[:, 2], rows, atol=1e-2)
    np.testing.assert_array_equal(colors, pair[0])


def test_points_of_a_rendered_plane_lie_on_it_within_the_error_of_the_matcher(
    start_depth, connect, calibration_of
):
    """With the included network, and images smaller than the calibration."""
    size = 320, 240
    calibration = calibration_of(FX, BASELINE, cx_left=330.0, cx_right=318.0)
    shift = shift_of_plane(calibration.for_image(*size), *size)
    # A column of the right image shows the column of the left one that is `shift` to the right.
    across, down = float(shift[0, 1] - shift[0, 0]), float(shift[1, 0] - shift[0, 0])
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in size))
    noise = np.random.default_rng(5).integers(0, 255, (60, 80, 3), np.uint8)
    left = cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    columns = (x + shift[0, 0] + down * y) / (1 - across)
    right = cv2.remap(left, columns, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)

    client = connect(start_depth(model='', iterations=0, mask_out_of_view=True)).listen()
    client.warm_up(left, right)
    clouds = []
    client.subscribe(PointCloud2, 'points2', clouds)

    def attempt():
        for side, camera in ('left', calibration.left), ('right', calibration.right):
            info = to_message(camera, Header())
            client.publisher(CameraInfo, f'{side}/camera_info').publish(info)
        client.disparity_of(left, right)
        client.spin_for(0.3)
        return clouds

    client.spin_until(attempt)
    xyz = read(clouds[-1][1])[0]
    known = np.isfinite(xyz).all(axis=-1)
    assert known.mean() > 0.8
    distance = np.abs(xyz[known] @ NORMAL / DISTANCE - 1)
    # The relative error of the depth equals that of the disparity above that of infinity.
    error = distance * (shift - calibration.for_image(*size).principal_offset)[known]
    assert np.median(error) < 0.2
    assert np.percentile(error, 95) < 1
