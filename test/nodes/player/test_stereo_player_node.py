# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player as a separate process, received over DDS, and as a node in this process."""

from dataclasses import replace
from functools import partial
import logging
from pathlib import Path
import re
import signal
import time

import cv2
import numpy as np
import pytest

rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')

from rcl_interfaces.msg import ParameterEvent, SetParametersResult  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import Float64  # noqa: E402
from stereo_msgs.msg import DisparityImage  # noqa: E402

from crestereo_ros.calibration import CameraCalibration  # noqa: E402
from crestereo_ros.nodes.image_messages import to_array  # noqa: E402
from crestereo_ros.nodes.player.stereo_player_node import StereoPlayerNode  # noqa: E402
from crestereo_ros.sources import SourceError  # noqa: E402

DEMO = Path(__file__).parents[3] / 'demo/data'
VIDEOS = Path(__file__).parents[3] / '../shared/samples/videos'
TIMEOUT = 120.0  # s; only reached by a failure


@pytest.fixture
def play(start_node):
    """Return a function that starts a player with parameters."""
    return partial(start_node, 'crestereo_ros.nodes.player.stereo_player_node')


def write_video(path, frames=6, rate=20.0, size=(48, 64), offset=0, axis=1):
    """Write frames of brightness 20 n + offset, 5 brighter in the second half of an axis."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), rate, size[::-1])
    assert writer.isOpened()
    for number in range(frames):
        image = np.full((*size, 3), min(20 * number, 240) + offset, np.uint8)
        image.swapaxes(0, axis)[size[axis] // 2 :] += 5
        writer.write(image)
    writer.release()
    return path


@pytest.fixture
def files(tmp_path):
    """Write the sources; the left side is 5 darker than the right one in each."""
    for side, value in (('left', 100), ('right', 105)):
        assert cv2.imwrite(str(tmp_path / f'{side}.png'), np.full((48, 64, 3), value, np.uint8))
    write_video(tmp_path / 'left.avi')
    write_video(tmp_path / 'right.avi', offset=5)
    write_video(tmp_path / 'both.avi')
    return tmp_path


def seek(listener, position):
    """Publish a time to seek."""
    publisher = listener.node.create_publisher(Float64, 'stereo_player/seek', 10)
    listener.spin_until(publisher.get_subscription_count)
    publisher.publish(Float64(data=position))


def stamps(messages):
    return [message.header.stamp.sec + message.header.stamp.nanosec / 1e9 for message in messages]


def brightness(messages):
    return [float(to_array(message).mean()) for message in messages]


def write_calibration(path, baseline=0.0):
    """Write the calibration of a camera with a focal length of 100 px at 96x128 pixels."""
    path.write_text(f"""\
image_width: 128
image_height: 96
camera_matrix: {{rows: 3, cols: 3, data: [100, 0, 63.5, 0, 100, 47.5, 0, 0, 1]}}
distortion_model: plumb_bob
distortion_coefficients: {{rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}}
rectification_matrix: {{rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}}
projection_matrix:
  {{rows: 3, cols: 4, data: [100, 0, 63.5, {-100 * baseline}, 0, 100, 47.5, 0, 0, 0, 1, 0]}}
