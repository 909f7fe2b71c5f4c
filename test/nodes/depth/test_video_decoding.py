# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images in video packets: real messages, sent over DDS."""

from array import array
from fractions import Fraction
from time import monotonic

import av
import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402

from crestereo_ros.matching import StereoMatcher  # noqa: E402
from crestereo_ros.nodes.depth.video_decoding import VideoDecoding  # noqa: E402

HEIGHT, WIDTH = 96, 128
QUICK = {'preset': 'ultrafast', 'tune': 'zerolatency', 'x265-params': 'log-level=none'}
SIDES = ('left', 'right')


class Camera:
    """Two encoders and the publishers of their packets."""

    def __init__(self, client, kind, transport, codec='libx264'):
        self._client, self._kind, self._transport = client, kind, transport
        self._codec = codec
        self._encoders = {}
        self._number = 0
        for side in SIDES:
            encoder = self._encoders[side] = av.CodecContext.create(codec, 'w')
            encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, 'yuv420p'
            encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, 30), 30, 1000
            encoder.bit_rate, encoder.options = 4_000_000, QUICK
        self.decoded = {side: [] for side in SIDES}  # images of a decoder without gaps
        self._decoders = {
            side: av.CodecContext.create({'libx264': 'h264', 'libx265': 'hevc'}[codec], 'r')
            for side in SIDES
        }
        for decoder in self._decoders.values():
            decoder.thread_type = 'SLICE'

    def encode(self, pair, key=False):
        """Return the packet of each side."""
        packets = {}
        for side, image in zip(SIDES, pair, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format='bgr24')
            frame.pts = self._number
            if key:
                frame.pict_type = av.video.frame.PictureType.I
            (packet,) = self._encoders[side].encode(frame)
            packets[side] = bytes(packet)
            for image in self._decoders[side].decode(av.Packet(packets[side])):
                self.decoded[side].append(image.to_ndarray(format='bgr24'))
        self._number += 1
        return packets

    def publish(self, packets):
        """Publish a packet of each side and return their stamp."""
        stamp = self._client.new_stamp()
        for side, data in packets.items():
            message = self._kind(data=array('B', data))
            if self._transport == 'ffmpeg':
                message.encoding, time = self._codec, message.header.stamp
                message.header.frame_id = f'{side}_camera'
            else:
                message.format, time = self._codec.replace('libx', 'h'), message.timestamp
                message.frame_id = f'{side}_camera'
            time.sec, time.nanosec = divmod(stamp, 10**9)
            topic = f'{side}/image_rect/{self._transport}'
            self._client.publisher(self._kind, topic).publish(message)
        return stamp

    def connect(self, pair):
        """Publish key frames until the first disparity; those sent before discovery are lost."""
        self._client.disparities.clear()
        while not self._client.disparities:
            self.publish(self.encode(pair, key=True))
            self._client.spin_for(0.2)

    def disparity_of(self, pair, key=False):
        """Publish a pair and wait for the disparity with its stamp."""
        return self.disparity_at(self.publish(self.encode(pair, key)))

    def disparity_at(self, stamp):
        client = self._client
        return client.spin_until(
            lambda: next((m for _, m in client.disparities if client.stamp_of(m) == stamp), None)
        )


@pytest.fixture(scope='module')
def node(start_depth, video_messages):
    return start_depth()


@pytest.fixture(scope='module')
def matched(model_file):
    """Return a function that matches a pair without ROS."""
    matcher = StereoMatcher(str(model_file), provider='cpu', threads=1)
    return lambda left, right: matcher.match(left, right, iterations=1).disparity


