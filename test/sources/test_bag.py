# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags of every kind, whole and damaged."""

from dataclasses import replace
from fractions import Fraction
import shutil
import sqlite3
import sys

import cv2
import numpy as np
import pytest

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.sources import open_source, Playback, SourceError, StartError
from crestereo_ros.sources.bag import Bag

pytest.importorskip('rosbags', reason='needs the extra bags')

HEIGHT, WIDTH = 24, 32
STEP = 50_000_000  # nanoseconds between two frames
BEGIN = 1_700_000_000_123_456_789
SIDES = ('left', 'right')
QUIET = 'log-level=none'


def picture(number, side):
    """Make a picture whose values show frame and side, blue, green and red apart."""
    value = 10 * number + (5 if side == 'right' else 0)
    return np.full((HEIGHT, WIDTH, 3), (value, value + 40, value + 80), np.uint8)


def number_of(frame):
    """Return the number of a frame, of which both sides were checked."""
    number = round(float(frame.left[..., 0].mean()) / 10)
    for side in SIDES:
        np.testing.assert_allclose(getattr(frame, side), picture(number, side), atol=3)
    return number


def write_frames(bag, numbers=range(6), encoding='bgr8', image='image_raw'):
    for number in numbers:
        for side in SIDES:
            array = picture(number, side)
            if encoding == 'rgb8':
                array = np.ascontiguousarray(array[..., ::-1])
            topic = f'/{side}/{image}'
            bag.image(topic, BEGIN + STEP * number, array, encoding)


@pytest.fixture
def frames_bag(write_bag, tmp_path):
    """Return the path of a bag of 6 raw frames, mcap."""
    with write_bag(tmp_path / 'bag') as bag:
        write_frames(bag)
    return tmp_path / 'bag'


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('encoding', ['bgr8', 'rgb8', 'jpeg', 'png'])
def test_every_pair_is_given(write_bag, tmp_path, storage, encoding, caplog):
    image = 'image_raw/compressed' if encoding in ('jpeg', 'png') else 'image_raw'
    with write_bag(tmp_path / 'bag', storage) as bag:
        bag.text('/text', BEGIN, 'hello')
        write_frames(bag, range(6), encoding, image)
    (file,) = (tmp_path / 'bag').glob('bag.*')
    for path in (tmp_path / 'bag', file):
        source = open_source(str(path))
        assert (type(source), source.length, source.rate) == (Bag, 6, pytest.approx(20))
        frames = list(source)
        assert [number_of(frame) for frame in frames] == list(range(6))
        assert [frame.time for frame in frames] == pytest.approx([0.05 * n for n in range(6)])
        assert [frame.stamp for frame in frames] == [BEGIN + STEP * n for n in range(6)]
        assert (source.calibration, source.frame_id) == (None, 'camera')
    assert not caplog.records


def test_grey_becomes_three_channels(write_bag, tmp_path):
    grey = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH).astype(np.uint8)
    with write_bag(tmp_path / 'bag') as bag:
        bag.image('/left/image', BEGIN, grey, 'mono8')
        bag.image('/right/image', BEGIN, grey[::-1], 'mono8')
    source = Bag(str(tmp_path / 'bag'))
    assert (source.length, source.rate) == (1, 10)
    (frame,) = source
    np.testing.assert_array_equal(frame.left, np.dstack([grey] * 3))
    np.testing.assert_array_equal(frame.right, np.dstack([grey[::-1]] * 3))


def test_messages_serialised_by_ros_are_read(tmp_path):
    serialization = pytest.importorskip('rclpy.serialization', reason='needs ROS 2')
    from builtin_interfaces.msg import Time
    from rosbags import rosbag2
    from rosbags.typesys import get_typestore, Stores
    from std_msgs.msg import Header

    from crestereo_ros.nodes.calibration_messages import to_message as info_message
    from crestereo_ros.nodes.image_messages import to_message

    calibration = camera_pair()
    store = get_typestore(Stores.ROS2_HUMBLE)
    with rosbag2.Writer(tmp_path / 'bag', version=8) as writer:
        for side in SIDES:
            header = Header(stamp=Time(sec=5, nanosec=7), frame_id=f'{side}_camera')
            for name, message in (
                ('image_raw', to_message(picture(3, side), 'bgr8', header)),
                ('camera_info', info_message(getattr(calibration, side), header)),
            ):
                kind = f'sensor_msgs/msg/{type(message).__name__}'
                connection = writer.add_connection(f'/{side}/{name}', kind, typestore=store)
                writer.write(connection, BEGIN, serialization.serialize_message(message))
    source = Bag(str(tmp_path / 'bag'))
    (frame,) = source
    assert (number_of(frame), frame.stamp, source.frame_id) == (3, 5_000_000_007, 'left_camera')
    np.testing.assert_array_equal(source.calibration.right.p, calibration.right.p)
    np.testing.assert_array_equal(source.calibration.left.d, calibration.left.d)


