# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player as its own process, heard over DDS by this one."""

from functools import partial
from pathlib import Path
import re
import signal
import time

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import CameraInfo  # noqa: E402
from stereo_msgs.msg import DisparityImage  # noqa: E402

from crestereo_ros.nodes.image_messages import to_array  # noqa: E402

DEMO = Path(__file__).parents[3] / 'demo/data'
VIDEOS = Path(__file__).parents[3] / '../shared/samples/videos'
TIMEOUT = 120.0  # s; only reached by a failure


@pytest.fixture
def play(start_node):
    """Return a function that starts a player with parameters."""
    return partial(start_node, 'crestereo_ros.nodes.player.stereo_player_node')


def write_video(path, frames=6, rate=20.0, size=(48, 64), offset=0, axis=1):
    """Write frames that are 20 n + offset bright, and 5 more in the second half of an axis."""
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
    """Write the sources; the left side is 5 darker than the right one in all of them."""
    for side, value in (('left', 100), ('right', 105)):
        assert cv2.imwrite(str(tmp_path / f'{side}.png'), np.full((48, 64, 3), value, np.uint8))
    write_video(tmp_path / 'left.avi')
    write_video(tmp_path / 'right.avi', offset=5)
    write_video(tmp_path / 'both.avi')
    return tmp_path


def stamps(messages):
    return [message.header.stamp.sec + message.header.stamp.nanosec / 1e9 for message in messages]


def brightness(messages):
    return [float(to_array(message).mean()) for message in messages]


