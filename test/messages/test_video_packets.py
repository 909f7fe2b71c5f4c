# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets of videos, whole and with gaps."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from crestereo_ros.messages import ImageMessageError
from crestereo_ros.messages.video_packets import frame_id_of, PacketDecoder, stamp_of

HEIGHT, WIDTH = 120, 240
FRAMES, KEY_FRAMES = 30, 10  # frames, and frames from one key frame to the next
QUICK = {'preset': 'ultrafast', 'tune': 'zerolatency', 'x265-params': 'log-level=none'}
# The frames in AV1. They are not encoded here, because the only encoder that comes with PyAV,
# SVT-AV1, takes priority over all other processes if it runs as root. Its options were
# preset=10, crf=45 and svtav1-params=pred-struct=1.
AV1 = Path(__file__).parent / 'texture_av1.ivf'
# Encoder, its options, and what publishers call it.
STREAMS = {
    'h264': ('libx264', QUICK, 'libx264'),
    'h264 as newer publishers name it': ('libx264', QUICK, 'h264;yuv420p;bgr8;bgr8'),
    'h264, frames out of order': ('libx264', {'preset': 'fast'}, 'h264'),
    'h265': ('libx265', QUICK, 'hevc_nvenc'),
    'h265, frames out of order': ('libx265', {'x265-params': 'log-level=none'}, 'h265'),
    'av1': (None, {}, 'av1'),
    'vp9': ('libvpx-vp9', {'deadline': 'realtime'}, 'vp9'),
}


@pytest.fixture(scope='module')
def scenes():
    """Make frames of a texture that moves."""
    noise = np.random.default_rng(0).integers(0, 255, (15, 30), np.uint8)
    texture = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return [cv2.cvtColor(np.roll(texture, 3 * i, 1), cv2.COLOR_GRAY2BGR) for i in range(FRAMES)]


@pytest.fixture(scope='module')
def packets_of(scenes):
    """Return a function that gives the frames as messages, by the number of each frame."""

    def packets_of(stream):
        name, options, encoding = STREAMS[stream]
        packets = encode(name, options) if name else read(AV1)
        return [(x.pts, SimpleNamespace(format=encoding, data=bytes(x))) for x in packets]

    def read(path):
        with av.open(str(path)) as container:
            return [x for x in container.demux() if x.size]

    def encode(name, options):
        try:
            encoder = av.CodecContext.create(name, 'w')
        except ValueError:
            pytest.skip(f'this PyAV has no {name}')
        encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, 'yuv420p'
        encoder.time_base, encoder.framerate = Fraction(1, 30), 30
        encoder.gop_size, encoder.options = KEY_FRAMES, options
        encoder.bit_rate = 2_000_000
        packets = []
        for number, scene in enumerate(scenes):
            frame = av.VideoFrame.from_ndarray(scene, format='bgr24')
            frame.pts = number
            packets += encoder.encode(frame)
        return packets + encoder.encode(None)

    return packets_of


def decoded(decoder, packets):
    images = [x for number, message in packets for x in decoder.decode(message, number)]
    return images + decoder.flush()


@pytest.mark.parametrize('stream', STREAMS)
def test_every_image_keeps_the_label_of_its_packet(packets_of, scenes, stream):
    images = decoded(PacketDecoder(), packets_of(stream))
    assert [number for number, _ in images] == list(range(FRAMES))
    for number, image in images:
        assert np.abs(image.astype(float) - scenes[number]).mean() < 6


@pytest.mark.parametrize('stream', ['h264', 'h265', 'vp9'])
def test_images_come_at_once(packets_of, stream):
    decoder = PacketDecoder()
    for number, message in packets_of(stream):
        assert [label for label, _ in decoder.decode(message, number)] == [number]


@pytest.mark.parametrize('stream', STREAMS)
def test_behind_a_gap_only_whole_images_are_given(packets_of, scenes, stream):
    packets, decoder = packets_of(stream), PacketDecoder()
    before = [x for number, message in packets[:4] for x in decoder.decode(message, number)]
    decoder.restart()
    behind = decoded(decoder, packets[6:])
    assert FRAMES - KEY_FRAMES - 3 <= len(behind) <= FRAMES - KEY_FRAMES
    for number, image in before + behind:
        assert np.abs(image.astype(float) - scenes[number]).mean() < 6


def test_without_a_key_frame_there_are_no_images(packets_of):
    assert decoded(PacketDecoder(), packets_of('h264')[1:KEY_FRAMES]) == []
    assert PacketDecoder().flush() == []


def test_an_unknown_codec_is_named():
    message = SimpleNamespace(encoding='theora', data=b'123')
    with pytest.raises(ImageMessageError, match=r'"theora", which is none of av1, h264, hevc'):
        PacketDecoder().decode(message, None)


def test_both_types_have_a_time_and_a_frame():
    foxglove = SimpleNamespace(timestamp='now', frame_id='camera')
    ffmpeg = SimpleNamespace(header=SimpleNamespace(stamp='now', frame_id='camera'))
    for message in (foxglove, ffmpeg):
        assert (stamp_of(message), frame_id_of(message)) == ('now', 'camera')