def test_bag_starts_anywhere(frames_bag):
    source = Bag(str(frames_bag))
    assert [number_of(frame) for frame in source.frames(0.12)] == [3, 4, 5]
    assert next(source.frames(0.12)).time == list(source)[3].time
    with pytest.raises(StartError, match=r'7 s is beyond the end of .*, which is 0\.3 s long'):
        next(source.frames(7.0))
    playback = Playback(source, rate=5.0, start=0.1, duration=0.1)
    assert [number_of(frame) for frame in playback] == [2, 3]


def test_late_partners_are_paired_and_the_rest_is_counted(write_bag, tmp_path, caplog):
    with write_bag(tmp_path / 'bag') as bag:
        for number in range(40):
            stamp = BEGIN + STEP * number
            if number != 7:
                bag.image('/left/image', stamp, picture(number % 10, 'left'))
            if number not in (3, 4, 12):
                # A dozen frames after the left one.
                right = picture(number % 10, 'right')
                bag.image('/right/image', stamp, right, logged=stamp + 12 * STEP)
    source = Bag(str(tmp_path / 'bag'))
    assert source.length == 37 and not caplog.records
    expected = [number for number in range(40) if number not in (3, 4, 7, 12)]
    for _ in range(2):
        frames = list(source)
        assert [number_of(frame) for frame in frames] == [number % 10 for number in expected]
        assert [frame.time for frame in frames] == pytest.approx([n * 0.05 for n in expected])
    (record,) = caplog.records  # and no second time
    assert record.message == (
        f'{tmp_path / "bag"}: left out, because they have no partner: 3 of 39 images on '
        '/left/image and 1 of 37 images on /right/image'
    )


def test_stamps_that_differ_need_a_tolerance(write_bag, tmp_path):
    with write_bag(tmp_path / 'bag') as bag:
        for number in range(6):
            stamp = BEGIN + STEP * number
            bag.image('/left/image', stamp, picture(number, 'left'))
            bag.image('/right/image', stamp + 2_000_000, picture(number, 'right'))
    path = str(tmp_path / 'bag')
    with pytest.raises(SourceError, match=r'6 of 6 images on /left/image and 6 of 6 .* 0\.002 s'):
        open_source(path)
    assert [number_of(frame) for frame in open_source(path, pair_tolerance=0.003)] == list(
        range(6)
    )


def test_time_goes_on_where_stamps_go_back(write_bag, tmp_path):
    with write_bag(tmp_path / 'bag') as bag:
        for number in range(6):
            for side in SIDES:
                logged = BEGIN + STEP * number
                stamp = BEGIN + STEP * (number % 3)
                bag.image(f'/{side}/image', stamp, picture(number, side), logged=logged)
    frames = list(Bag(str(tmp_path / 'bag')))
    assert [number_of(frame) for frame in frames] == list(range(6))
    assert [frame.time for frame in frames] == pytest.approx([0.05 * n for n in range(6)])


def camera_pair(height=HEIGHT, width=WIDTH):
    rectified = StereoCalibration.of_numbers(width, height, 30.0, 0.1)
    d = np.array([-0.2, 0.05, 0.001, 0.001, 0])
    return StereoCalibration(*(replace(x, d=d) for x in (rectified.left, rectified.right)))


@pytest.mark.parametrize('image', ['image_raw', 'image_rect', 'image_raw/compressed'])
def test_calibration_fits_the_images_as_recorded(write_bag, tmp_path, image):
    calibration = camera_pair()
    with write_bag(tmp_path / 'bag') as bag:
        write_frames(bag, range(2), 'png' if image.endswith('compressed') else 'bgr8', image)
        bag.camera_info('/left/camera_info', BEGIN, calibration.left)
        bag.camera_info('/right/camera_info', BEGIN, calibration.right)
    found = Bag(str(tmp_path / 'bag')).calibration
    assert found.baseline == pytest.approx(0.1) and found.focal_length == 30
    # Rectified images are not to be undistorted once more.
    assert found.left.d.any() == ('rect' not in image)


