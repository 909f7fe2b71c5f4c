# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Decoding of raw, compressed and damaged images, over DDS."""

from collections import deque

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2  # noqa: E402

from crestereo_ros.calibration import Rectifier  # noqa: E402
from crestereo_ros.matching import StereoMatcher  # noqa: E402
from crestereo_ros.messages.calibrations import from_message  # noqa: E402

HEIGHT, WIDTH = 96, 128
OFFSET = -30.0  # of the principal points


@pytest.fixture(scope='module')
def node(start_depth):
    """Start a node whose topic names say raw."""
    remappings = [f'{side}/image_rect:={side}/image_raw' for side in ('left', 'right')]
    return start_depth(*(x for remapping in remappings for x in ('-r', remapping)))


@pytest.fixture(scope='module')
def client(node, connect, pair):
    client = connect(node, 'image_raw').listen()
    client.warm_up(*pair)
    return client


@pytest.fixture
def as_they_are(client):
    """Receive raw messages and do not rectify."""
    assert client.set_parameters(rectify='off', image_transport='raw').successful


@pytest.fixture(scope='module')
def matched(model_file):
    """Return a function that matches a pair without ROS."""
    matcher = StereoMatcher(str(model_file), provider='cpu', threads=1)

    def matched(left, right, offset=0.0):
        return matcher.match(left, right, iterations=1, offset=offset).disparity

    return matched


def values_of(message):
    size = message.image.height, message.image.width
    return np.frombuffer(message.image.data, np.float32).reshape(size)