""")
    return path


def calibrations(folder):
    return {
        'camera_info_left': write_calibration(folder / 'left.yaml'),
        'camera_info_right': write_calibration(folder / 'right.yaml', baseline=0.25),
    }


def summary(player):
    """Return how many pairs were published and dropped, as logged at the end."""
    line = player.wait_for('End of ')
    return tuple(map(int, re.search(r'(\d+) pair.* published, (\d+) dropped', line).groups()))


@pytest.mark.parametrize(
    ('source', 'source_right', 'width', 'expected'),
    [
        ('left.png', 'right.png', 64, [100]),
        ('left.avi', 'right.avi', 64, [20 * number + 2.5 for number in range(6)]),
        ('both.avi', '', 32, [20 * number for number in range(6)]),
    ],
)
def test_an_early_subscriber_receives_every_pair_once(
    files, play, listen_to, source, source_right, width, expected
):
    sources = {'source': files / source}
    if source_right:
        sources['source_right'] = files / source_right
    player = play(**sources, rate=5.0, frame_id='rig', wait_for_subscribers=TIMEOUT)
    player.wait_for('Waiting up to')
    listener = listen_to(player).subscribe()
    assert player.exit_code() == 0
    assert summary(player) == (len(expected), 0)
    listener.wait_for_pairs(len(expected))
    left, right = listener.left, listener.right
    assert brightness(left) == pytest.approx(expected, abs=4)
    assert np.subtract(brightness(right), brightness(left)) == pytest.approx(5, abs=2)
    assert [message.header for message in left] == [message.header for message in right]
    assert stamps(left) == sorted(set(stamps(left)))
    for message in left + right:
        assert (message.height, message.width, message.encoding) == (48, width, 'bgr8')
        assert message.header.frame_id == 'rig'


def test_a_camera_that_is_unplugged_ends_with_one_line_and_code_1(files, play, listen_to):
    """The end of a video acts as unplugging a camera."""
    player = play(source=files / 'both.avi', source_type='camera', wait_for_subscribers=TIMEOUT)
    listen_to(player).subscribe().wait_for_pairs(1)
    assert player.exit_code() == 1
    assert 'FATAL' in player.log[-1] and 'both.avi gives no images (any more)' in player.log[-1]


def test_a_still_image_is_repeated_and_parameters_can_change_meanwhile(files, play, listen_to):
    player = play(source=files / 'left.png', source_right=files / 'right.png', loop=True)
    listener = listen_to(player).subscribe()
    listener.wait_for_pairs(3)
    assert listener.set_parameters(swap=True, rate=50.0).successful
    listener.spin_until(lambda: brightness(listener.left[-1:]) == [105])
    listener.wait_for_pairs(3)
    assert brightness(listener.left[-1:]) == [105]
    assert brightness(listener.right[-1:]) == [100]
    assert listener.set_parameters(loop=False).successful
    assert player.exit_code() == 0


def test_wrong_values_are_refused_with_a_reason_and_change_nothing(files, play, listen_to):
    player = play(source=files / 'left.png', source_right=files / 'right.png', loop=True)
    listener = listen_to(player)
    for name, value, reason in [
        ('rate', -1.0, 'rate'),
        ('rate', -1, 'rate must be 0 to 1000'),
        ('rate', float('nan'), 'rate'),
        ('rate', 'fast', "rate must be a number, not 'fast'"),
        ('swap', 3, 'swap 3 is not one of auto, true, false'),
        ('align', 'maybe', "align 'maybe' is not one of auto, on, off"),
        ('resize', 'small', 'resize "small" is neither HEIGHTxWIDTH'),
        ('source', 'other.png', 'read-only parameter: source'),
    ]:
        result = listener.set_parameters(**{name: value})
        assert not result.successful
        assert reason in result.reason
    # One wrong value refuses all that are set with it.
    assert not listener.set_parameters(swap=True, rate=-1.0).successful
    assert listener.get_parameters('swap', 'rate') == ('auto', 0.0)
    listener.subscribe().wait_for_pairs(2)
    assert brightness(listener.left) == [100] * len(listener.left)


def numbers(messages):
    """Return the numbers of the frames of `write_video`."""
    return [round(value / 20) for value in brightness(messages)]


def test_pause_step_and_seek_with_a_published_clock_and_calibrations(tmp_path, play, listen_to):
    video = write_video(tmp_path / 'both.avi', frames=12)
    player = play(
        **{'source': video, 'start_time': 0.1, 'loop': True, 'resize': 0.5},
        **{'stamps': 'video', 'publish_clock': True},
        **calibrations(tmp_path),
    )
    listener = listen_to(player)
    clock = listener.collect(Clock, '/clock')
    events = listener.collect(ParameterEvent, '/parameter_events')
    infos = listener.collect(CameraInfo, 'left/camera_info')
    right_infos = listener.collect(CameraInfo, 'right/camera_info')
    listener.subscribe().wait_for_pairs(15)  # more than there are
    events.clear()  # those of the start, if the connection stood before
    left = listener.left
    # From the third frame on; the time in the source continues when the source repeats.
    assert {*numbers(left)} == {*range(2, 12)} and stamps(left[-1:])[0] > 0.6
    missed = numbers(left)[0] - 2  # before the subscription stood
    for number, stamp in zip(numbers(left), stamps(left), strict=True):
        assert (stamp - 0.09) % 0.5 == pytest.approx((number - 2) / 20 + 0.01, abs=1e-3)
    # The calibration of the files, at the size of the images.
    assert (left[0].height, left[0].width) == (24, 16)
    # Each image has its calibration; those of the latest may still be on their way.
    listener.spin_until(
        lambda: infos and {*stamps(listener.right[-12:-2])} <= {*stamps(right_infos)}
    )
    for info in right_infos:
        assert info.header.frame_id == listener.right[0].header.frame_id
        assert (info.height, info.width) == (24, 16)
        assert list(info.p[:4]) == pytest.approx([12.5, 0, 7.5, -12.5 * 0.25])
        assert list(info.k[4:6]) == [25, 11.5]
    assert infos[0].p[3] == 0

    assert listener.trigger('step').success is False
    answer = listener.trigger('pause')
    assert answer.success and 'paused at 0.' in answer.message
    listener.spin_for(0.3)
    shown, begin = len(left), len(clock)
    listener.spin_for(0.5)
    assert len(left) == shown
    assert len(clock) - begin >= 5
    at = stamps(left[-1:])[0]
    still = {message.clock.sec + message.clock.nanosec / 1e9 for message in clock[begin:]}
    assert len(still) == 1 and at <= still.pop() < at + 0.051  # not beyond the next frame
    assert 'Paused' in listener.diagnostics()[1]

    before = numbers(left[-1:])[0]
    assert listener.trigger('step').success
    listener.spin_until(lambda: len(left) == shown + 1)
    assert numbers(left[-1:])[0] == (before + 1 if before < 11 else 2)
    seek(listener, 0.24)  # goes to the frame at 0.25 s
    listener.spin_until(lambda: len(left) == shown + 2)
    assert numbers(left[-1:]) == [5]
    level, _, values = listener.diagnostics()
    assert level == b'\0'
    assert (values['position (s)'], values['paused']) == ('0.250', 'True')
    assert values['source'] == str(video) and int(values['frames published']) == missed + shown + 2
    seek(listener, 0.05)
    player.wait_for('Cannot seek: 0.05 s is not in what is played')
    seek(listener, 7.0)
    player.wait_for('Cannot seek: 7 s is beyond the end of')
    assert len(left) == shown + 2
    assert not any('stereo_player' in event.node for event in events)

    assert listener.set_parameters(resize='48x64', rate=5.0).successful
    assert listener.trigger('resume').success
    listener.wait_for_pairs(10)
    assert numbers(left[-10:-4]) == [6, 7, 8, 9, 10, 11]
    assert (left[-1].height, left[-1].width) == (48, 64)
    listener.spin_until(lambda: infos[-1].width == 64)
    assert infos[-1].k[0] == 50
    times = [message.clock.sec + message.clock.nanosec / 1e9 for message in clock]
    assert times == sorted(times)
    assert stamps(left) == sorted(set(stamps(left)))
    # The clock publishes a time before an image has it as its stamp.
    assert times[-1] >= stamps(left[-1:])[0] - 0.5

    assert listener.set_parameters(loop=False).successful
    assert player.exit_code() == 0
    player.wait_for('calibration of this camera')  # the calibration is for 4:3, a view is 2:3


def test_every_pair_of_a_bag_is_played_with_its_calibration(tmp_path, write_bag, play, listen_to):
    camera = CameraCalibration(
        *(64, 48, 'plumb_bob'),
        d=np.array([-0.1, 0.01, 0, 0, 0]),
        k=np.array([[50, 0, 31], [0, 50, 23], [0, 0, 1]], float),
        r=np.eye(3),
        p=np.array([[45, 0, 30, 0], [0, 45, 22, 0], [0, 0, 1, 0]], float),
    )
    right_camera = replace(camera, p=camera.p + [[0, 0, 0, -4.5], [0] * 4, [0] * 4])
    with write_bag(tmp_path / 'bag') as bag:
        for number in range(6):
            stamp = 10**9 + number * 50_000_000
            for side, info, more in (('left', camera, 0), ('right', right_camera, 5)):
                image = np.full((48, 64, 3), 20 * number + more, np.uint8)
                bag.image(f'/rig/{side}/image_raw', stamp, image)
                bag.camera_info(f'/rig/{side}/camera_info', stamp, info)
    player = play(
        *('-r', 'left/image_raw:=left/image_rect', '-r', 'right/image_raw:=right/image_rect'),
        **{'source': tmp_path / 'bag', 'left_topic': '/rig/left/image_raw'},
        **{'right_topic': '/rig/right/image_raw', 'rate': 5.0, 'wait_for_subscribers': TIMEOUT},
    )
    player.wait_for('images are raw')
    listener = listen_to(player)
    infos = listener.collect(CameraInfo, 'left/camera_info')
    right_infos = listener.collect(CameraInfo, 'right/camera_info')
    left = listener.collect(Image, 'left/image_rect')
    right = listener.collect(Image, 'right/image_rect')
    player.wait_for('by their calibration the images are raw: set rectify to on')
    assert player.exit_code() == 0
    assert summary(player) == (6, 0)
    listener.spin_until(lambda: len(right) == 6 and len(right_infos) == 6)
    # As recorded: neither rectified nor aligned.
    assert brightness(left) == [20 * number for number in range(6)]
    assert brightness(right) == [20 * number + 5 for number in range(6)]
    assert list(infos[0].d) == pytest.approx([-0.1, 0.01, 0, 0, 0])
    assert list(infos[0].k[:3]) == [50, 0, 31]
    assert list(right_infos[0].p[:4]) == [45, 0, 30, -4.5]
    assert infos[0].header == left[0].header


def test_a_section_is_played_to_its_end(files, play, listen_to):
    player = play(source=files / 'both.avi', start_time=0.1, duration=0.15, rate=5.0)
    listener = listen_to(player).subscribe()
    assert player.exit_code() == 0
    assert summary(player) == (3, 0)
    listener.spin_until(lambda: len(listener.left) == 3)
    assert numbers(listener.left) == [2, 3, 4]


def test_the_depth_node_receives_the_calibration_of_the_player(
    tmp_path, model_file, play, start_node, listen_to
):
    """Both nodes use the topics of the launch file."""
    for side in ('left', 'right'):
        image = cv2.resize(cv2.imread(str(DEMO / f'{side}.png')), (128, 96))
        assert cv2.imwrite(str(tmp_path / f'{side}.png'), image)
    player = play(
        *('-r', 'left/image_raw:=left/image_rect', '-r', 'right/image_raw:=right/image_rect'),
        **{'source': tmp_path / 'left.png', 'source_right': tmp_path / 'right.png'},
        **{'loop': True, 'resize': '0.5', 'rate': 2.0},
        **calibrations(tmp_path),
    )
    start_node(
        'crestereo_ros.nodes.depth.stereo_depth_node', namespace=player.namespace, model=model_file
    )
    listener = listen_to(player)
    disparities = listener.collect(DisparityImage, 'disparity')
    # The first results may lack a calibration that is discovered later than the images.
    listener.spin_until(lambda: disparities and disparities[-1].f)
    (last,) = disparities[-1:]
    assert (last.image.height, last.image.width) == (48, 64)
    assert (last.f, last.t) == (pytest.approx(50), pytest.approx(0.25))
    # Calibrated images are not aligned.
    assert listener.diagnostics()[2]['alignment'] == 'off'
    assert listener.set_parameters(align='on').successful
    player.wait_for('set align to off')
    assert listener.set_parameters(rate=5.0).successful
    assert player.count('set align to off') == 1


def test_uncalibrated_images_are_aligned_and_put_in_order(tmp_path, play, listen_to):
    left, right = (cv2.imread(str(DEMO / f'{side}.png')) for side in ('left', 'right'))
    low = cv2.warpAffine(right, np.float32([[1, 0, 0], [0, 1, 9]]), right.shape[1::-1])
    for name, image in (('a.png', low), ('b.png', left)):
        assert cv2.imwrite(str(tmp_path / name), image)
    player = play(source=tmp_path / 'a.png', source_right=tmp_path / 'b.png', loop=True)
    listener = listen_to(player).subscribe()
    listener.wait_for_pairs(1)
    inner = np.s_[60:-60, 60:-60]
    seen = to_array(listener.right[-1])
    assert cv2.absdiff(seen[inner], right[inner]).mean() < 0.5 * (
        cv2.absdiff(seen[inner], low[inner]).mean()
    )
    report = player.wait_for('median vertical error')
    assert 'left and right exchanged' in report and '9.0' in report
    assert listener.diagnostics()[2]['alignment'] in report

    assert listener.set_parameters(align='off').successful
    listener.spin_until(lambda: np.array_equal(to_array(listener.left[-1]), low))
    assert listener.set_parameters(swap=True).successful
    listener.spin_until(lambda: np.array_equal(to_array(listener.left[-1]), left))


def test_does_not_wait_for_subscribers_on_request(files, play):
    player = play(source=files / 'both.avi', rate=5.0, wait_for_subscribers=0.0)
    assert player.exit_code() == 0
    assert summary(player) == (6, 0)
    assert not player.count('Waiting')


def test_plays_without_subscribers_after_waiting_and_logs_that(files, play):
    player = play(source=files / 'both.avi', wait_for_subscribers=0.2)
    assert player.exit_code() == 0
    topics = (f'{player.namespace}/{side}/image_raw' for side in ('left', 'right'))
    assert player.count(f'without a subscriber to {" or ".join(topics)}') == 1


def test_a_late_player_drops_frames_and_reports_it(tmp_path, play, listen_to):
    video = write_video(tmp_path / 'large.avi', frames=150, size=(480, 1280))
    player = play(source=video, rate=1000.0, loop=True, wait_for_subscribers=TIMEOUT)
    listener = listen_to(player).subscribe()
    listener.wait_for_pairs(1)
    level, message, values = listener.diagnostics()
    assert level == b'\1' and 'frames were late and dropped: lower rate' in message
    assert int(values['frames dropped']) >= 10
    assert listener.set_parameters(loop=False).successful
    assert player.exit_code() == 0
    assert player.count('frames were late and dropped: this machine') >= 1
    published, dropped = summary(player)
    assert (published + dropped) % 150 == 0
    assert published >= 1 and dropped >= int(values['frames dropped'])


@pytest.mark.parametrize(
    ('parameters', 'message'),
    [
        ({}, 'no source is given'),
        ({'source': 'missing.avi'}, 'missing.avi does not exist'),
        ({'source': 'left.png'}, 'left.png is one image'),
        ({'source': 'both.avi', 'source_type': 'flat'}, "no source_type 'flat'"),
        ({'source': 'both.avi', 'rate': -1.0}, 'rate'),
        ({'source': 'both.avi', 'rate': 2000}, 'rate must be 0 to 1000'),
        ({'source': 'both.avi', 'rate': 'fast'}, "rate must be a number, not 'fast'"),
        (
            {'source': 'both.avi', 'start_time': 9.0},
            'start_time cannot be used: 9 s is beyond the end of',
        ),
        ({'source': 'both.avi', 'resize': 'big'}, 'resize "big" is neither HEIGHTxWIDTH'),
        ({'source': 'both.avi', 'camera_info_right': 'a.yaml'}, 'camera_info_left is not'),
        (
            {'source': 'both.avi', 'camera_info_left': 'a.yaml', 'camera_info_right': 'b.yaml'},
            'a.yaml: cannot be read',
        ),
    ],
)
def test_a_source_that_cannot_be_played_ends_with_one_line_and_code_1(
    files, play, parameters, message
):
    if 'source' in parameters:
        parameters = dict(parameters, source=files / parameters['source'])
    player = play(**parameters)
    assert player.exit_code() == 1
    (line,) = player.log
    assert message in line and 'FATAL' in line


def test_integers_are_accepted_for_doubles(files, play, listen_to):
    player = play(source=files / 'both.avi', rate=5, start_time=0, duration=1, loop=True)
    listener = listen_to(player).subscribe()
    listener.wait_for_pairs(1)
    assert '5 Hz' in player.wait_for('Playing')
    assert listener.set_parameters(rate=50).successful
    listener.wait_for_pairs(2)
    assert player.send(signal.SIGINT) is None and player.exit_code() == 0
    assert not player.count('WARN')


def test_logs_the_early_end_of_a_video(files, play):
    video = files / 'both.avi'
    data = video.read_bytes()
    start_of_frames = data.find(b'movi')
    video.write_bytes(data[: start_of_frames + (len(data) - start_of_frames) // 2])
    player = play(source=video, wait_for_subscribers=0.0)
    assert player.exit_code() == 0
    assert 'WARN' in player.wait_for('of the 6 frames')


def test_a_file_that_disappears_ends_with_one_line_and_code_1(files, play, listen_to):
    player = play(source=files / 'both.avi', loop=True)
    listen_to(player).subscribe().wait_for_pairs(1)
    (files / 'both.avi').unlink()
    assert player.exit_code() == 1
    assert 'FATAL' in player.log[-1] and 'both.avi does not exist any more' in player.log[-1]


@pytest.mark.parametrize(
    ('moment', 'logged'),
    [('Waiting', []), ('Playing', ['Stopped .*: 1 pair.* published, 0 dropped'])],
)
def test_an_interrupt_ends_with_code_0_and_a_summary(files, play, moment, logged):
    wait = TIMEOUT if moment == 'Waiting' else 0.0
    player = play(source=files / 'both.avi', rate=0.001, wait_for_subscribers=wait, align='off')
    player.wait_for(moment)
    time.sleep(0.5)  # for the first frame
    player.send(signal.SIGINT)
    assert player.exit_code() == 0
    first, *rest = player.log
    assert moment in first
    assert len(rest) == len(logged)
    assert all(re.search(text, line) for text, line in zip(logged, rest, strict=True))


def test_qos_of_one_topic_can_be_overridden(files, play, listen_to):
    override = 'qos_overrides./qos/left/image_raw.publisher.reliability'
    player = play(
        *('-p', f'{override}:=best_effort'),
        **{'source': files / 'both.avi', 'loop': True, 'wait_for_subscribers': 0.0},
        namespace='/qos',
    )
    listener = listen_to(player).subscribe()
    listener.spin_until(lambda: len(listener.right) >= 3)
    assert not listener.left  # a reliable subscription does not receive best effort


@pytest.mark.skipif(not VIDEOS.exists(), reason='the sample videos are not here')
@pytest.mark.parametrize(
    ('names', 'shape', 'frames'),
    [
        (['video_left.mp4', 'video_right.mp4'], (1280, 720), 62),
        (['unified_stereo_vid_example.mp4'], (720, 640), 44),
    ],
)
def test_real_videos_are_played_to_their_end(play, listen_to, names, shape, frames):
    sources = zip(('source', 'source_right'), (VIDEOS / name for name in names), strict=False)
    player = play(**dict(sources), wait_for_subscribers=TIMEOUT)
    listener = listen_to(player).subscribe()
    assert player.exit_code() == 0
    published, dropped = summary(player)
    assert published + dropped == frames
    listener.wait_for_pairs(1)  # how many of these large images arrive depends on the machine
    assert {(message.height, message.width) for message in listener.left} == {shape}


def write_changing_video(path):
    """Write a video of 48x64 whose last three frames are JPEG images of 96x128."""
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 20.0, (64, 48))
    for _ in range(6):
        writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    data = bytearray(path.read_bytes())
    large = cv2.imencode('.jpg', np.full((96, 128, 3), 90, np.uint8))[1].tobytes()
    chunks = list(re.finditer(b'00dc', data[: data.find(b'idx1')]))[-3:]
    for chunk in chunks:
        size = int.from_bytes(data[chunk.end() : chunk.end() + 4], 'little')
        assert len(large) <= size
        begin = chunk.end() + 4
        data[begin : begin + size] = large.ljust(size, b'\0')
    path.write_bytes(data)
    return path


def test_both_views_may_change_their_size(tmp_path, play, listen_to):
    for side in ('left', 'right'):
        (tmp_path / side).mkdir()
        for number, (height, width) in enumerate([(48, 64)] * 3 + [(96, 128)] * 3):
            image = np.full((height, width, 3), 90, np.uint8)
            assert cv2.imwrite(str(tmp_path / side / f'{number}.png'), image)
    player = play(
        **{'source': tmp_path / 'left', 'source_right': tmp_path / 'right'},
        **{'rate': 5.0, 'wait_for_subscribers': TIMEOUT},
    )
    listener = listen_to(player).subscribe()
    assert player.exit_code() == 0
    listener.spin_until(lambda: len(listener.left) == 6)
    sizes = [(message.height, message.width) for message in listener.left]
    assert sizes == [(48, 64)] * 3 + [(96, 128)] * 3


def test_views_of_unequal_size_end_with_one_line_and_code_1(files, monkeypatch, play):
    """Videos act as cameras; unlike FFmpeg, OpenCV's own decoder does not scale frames."""
    monkeypatch.setenv('OPENCV_VIDEOIO_PRIORITY_FFMPEG', '0')
    video = write_changing_video(files / 'changing.avi')
    player = play(
        **{'source': video, 'source_right': files / 'right.avi', 'source_type': 'camera'},
        wait_for_subscribers=0.0,
    )
    assert player.exit_code() == 1
    assert 'FATAL' in player.log[-1] and 'the left image' in player.log[-1]
    assert not player.count('Traceback')