def write_calibration(path, baseline=0.0):
    """Write that of a camera with 100 px focal length at 96x128 pixels."""
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
def test_every_pair_is_heard_once_by_who_subscribes_in_time(
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


def test_camera_that_is_unplugged_ends_with_one_line_and_code_1(files, play, listen_to):
    """The end of a video file takes the place of pulling the plug."""
    player = play(source=files / 'both.avi', source_type='camera', wait_for_subscribers=TIMEOUT)
    listen_to(player).subscribe().wait_for_pairs(1)
    assert player.exit_code() == 1
    assert 'FATAL' in player.log[-1] and 'both.avi gives no images (any more)' in player.log[-1]


def test_still_is_repeated_and_parameters_are_taken_up_while_it_plays(files, play, listen_to):
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


def test_wrong_values_are_rejected_with_a_reason_and_change_nothing(files, play, listen_to):
    player = play(source=files / 'left.png', source_right=files / 'right.png', loop=True)
    listener = listen_to(player)
    for name, value, reason in [
        ('rate', -1.0, 'rate out of range'),
        ('rate', float('nan'), 'rate out of range'),
        ('rate', 'fast', 'type'),
        ('swap', 3, 'swap 3 is none of auto, true, false'),
        ('align', 'maybe', "align 'maybe' is none of auto, on, off"),
        ('resize', 'small', 'resize "small" is neither HEIGHTxWIDTH'),
        ('position', 'half', "position 'half' is no number of seconds"),
        ('source', 'other.png', 'read-only parameter: source'),
    ]:
        result = listener.set_parameters(**{name: value})
        assert not result.successful
        assert reason in result.reason
    # One wrong value refuses all that come with it.
    assert not listener.set_parameters(swap=True, rate=-1.0).successful
    assert listener.get_parameters('swap', 'rate') == ('auto', 0.0)
    listener.subscribe().wait_for_pairs(2)
    assert brightness(listener.left) == [100] * len(listener.left)


def numbers(messages):
    """Return the numbers of the frames of `write_video`."""
    return [round(value / 20) for value in brightness(messages)]


def test_paused_stepped_and_sought_on_its_own_clock_with_calibrations(tmp_path, play, listen_to):
    video = write_video(tmp_path / 'both.avi', frames=12)
    player = play(
        **{'source': video, 'start_time': 0.1, 'loop': True, 'resize': 0.5},
        **{'stamps': 'video', 'publish_clock': True},
        **calibrations(tmp_path),
    )
    listener = listen_to(player)
    clock = listener.collect(Clock, '/clock')
    infos = listener.collect(CameraInfo, 'left/camera_info')
    right_infos = listener.collect(CameraInfo, 'right/camera_info')
    listener.subscribe().wait_for_pairs(15)  # more than there are
    left = listener.left
    # From the third frame on, with the time in the source, which goes on when it is repeated.
    assert numbers(left[:1]) == [2] and stamps(left[-1:])[0] > 0.6
    for number, stamp in zip(numbers(left), stamps(left), strict=True):
        assert (stamp - 0.09) % 0.5 == pytest.approx((number - 2) / 20 + 0.01, abs=1e-3)
    # As right as the files say, at the size of the images.
    assert (left[0].height, left[0].width) == (24, 16)
    listener.spin_until(lambda: len(infos) >= 15 and len(right_infos) >= 15)
    for info, image in zip(right_infos, listener.right, strict=False):
        assert info.header == image.header
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
    assert listener.set_parameters(position=0.24).successful  # goes to the frame at 0.25 s
    listener.spin_until(lambda: len(left) == shown + 2)
    assert numbers(left[-1:]) == [5]
    level, _, values = listener.diagnostics()
    assert level == b'\0'
    assert (values['position (s)'], values['paused']) == ('0.250', 'True')
    assert values['source'] == str(video) and int(values['frames published']) == shown + 2
    assert listener.get_parameters('position') == (pytest.approx(0.25),)
    refused = listener.set_parameters(position=0.05)
    assert not refused.successful and 'position: 0.05 s is not in what is played' in refused.reason
    assert listener.set_parameters(position=7).successful
    player.wait_for('7 s is beyond the end of')
    assert len(left) == shown + 2

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
    # All that plays on this clock has been told of a time before it sees its stamp.
    assert times[-1] >= stamps(left[-1:])[0] - 0.5

    assert listener.set_parameters(loop=False).successful
    assert player.exit_code() == 0
    player.wait_for('calibration of this camera')  # for 4:3, and one view is 2:3


def test_a_stretch_is_played_to_its_end(files, play, listen_to):
    player = play(source=files / 'both.avi', start_time=0.1, duration=0.15, rate=5.0)
    listener = listen_to(player).subscribe()
    assert player.exit_code() == 0
    assert summary(player) == (3, 0)
    listener.spin_until(lambda: len(listener.left) == 3)
    assert numbers(listener.left) == [2, 3, 4]


def test_calibrated_player_gives_the_depth_node_what_depth_needs(
    tmp_path, model_file, play, start_node, listen_to
):
    """Both nodes with the topics that the launch file gives them."""
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
    listener.spin_until(lambda: disparities)
    (last,) = disparities[-1:]
    assert (last.image.height, last.image.width) == (48, 64)
    assert (last.f, last.t) == (pytest.approx(50), pytest.approx(0.25))
    # A calibration holds for images as they are.
    assert listener.diagnostics()[2]['alignment'] == 'off'
    assert listener.set_parameters(align='on').successful
    player.wait_for('set align to off')
    assert listener.set_parameters(rate=5.0).successful
    assert player.count('set align to off') == 1


def test_uncalibrated_images_are_lined_up_and_put_in_order(tmp_path, play, listen_to):
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


def test_nothing_waits_for_subscribers_if_told_so(files, play):
    player = play(source=files / 'both.avi', rate=5.0, wait_for_subscribers=0.0)
    assert player.exit_code() == 0
    assert summary(player) == (6, 0)
    assert not player.count('Waiting')


def test_plays_without_subscribers_after_waiting_and_says_so(files, play):
    player = play(source=files / 'both.avi', wait_for_subscribers=0.2)
    assert player.exit_code() == 0
    topics = (f'{player.namespace}/{side}/image_raw' for side in ('left', 'right'))
    assert player.count(f'nobody subscribes to {" or ".join(topics)}') == 1


def test_late_player_drops_frames_and_tells(tmp_path, play, listen_to):
    video = write_video(tmp_path / 'large.avi', frames=150, size=(480, 1280))
    player = play(source=video, rate=1000.0, loop=True, wait_for_subscribers=TIMEOUT)
    listener = listen_to(player).subscribe()
    listener.wait_for_pairs(1)
    level, message, values = listener.diagnostics()
    assert level == b'\1' and 'came too late and were dropped: lower rate' in message
    assert int(values['frames dropped']) >= 10
    assert listener.set_parameters(loop=False).successful
    assert player.exit_code() == 0
    assert player.count('frames came too late and were dropped') >= 1
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
        ({'source': 'both.avi', 'rate': -1.0}, 'rate out of range'),
        ({'source': 'both.avi', 'rate': 'fast'}, "parameter 'rate'"),
        (
            {'source': 'both.avi', 'start_time': 9.0},
            'start_time cannot be used: 9 s is beyond the end of',
        ),
        ({'source': 'both.avi', 'resize': 'big'}, 'resize "big" is neither HEIGHTxWIDTH'),
        ({'source': 'both.avi', 'camera_info_left': 'a.yaml'}, 'camera_info_right is not'),
        (
            {'source': 'both.avi', 'camera_info_left': 'a.yaml', 'camera_info_right': 'b.yaml'},
            'a.yaml: cannot be read',
        ),
    ],
)
def test_what_cannot_be_played_ends_with_one_line_and_code_1(files, play, parameters, message):
    if 'source' in parameters:
        parameters = dict(parameters, source=files / parameters['source'])
    player = play(**parameters)
    assert player.exit_code() == 1
    (line,) = player.log
    assert message in line and 'FATAL' in line