def camera_info(tx, bend):
    info = CameraInfo(width=WIDTH, height=HEIGHT, distortion_model='plumb_bob')
    info.d = [bend, 0.0, 0.0, 0.0, 0.0]
    info.k = [100.0, 0.0, 64.0, 0.0, 100.0, 48.0, 0.0, 0.0, 1.0]
    info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    cx = 64.0 - OFFSET if tx else 64.0
    info.p = [90.0, 0.0, cx, tx, 0.0, 90.0, 48.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


def compressed(image, suffix='.png'):
    return CompressedImage(format=suffix[1:], data=cv2.imencode(suffix, image)[1].tobytes())


# In this order: first without calibration, then with one.


def test_raw_images_without_calibration_are_matched_with_a_warning(node, client, pair, matched):
    np.testing.assert_allclose(
        values_of(client.disparity_of(*pair)), matched(*pair), rtol=1e-3, atol=1e-3
    )
    status = client.fresh_status()
    assert status['level'] == DiagnosticStatus.WARN
    assert status['message'].startswith('Images are matched without rectification: no camera_info')
    assert status['rectification'].startswith('impossible: no camera_info arrived on /')


def test_drops_pairs_that_cannot_be_rectified_if_rectify_is_on(node, client, pair):
    assert client.set_parameters(rectify='on').successful
    client.publish_pair(*pair)
    reason = f'rectify is on, but not possible: no camera_info arrived on {node.namespace}/left'
    assert reason in node.wait_for('rectify is on')
    client.spin_until(lambda: client.status['pairs dropped: not rectified'] == '1')
    assert reason in client.status['message']


def test_raw_images_are_rectified_as_soon_as_calibrations_arrive(node, client, pair, matched):
    assert client.set_parameters(rectify='auto').successful
    for bend in (-0.3, 0.2):  # the second one while the node runs
        infos = {'left': camera_info(0.0, bend), 'right': camera_info(-9.0, bend)}
        expected = matched(
            *(
                Rectifier(from_message(info)).rectify(image)
                for info, image in zip(infos.values(), pair, strict=True)
            ),
            offset=OFFSET,
        )

        def attempt(infos=infos, expected=expected):
            for side, info in infos.items():
                client.publisher(CameraInfo, f'{side}/camera_info').publish(info)
            message = client.disparity_of(*pair)
            values = values_of(message)
            known = values >= message.min_disparity
            found = values[known] + OFFSET
            return known.mean() > 0.8 and np.allclose(found, expected[known], rtol=1e-3, atol=1e-3)

        client.spin_until(attempt)
    status = client.status_with_pairs()
    assert status['level'] == DiagnosticStatus.OK, status
    topics = ' and '.join(f'{node.namespace}/{side}/image_raw' for side in ('left', 'right'))
    assert status['rectification'] == f'{topics} by camera_info'


def test_a_calibration_applies_to_the_image_with_its_stamp(client, pair):
    stamps = [client.new_stamp() for _ in range(2)]
    for stamp, tx in zip(stamps, (-9.0, -18.0), strict=True):
        for side, x in ('left', 0.0), ('right', tx):
            info = camera_info(x, 0.0)
            info.header.stamp.sec, info.header.stamp.nanosec = divmod(stamp, 10**9)
            client.publisher(CameraInfo, f'{side}/camera_info').publish(info)
    client.spin_for(0.3)
    baselines = []
    for stamp in (*stamps, client.new_stamp()):
        for side, image in zip(('left', 'right'), pair, strict=True):
            client.publish(side, image, stamp)
        message = client.spin_until(
            lambda stamp=stamp: next(
                (m for _, m in client.disparities if client.stamp_of(m) == stamp), None
            )
        )
        baselines.append(message.t)
    assert baselines == pytest.approx([0.1, 0.2, 0.2])


def test_pixels_that_no_camera_saw_are_unknown_in_every_output(client, pair):
    """The distortion is so strong that rectified images shrink and get black borders."""
    depths, points = deque(), deque()
    subscriptions = [
        client.subscribe(Image, 'depth/image_rect', depths),
        client.subscribe(PointCloud2, 'points2', points),
    ]
    infos = {'left': camera_info(0.0, 0.5), 'right': camera_info(-9.0, 0.5)}
    seen = Rectifier(from_message(infos['left'])).seen
    assert 0.2 < seen.mean() < 0.8
    assert client.set_parameters(mask_out_of_view=True).successful

    def attempt():
        for side, info in infos.items():
            client.publisher(CameraInfo, f'{side}/camera_info').publish(info)
        found = client.results_of(*pair, depths, points)
        if not found:
            return False
        disparity, depth, cloud = found
        planes = (
            values_of(disparity) >= disparity.min_disparity,
            np.isfinite(np.frombuffer(depth.data, np.float32).reshape(seen.shape)),
            np.isfinite(np.frombuffer(cloud.data, np.float32).reshape(*seen.shape, 8)[..., 2]),
        )
        return planes if not planes[0][~seen].any() else False

    for known in client.spin_until(attempt):
        assert known[seen].mean() > 0.1
        assert not known[~seen].any()
    assert client.set_parameters(mask_out_of_view=False).successful
    for subscription in subscriptions:
        client.node.destroy_subscription(subscription)


def test_reports_a_calibration_of_another_shape(node, client, pair):
    info = camera_info(-9.0, 0.1)
    info.height *= 2
    publisher = client.publisher(CameraInfo, 'right/camera_info')

    def attempt():
        publisher.publish(info)
        client.disparity_of(*pair)
        return 'width and height' in client.fresh_status().get('rectification', '') and client

    assert client.spin_until(attempt).status['level'] == DiagnosticStatus.WARN
    assert client.set_parameters(rectify='off').successful
    client.disparity_of(*pair)
    assert client.fresh_status()['rectification'] == 'off'


# The following tests run in any order.


def test_reports_rows_that_do_not_line_up(node, client, as_they_are, shifted_pair):
    def attempt():
        client.disparity_of(*shifted_pair(rows=5))  # another size, so it is measured at once
        return 'row offset (px)' in client.fresh_status() and client.status

    status = client.spin_until(attempt)
    assert float(status['row offset (px)']) == pytest.approx(5, abs=0.5)
    assert status['level'] == DiagnosticStatus.WARN
    topics = ' and '.join(f'{node.namespace}/{side}/image_raw' for side in ('left', 'right'))
    assert status['message'].startswith(f'The rows of {topics} do not line up: the same points')


@pytest.mark.usefixtures('as_they_are')
@pytest.mark.parametrize(
    ('changes', 'text'),
    [
        ({'encoding': 'nv99'}, 'encoding "nv99" is not supported; supported are'),
        ({'step': 5}, 'step 5 is too small'),
        ({'width': 0, 'height': 0, 'step': 0, 'data': b''}, 'width 0 and height 0'),
        ({'data': bytes(10)}, 'data has 10 bytes'),
    ],
    ids=['encoding', 'step', 'zero size', 'cut'],
)
def test_reports_damaged_images_with_their_topic(node, client, pair, changes, text):
    fields = {'height': 4, 'width': 6, 'encoding': 'mono8', 'step': 6, 'data': bytes(24)}
    for side in (0, 1):
        images = [*pair]
        images[side] = Image(**{**fields, **changes})
        client.publish_pair(*images)
        name = f'{node.namespace}/{("left", "right")[side]}/image_raw'
        client.spin_until(lambda name=name: f'{name}: {text}' in client.status.get('message', ''))
    client.disparity_of(*pair)


@pytest.mark.usefixtures('as_they_are')
def test_grey_beside_colour_is_matched(client, pair, matched):
    left, right = pair
    grey = cv2.cvtColor(right, cv2.COLOR_BGR2GRAY)
    expected = matched(left, cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    values = values_of(client.disparity_of(left, grey))
    np.testing.assert_allclose(values, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.usefixtures('as_they_are')
def test_images_with_ten_of_sixteen_bits(client, pair, matched):
    grey = [image[..., 0] for image in pair]
    deep = [image.astype(np.uint16) * 4 + 3 for image in grey]
    messages = [
        Image(height=HEIGHT, width=WIDTH, step=2 * WIDTH, encoding='mono16', data=image.tobytes())
        for image in deep
    ]
    values = values_of(client.disparity_of(*messages))
    np.testing.assert_allclose(values, matched(*grey), rtol=1e-3, atol=1e-3)
    assert client.fresh_status()['intensity range'] == '0,1023'
    assert client.set_parameters(intensity_range='0,4095').successful
    client.disparity_of(*messages)
    assert client.fresh_status()['intensity range'] == '0,4095'
    refused = client.set_parameters(intensity_range='all')
    assert not refused.successful and 'LOWEST,HIGHEST' in refused.reason
    assert client.set_parameters(intensity_range='auto').successful


@pytest.fixture
def receives_compressed(client):
    assert client.set_parameters(rectify='off', image_transport='compressed').successful


@pytest.mark.usefixtures('receives_compressed')
def test_compressed_images_give_the_same_as_raw_ones(client, pair, matched):
    message = client.disparity_of(*map(compressed, pair))
    np.testing.assert_allclose(values_of(message), matched(*pair), rtol=1e-3, atol=1e-3)
    grey = [compressed(image[..., 0], '.jpg') for image in pair]
    assert np.isfinite(values_of(client.disparity_of(*grey))).all()


@pytest.mark.usefixtures('receives_compressed')
@pytest.mark.parametrize(
    ('damage', 'text'),
    [
        (lambda m: CompressedImage(format=m.format, data=bytes(m.data)[:-30]), 'data is cut'),
        (lambda m: CompressedImage(format='h264', data=b'\0\0\0\1'), 'neither a JPEG nor a PNG'),
        (lambda m: CompressedImage(format='16UC1; compressedDepth png'), 'is a depth image'),
    ],
    ids=['cut', 'video', 'depth'],
)
def test_reports_damaged_compressed_images(node, client, pair, damage, text):
    left, right = map(compressed, pair)
    client.publish_pair(damage(left), right)
    status = client.spin_until(lambda: text in client.status['message'] and client.status)
    assert f'{node.namespace}/left/image_raw/compressed' in status['message']
    client.disparity_of(left, right)


def test_the_transport_changes_while_the_node_runs(client, pair):
    for transport, prepare in (('raw', np.copy), ('compressed', compressed), ('raw', np.copy)):
        assert client.set_parameters(image_transport=transport).successful
        client.disparity_of(*map(prepare, pair))
    refused = client.set_parameters(image_transport='theora')
    assert not refused.successful
    assert refused.reason == (
        "image_transport 'theora' is not one of raw, compressed, ffmpeg, foxglove"
    )