def test_the_seek_service_responds_whether_it_worked(files, message_packages, play, listen_to):
    from rosbag2_interfaces.srv import Seek

    player = play(source=files / 'both.avi', start_time=0.1, loop=True)
    listener = listen_to(player).subscribe()
    listener.wait_for_pairs(1)
    assert listener.trigger('pause').success
    for seconds, possible in ((0.19, True), (0.05, False), (7.0, False)):
        request = Seek.Request()
        request.time.sec, request.time.nanosec = int(seconds), round(seconds % 1 * 1e9)
        assert listener.call(Seek, 'seek', request).success is possible
    listener.spin_until(lambda: numbers(listener.left[-1:]) == [4])
    player.wait_for('Cannot seek: 0.05 s is not in what is played')


class RefusingPlayer(StereoPlayerNode):
    """A player with another callback, after its own, that can refuse every change."""

    refusing = False

    def declare_parameters(self, *arguments, **options):
        declared = super().declare_parameters(*arguments, **options)
        self.add_on_set_parameters_callback(
            self.refuse
        )  # the callback that is added last is first
        return declared

    def refuse(self, parameters):
        return SetParametersResult(successful=not self.refusing, reason='not now')


@pytest.fixture
def context(ros_domain):
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


def overrides(files, **values):
    values = {'source': str(files / 'left.png'), 'source_right': str(files / 'right.png')} | values
    return [Parameter(name, value=value) for name, value in values.items()]