def test_unusable_calibration_is_logged(write_bag, tmp_path, caplog):
    calibration = camera_pair()
    with write_bag(tmp_path / 'bag') as bag:
        write_frames(bag, range(2))
        bag.camera_info('/left/camera_info', BEGIN, calibration.left)
        bag.camera_info('/right/camera_info', BEGIN, calibration.left)
    assert Bag(str(tmp_path / 'bag')).calibration is None
    (record,) = caplog.records
    assert (
        'bag: /right/camera_info cannot be used, so there is no depth: P[3] is 0' in record.message
    )


def test_interrupted_recording_without_metadata_is_read(write_bag, tmp_path):
    for part, numbers in enumerate((range(3), range(3, 6))):
        with write_bag(tmp_path / f'part{part}', 'sqlite3') as bag:
            write_frames(bag, numbers)
        (tmp_path / 'bag').mkdir(exist_ok=True)
        (file,) = (tmp_path / f'part{part}').glob('*.db3')
        shutil.move(file, tmp_path / 'bag' / f'bag_{part}.db3')
    source = open_source(str(tmp_path / 'bag'))
    assert [number_of(frame) for frame in source] == list(range(6))


def test_a_damaged_image_is_left_out(write_bag, tmp_path, caplog):
    with write_bag(tmp_path / 'bag') as bag:
        write_frames(bag, range(2))
        bag.image('/left/image_raw', BEGIN + 2 * STEP, picture(2, 'left'), step=1)
        bag.image('/right/image_raw', BEGIN + 2 * STEP, picture(2, 'right'))
        write_frames(bag, range(3, 5))
    assert [number_of(frame) for frame in Bag(str(tmp_path / 'bag'))] == [0, 1, 3, 4]
    (record,) = caplog.records
    assert 'left out: ' in record.message and '/left/image_raw: step 1 is too' in record.message


def write_mcap(path, frames=20, **options):
    """Write an MCAP with a chunk for about every pair."""
    from mcap import writer as writer_module
    from rosbags.typesys import get_typestore, Stores

    store = get_typestore(Stores.ROS2_HUMBLE)
    types, kind = store.types, 'sensor_msgs/msg/Image'
    with path.open('wb') as file:
        writer = writer_module.Writer(file, chunk_size=4000, **options)
        writer.start()
        schema = writer.register_schema(kind, 'ros2msg', b'')
        channels = {x: writer.register_channel(f'/{x}/image', 'cdr', schema) for x in SIDES}
        for number in range(frames):
            stamp = BEGIN + STEP * number
            for side in SIDES:
                noise = np.random.default_rng(number).integers(0, 20, (HEIGHT, WIDTH, 3))
                image = (picture(number % 10, side) + noise - 10).clip(0, 255).astype(np.uint8)
                time = types['builtin_interfaces/msg/Time'](*divmod(stamp, 10**9))
                header = types['std_msgs/msg/Header'](time, 'camera')
                message = types[kind](
                    header, HEIGHT, WIDTH, 'bgr8', 0, 3 * WIDTH, image.reshape(-1)
                )
                data = bytes(store.serialize_cdr(message, kind))
                writer.add_message(channels[side], stamp, data, stamp)
        writer.finish()
    return path


def numbers_of(source):
    return [round(float(frame.left[..., 0].mean()) / 10) for frame in source]


@pytest.mark.parametrize('compression', ['NONE', 'LZ4', 'ZSTD'])
def test_a_cut_mcap_is_read_as_far_as_it_goes(tmp_path, compression, caplog):
    from mcap import writer as writer_module

    kind = getattr(writer_module.CompressionType, compression)
    path = write_mcap(tmp_path / 'a.mcap', compression=kind)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    numbers = numbers_of(Bag(str(path)))
    assert numbers == [n % 10 for n in range(len(numbers))] and 7 <= len(numbers) <= 12
    assert f'a.mcap: it is cut off after {len(content) // 2} bytes; the rest is' in caplog.text