def test_video_that_ends_early_is_told_in_the_log_of_the_node(files, play):
    video = files / 'both.avi'
    data = video.read_bytes()
    start_of_frames = data.find(b'movi')
    video.write_bytes(data[: start_of_frames + (len(data) - start_of_frames) // 2])
    player = play(source=video, wait_for_subscribers=0.0)
    assert player.exit_code() == 0
    assert 'WARN' in player.wait_for('of the 6 frames')


def test_file_that_goes_away_while_it_is_played_ends_with_one_line_and_code_1(
    files, play, listen_to
):
    player = play(source=files / 'both.avi', loop=True)
    listen_to(player).subscribe().wait_for_pairs(1)
    (files / 'both.avi').unlink()
    assert player.exit_code() == 1
    assert 'FATAL' in player.log[-1] and 'both.avi does not exist any more' in player.log[-1]


@pytest.mark.parametrize(
    ('moment', 'told'),
    [('Waiting', []), ('Playing', ['Stopped .*: 1 pair.* published, 0 dropped'])],
)
def test_interrupt_ends_with_code_0_and_what_was_done(files, play, moment, told):
    wait = TIMEOUT if moment == 'Waiting' else 0.0
    player = play(source=files / 'both.avi', rate=0.001, wait_for_subscribers=wait, align='off')
    player.wait_for(moment)
    time.sleep(0.5)  # for the first frame
    player.send(signal.SIGINT)
    assert player.exit_code() == 0
    first, *rest = player.log
    assert moment in first
    assert len(rest) == len(told)
    assert all(re.search(text, line) for text, line in zip(told, rest, strict=True))


def test_qos_of_one_topic_can_be_overridden(files, play, listen_to):
    override = 'qos_overrides./qos/left/image_raw.publisher.reliability'
    player = play(
        *('-p', f'{override}:=best_effort'),
        **{'source': files / 'both.avi', 'loop': True, 'wait_for_subscribers': 0.0},
        namespace='/qos',
    )
    listener = listen_to(player).subscribe()
    listener.spin_until(lambda: len(listener.right) >= 3)
    assert not listener.left  # a reliable subscription hears no publisher that is best effort


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
    listener.wait_for_pairs(1)  # how many of these large images arrive is up to the machine
    assert {(message.height, message.width) for message in listener.left} == {shape}