def test_a_change_that_another_callback_refuses_is_not_used(files, context):
    node = RefusingPlayer(
        namespace='/refusing',
        context=context,
        parameter_overrides=overrides(files, loop=True, rate=50.0),
    )
    images = []
    node.create_subscription(Image, 'left/image_raw', images.append, 10)
    node.create_subscription(Image, 'right/image_raw', lambda message: None, 10)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)

    def receive(number):
        end = time.monotonic() + TIMEOUT
        images.clear()
        while len(images) < number:
            assert time.monotonic() < end
            executor.spin_once(0.1)

    try:
        receive(1)
        node.refusing = True
        (result,) = node.set_parameters([Parameter('resize', value='0.5')])
        assert not result.successful and result.reason == 'not now'
        receive(20)
        assert {image.height for image in images} == {48}
        node.refusing = False
        (result,) = node.set_parameters([Parameter('swap', value=True)])
        assert result.successful
        receive(20)
        assert brightness(images[-1:]) == [105]
    finally:
        executor.shutdown()
        node.close()
        node.destroy_node()


def test_no_log_handler_remains(files, context):
    logger = logging.getLogger('crestereo_ros')
    before = list(logger.handlers)
    node = StereoPlayerNode(context=context, parameter_overrides=overrides(files))
    assert len(logger.handlers) == len(before) + 1
    node.close()
    node.destroy_node()
    with pytest.raises(SourceError):
        StereoPlayerNode(
            context=context, parameter_overrides=overrides(files, source='missing.png')
        )
    assert logger.handlers == before