@pytest.mark.parametrize(
    'options',
    [
        {'use_chunking': False},
        {'repeat_channels': False, 'repeat_schemas': False},
        {'use_statistics': False},
        {'use_summary_offsets': False, 'use_statistics': False, 'repeat_channels': False},
    ],
    ids=['no chunks', 'no schemas', 'no statistics', 'no summary'],
)
def test_mcap_without_most_of_its_index_is_read(tmp_path, options, caplog):
    from mcap import writer as writer_module

    source = Bag(
        str(write_mcap(tmp_path / 'a.mcap', index_types=writer_module.IndexType.NONE, **options))
    )
    assert (source.length, numbers_of(source)) == (20, [n % 10 for n in range(20)])
    assert not caplog.records


def test_damaged_chunks_are_skipped(tmp_path, caplog):
    content = bytearray(write_mcap(tmp_path / 'a.mcap').read_bytes())
    middle = content.index(b'\x28\xb5\x2f\xfd', len(content) // 3)
    content[middle + 20 : middle + 60] = bytes(40)
    (tmp_path / 'a.mcap').write_bytes(content)
    numbers = numbers_of(Bag(str(tmp_path / 'a.mcap')))
    assert 15 < len(numbers) < 20 and numbers[-1] == 9
    assert 'bytes is damaged; the rest is read' in caplog.text


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_unreadable_part_is_skipped(write_bag, tmp_path, storage, caplog):
    for part in range(3):
        with write_bag(tmp_path / f'part{part}', storage) as bag:
            write_frames(bag, range(2 * part, 2 * part + 2))
        (file,) = (tmp_path / f'part{part}').glob('part*.*')
        (tmp_path / 'bag').mkdir(exist_ok=True)
        # Ten comes after nine.
        shutil.move(file, tmp_path / 'bag' / f'bag_{part + 9}{file.suffix}')
    (last,) = (tmp_path / 'bag').glob('bag_11.*')
    last.write_bytes(b'')
    assert [number_of(frame) for frame in Bag(str(tmp_path / 'bag'))] == [0, 1, 2, 3]
    assert f'left out: {last} cannot be read as a bag: it is empty' in caplog.text


def test_rows_that_are_only_in_the_journal_are_read(write_bag, tmp_path):
    with write_bag(tmp_path / 'bag', 'sqlite3') as bag:
        write_frames(bag)
    (file,) = (tmp_path / 'bag').glob('bag.*')
    live = tmp_path / 'live.db3'
    shutil.copy(file, live)
    database = sqlite3.connect(live)
    database.execute('PRAGMA journal_mode=WAL')
    rows = database.execute('SELECT topic_id, timestamp, data FROM messages').fetchall()
    database.execute('DELETE FROM messages')
    database.commit()
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    insert = 'INSERT INTO messages (topic_id, timestamp, data) VALUES (?, ?, ?)'
    database.executemany(insert, rows)
    database.commit()
    (tmp_path / 'cut').mkdir()
    for suffix in ('', '-wal'):  # as they are when the power fails
        shutil.copy(f'{live}{suffix}', tmp_path / f'cut/cut.db3{suffix}')
    database.close()
    before = sorted(path.name for path in (tmp_path / 'cut').iterdir())
    assert [number_of(frame) for frame in Bag(str(tmp_path / 'cut'))] == list(range(6))
    assert sorted(path.name for path in (tmp_path / 'cut').iterdir()) == before


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_single_compressed_file_is_read(write_bag, tmp_path, storage, caplog):
    import zstandard

    with write_bag(tmp_path / 'bag', storage) as bag:
        write_frames(bag)
    (file,) = (tmp_path / 'bag').glob('bag.*')
    packed = tmp_path / f'{file.name}.zstd'
    packed.write_bytes(zstandard.compress(file.read_bytes()))
    source = open_source(str(packed))
    assert type(source) is Bag
    assert [number_of(frame) for frame in source] == list(range(6))
    assert not caplog.records


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_file_without_messages_is_refused_in_one_line(write_bag, tmp_path, storage):
    with write_bag(tmp_path / 'bag', storage) as bag:
        write_frames(bag)
    (file,) = (tmp_path / 'bag').glob('bag.*')
    content = file.read_bytes()
    advice = 'mcap recover' if storage == 'mcap' else r'sqlite3 .*\.recover'
    for length, text in ((0, 'is empty'), (100, f'cannot be read as a bag: .*{advice}')):
        file.write_bytes(content[:length])
        with pytest.raises(SourceError, match=text) as caught:
            list(open_source(str(file)))
        assert '\n' not in str(caught.value) and str(file) in str(caught.value)


def test_damaged_rows_are_skipped(write_bag, tmp_path, caplog):
    with write_bag(tmp_path / 'bag', 'sqlite3') as bag:
        for number in range(60):
            for side in SIDES:
                image = np.full((96, 96, 3), number, np.uint8)
                bag.image(f'/{side}/image', BEGIN + STEP * number, image)
    (file,) = (tmp_path / 'bag').glob('bag.*')
    content = bytearray(file.read_bytes())
    # The pages at the end hold the last images; their lists of pages lead nowhere.
    begin = len(content) * 3 // 4
    content[begin:] = bytes(255 for _ in content[begin:])
    file.write_bytes(content)
    frames = list(Bag(str(file)))
    assert 20 < len(frames) < 60
    assert 'are damaged (' in caplog.text


@pytest.mark.parametrize('share', [0.9, 0.5, 0.3])
def test_a_cut_database_is_read_as_far_as_it_goes(write_bag, tmp_path, share, caplog):
    with write_bag(tmp_path / 'bag', 'sqlite3') as bag:
        for number in range(60):
            for side in SIDES:
                image = np.full((96, 96, 3), 3 * number, np.uint8)
                bag.image(f'/{side}/image', BEGIN + STEP * number, image)
    (file,) = (tmp_path / 'bag').glob('bag.*')
    content = file.read_bytes()
    length = round(share * len(content))
    file.write_bytes(content[:length])
    numbers = [frame.left[0, 0, 0] // 3 for frame in Bag(str(file))]
    assert numbers == list(range(len(numbers))) and 50 * share < len(numbers) <= 60 * share
    assert f'it is cut off after {length} of {len(content)} bytes; the rest is read' in caplog.text


def test_a_damaged_part_is_known_by_its_checksum(tmp_path, caplog):
    from mcap import writer as writer_module

    path = write_mcap(tmp_path / 'a.mcap', compression=writer_module.CompressionType.NONE)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20] = bytes(20)
    path.write_bytes(content)
    assert len(numbers_of(Bag(str(path)))) >= 19
    assert 'bytes is damaged; the rest is read' in caplog.text


def test_stamps_that_are_all_zero_are_named(write_bag, tmp_path):
    with write_bag(tmp_path / 'bag') as bag:
        for number in range(6):
            for side in SIDES:
                logged = BEGIN + STEP * number + (1_000_000 if side == 'right' else 0)
                bag.image(f'/{side}/image', 0, picture(number, side), logged=logged)
    path = str(tmp_path / 'bag')
    with pytest.raises(SourceError, match='stamps in all headers are zero.*pair_by to recording'):
        open_source(path)
    with pytest.raises(SourceError, match=r'the nearest are 0\.001 s apart: set pair_tolerance'):
        open_source(path, pair_by='recording')
    source = open_source(path, pair_by='recording', pair_tolerance=0.002)
    assert [number_of(frame) for frame in source] == list(range(6))


@pytest.mark.parametrize(
    ('apart', 'text'),
    [
        (3, r'the nearest are 0\.000000003 s apart: set pair_tolerance to 4\.5e-09 or so'),
        (
            7_000_000_000,
            r'6\.75 s apart, more than pair_tolerance can be .*the clocks of the cameras',
        ),
    ],
)
def test_advice_fits_how_far_stamps_are_apart(write_bag, tmp_path, apart, text):
    with write_bag(tmp_path / 'bag') as bag:
        for number in range(6):
            bag.image('/left/image', BEGIN + STEP * number, picture(number, 'left'))
            stamp = BEGIN + STEP * number + apart
            bag.image('/right/image', stamp, picture(number, 'right'))
    with pytest.raises(SourceError, match=text):
        open_source(str(tmp_path / 'bag'))


@pytest.mark.parametrize('kind', ['foxglove', 'ffmpeg'])
@pytest.mark.parametrize('codec', ['libx264', 'libx265'])
def test_video_topics_are_decoded(write_bag, tmp_path, kind, codec):
    import av

    encoders = {}
    for side in SIDES:
        encoder = encoders[side] = av.CodecContext.create(codec, 'w')
        encoder.width, encoder.height, encoder.pix_fmt = 2 * WIDTH, 2 * HEIGHT, 'yuv420p'
        encoder.time_base, encoder.framerate = Fraction(1, 20), 20
        encoder.options = {'tune': 'zerolatency', 'preset': 'ultrafast', 'x265-params': QUIET}
    with write_bag(tmp_path / 'bag') as bag:
        for number in range(6):
            for side in SIDES:
                image = cv2.resize(picture(number, side), (2 * WIDTH, 2 * HEIGHT))
                frame = av.VideoFrame.from_ndarray(image, format='bgr24')
                frame.pts = number
                for packet in encoders[side].encode(frame):
                    stamp = BEGIN + STEP * number
                    bag.video(f'/{side}/image_raw/{kind}', stamp, bytes(packet), codec, kind)
    source = open_source(str(tmp_path / 'bag'))
    assert source.length == 6
    assert numbers_of(source) == list(range(6))
    for number, frame in enumerate(source):
        assert frame.stamp == BEGIN + STEP * number
        assert frame.right[..., 0].mean() == pytest.approx(10 * number + 5, abs=3)


@pytest.mark.parametrize('codec', ['libx264', 'libx265'])
def test_behind_damage_a_video_goes_on_with_a_key_frame(write_bag, tmp_path, codec, caplog):
    import av

    noise = np.random.default_rng(0).integers(0, 255, (10, 10), np.uint8)
    texture = cv2.resize(noise, (96, 96), interpolation=cv2.INTER_CUBIC)
    scenes = [cv2.cvtColor(np.roll(texture, 3 * i, 1), cv2.COLOR_GRAY2BGR) for i in range(60)]
    encoder = av.CodecContext.create(codec, 'w')
    encoder.width, encoder.height, encoder.pix_fmt = 96, 96, 'yuv420p'
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, 20), 20, 20
    encoder.bit_rate = 2_000_000
    encoder.options = {'tune': 'zerolatency', 'preset': 'ultrafast', 'x265-params': QUIET}
    packets = []
    for number, scene in enumerate(scenes):
        frame = av.VideoFrame.from_ndarray(scene, format='bgr24')
        frame.pts = number
        packets += map(bytes, encoder.encode(frame))
    with write_bag(tmp_path / 'bag', 'sqlite3') as bag:
        for number, packet in enumerate(packets):
            for side in SIDES:
                stamp = BEGIN + STEP * number
                bag.video(f'/{side}/image/ffmpeg', stamp, packet, codec, 'ffmpeg')
    (file,) = (tmp_path / 'bag').glob('bag.*')
    database = sqlite3.connect(file)
    (page_size,) = database.execute('PRAGMA page_size').fetchone()
    database.close()
    content = bytearray(file.read_bytes())
    middle = len(content) // 2 // page_size * page_size
    content[middle : middle + 2 * page_size] = b'\xff' * 2 * page_size
    file.write_bytes(content)
    frames = list(Bag(str(file)))
    assert 20 < len(frames) < 60 and 'are damaged (' in caplog.text
    for frame in frames:
        scene = scenes[round((frame.stamp - BEGIN) / STEP)]
        for view in (frame.left, frame.right):
            assert np.abs(view.astype(float) - scene).mean() < 10


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('nothing.mcap', 'does not exist'),
        ('old.bag', r'is a bag of ROS 1: convert it with .rosbags-convert'),
        ('text.db3', 'cannot be read as a bag'),
        ('text.mcap', 'cannot be read as a bag'),
        ('empty', 'is not a bag: it has no file that ends in .mcap or .db3'),
        ('wrong', 'is not a bag: it has no file'),
    ],
)
def test_files_and_folders_that_are_not_bags_are_refused(tmp_path, name, message):
    for file in ('old.bag', 'text.db3', 'text.mcap'):
        (tmp_path / file).write_text('Dear reader\n' * 10)
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'wrong').mkdir()
    (tmp_path / 'wrong/metadata.yaml').write_text('rosbag2_bagfile_information: {version: 4}')
    with pytest.raises(SourceError, match=message) as caught:
        open_source(str(tmp_path / name), source_type='bag')
    assert '\n' not in str(caught.value)


def test_options_that_contradict_a_bag_are_refused(frames_bag, tmp_path):
    with pytest.raises(SourceError, match='is a bag with both views, but a right one is named'):
        open_source(str(frames_bag), str(frames_bag))
    with pytest.raises(SourceError, match='is not a bag, so it has no topics'):
        open_source('left.png', 'right.png', left_topic='/left/image_raw')


def test_without_rosbags_the_message_says_what_to_install(frames_bag, monkeypatch):
    monkeypatch.setitem(sys.modules, 'rosbags.typesys', None)
    with pytest.raises(SourceError, match='needs rosbags to be read: pip install rosbags'):
        open_source(str(frames_bag))