@pytest.fixture
def smooth_pair():
    """Return a function that makes a pair of images that move from frame to frame."""
    noise = np.random.default_rng(2).integers(0, 255, (HEIGHT // 8, WIDTH // 4, 3), np.uint8)
    wide = cv2.resize(noise, (2 * WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)

    def smooth_pair(number):
        start = 4 * number
        views = wide[:, start : start + WIDTH], wide[:, start + 6 : start + WIDTH + 6]
        return tuple(np.ascontiguousarray(view) for view in views)

    return smooth_pair


def values_of(message):
    size = message.image.height, message.image.width
    return np.frombuffer(message.image.data, np.float32).reshape(size)


@pytest.mark.parametrize('transport', ['ffmpeg', 'foxglove'])
@pytest.mark.parametrize('codec', ['libx264', 'libx265'])
def test_videos_give_the_disparity_of_their_images(
    client, video_messages, smooth_pair, matched, transport, codec
):
    assert client.set_parameters(image_transport=transport).successful
    camera = Camera(client, video_messages[transport], transport, codec)
    camera.connect(smooth_pair(0))
    for number in range(3):
        message = camera.disparity_of(smooth_pair(number))
        expected = matched(*(camera.decoded[side][-1] for side in SIDES))
        np.testing.assert_allclose(values_of(message), expected, rtol=1e-3, atol=1e-3)
        assert message.header.frame_id == 'left_camera'
    assert client.fresh_status()['level'] == DiagnosticStatus.OK


def test_without_a_key_frame_the_reason_is_in_the_diagnostics(
    node, client, video_messages, smooth_pair
):
    assert client.set_parameters(image_transport='foxglove').successful
    camera = Camera(client, video_messages['foxglove'], 'foxglove')
    camera.encode(smooth_pair(0))  # not published

    def publish_more():
        camera.publish(camera.encode(smooth_pair(1)))
        client.spin_for(0.1)
        return 'key frame' in client.status['message']

    client.spin_until(publish_more)
    assert client.status['message'].startswith(
        f'No images on {node.namespace}/left/image_rect/foxglove: none of the '
    )
    camera.disparity_of(smooth_pair(2), key=True)
    assert client.fresh_status()['level'] == DiagnosticStatus.OK


def test_an_unknown_codec_is_in_the_diagnostics(client, video_messages):
    assert client.set_parameters(image_transport='ffmpeg').successful
    kind = video_messages['ffmpeg']

    def publish_more():
        stamp = client.new_stamp()
        for side in SIDES:
            message = kind(encoding='theora', data=array('B', b'123'))
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 10**9)
            client.publisher(kind, f'{side}/image_rect/ffmpeg').publish(message)
        client.spin_for(0.1)
        return 'theora' in client.status['message']

    client.spin_until(publish_more)
    assert 'none of av1, h264, hevc, vp9' in client.status['message']


@pytest.fixture
def decoding(make_node, video_messages):
    """Return a VideoDecoding, its images, and a function that spins until a condition holds."""
    node, images = make_node('decoder'), []
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    decoding = VideoDecoding(node, lambda packet, image: images.append((packet, image)))

    def wait_for(condition):
        end = monotonic() + 60
        while not condition():
            assert monotonic() < end, decoding.problem
            executor.spin_once(0.02)

    yield decoding, images, wait_for
    decoding.close(10)
    executor.shutdown()


@pytest.fixture
def packets(client, video_messages, smooth_pair):
    """Make 40 packets; the first and one in the middle are key frames."""
    kind = video_messages['ffmpeg']
    camera = Camera(client, kind, 'ffmpeg')
    data = [camera.encode(smooth_pair(i % 8), key=i == KEY)['left'] for i in range(40)]
    return [kind(encoding='libx264', data=array('B', x)) for x in data], camera.decoded['left']


KEY = 25


def test_images_after_a_gap_start_with_a_key_frame(decoding, packets):
    decoding, images, wait_for = decoding
    packets, decoded = packets
    for packet in packets[:5]:
        decoding.put(packet)
        wait_for(lambda packet=packet: images and images[-1][0] is packet)
    decoding.put(packets[6], follows_gap=True)
    for number in range(7, 40):
        decoding.put(packets[number])
        wait_for(lambda number=number: number < KEY or images[-1][0] is packets[number])
        if number < KEY:
            wait_for(lambda: not decoding.waiting)
    given = [*range(5), *range(KEY, 40)]
    assert [packets.index(packet) for packet, _ in images] == given
    for number, (_, image) in zip(given, images, strict=True):
        np.testing.assert_array_equal(image, decoded[number])
    assert decoding.problem == ''


def test_a_decoder_that_falls_behind_continues_with_a_key_frame(decoding, packets):
    decoding, images, wait_for = decoding
    packets, decoded = packets
    for packet in packets[:KEY]:  # at once
        decoding.put(packet)
    wait_for(lambda: not decoding.waiting)
    for packet in packets[KEY:]:
        decoding.put(packet)
        wait_for(lambda packet=packet: images and images[-1][0] is packet)
    for packet, image in images:
        np.testing.assert_array_equal(image, decoded[packets.index(packet)])
