# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player as its own process, heard over DDS by this one."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
import re
import signal
import threading
import time

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from rcl_interfaces.srv import GetParameters, SetParametersAtomically  # noqa: E402
import rclpy  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.parameter import Parameter, parameter_value_to_python  # noqa: E402
from rclpy.qos import QoSProfile, ReliabilityPolicy  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from crestereo_ros.nodes.image_messages import to_array  # noqa: E402

VIDEOS = Path(__file__).parents[2] / '../shared/samples/videos'
NEEDS_YT_DLP = pytest.mark.skipif(find_spec('yt_dlp') is None, reason='needs yt-dlp')
TIMEOUT = 60.0  # s; only ever reached by a failure
QOS = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)


@pytest.fixture
def play(start_node):
    """Return a function that starts a player with parameters."""
    return partial(start_node, 'crestereo_ros.nodes.stereo_player_node')


class Listener:
    """Receives what one player publishes, and calls its services."""

    def __init__(self, player):
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node(
            'listener', namespace=player.namespace, context=self._context
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.left, self.right = [], []

    def subscribe(self):
        for side, messages in (('left', self.left), ('right', self.right)):
            self._node.create_subscription(Image, f'{side}/image_raw', messages.append, QOS)
        return self

    def spin_until(self, condition):
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < end, (len(self.left), len(self.right))
            self._executor.spin_once(0.02)

    def wait_for_pairs(self, number):
        """Receive so many more pairs."""
        left, right = len(self.left) + number, len(self.right) + number
        self.spin_until(lambda: len(self.left) >= left and len(self.right) >= right)

    def _call(self, kind, service, request):
        client = self._node.create_client(kind, f'stereo_player/{service}')
        self.spin_until(client.service_is_ready)
        future = client.call_async(request)
        self.spin_until(future.done)
        return future.result()

    def set_parameters(self, **values):
        """Set parameters in one go and return the result."""
        parameters = [Parameter(name, value=value) for name, value in values.items()]
        request = SetParametersAtomically.Request(
            parameters=[parameter.to_parameter_msg() for parameter in parameters]
        )
        return self._call(SetParametersAtomically, 'set_parameters_atomically', request).result

    def get_parameters(self, *names):
        request = GetParameters.Request(names=names)
        values = self._call(GetParameters, 'get_parameters', request).values
        return [parameter_value_to_python(value) for value in values]

    def close(self):
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()


@pytest.fixture
def listen_to(ros_domain):
    """Return a function that makes a listener to a player."""
    listeners = []

    def listen(player):
        listeners.append(Listener(player))
        return listeners[-1]

    yield listen
    for listener in listeners:
        listener.close()


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


@pytest.fixture
def web(files):
    """Serve the files on loopback and return the address of their folder."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(('127.0.0.1', 0), partial(Handler, directory=files)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ('sources', 'source_type', 'shape', 'pairs'),
    [
        (['{files}/lefts', '{files}/rights'], 'auto', (48, 64), 3),
        (['{files}/tall.avi'], 'auto', (32, 48), 6),
        (['{files}/tall.avi'], 'over_under_half', (64, 48), 6),
        (['{web}/left.png', '{web}/right.png'], 'auto', (48, 64), 1),
        (['{web}/left.avi', '{files}/right.avi'], 'auto', (48, 64), 6),
        pytest.param(['{web}/page.html'], 'side_by_side', (48, 32), 6, marks=NEEDS_YT_DLP),
    ],
)
def test_every_kind_of_source_is_heard(
    files, web, play, listen_to, sources, source_type, shape, pairs
):
    for side, offset in (('lefts', 0), ('rights', 5)):
        (files / side).mkdir()
        for number in range(3):
            image = np.full((48, 64, 3), 20 * number + offset, np.uint8)
            assert cv2.imwrite(str(files / side / f'{number}.png'), image)
    write_video(files / 'tall.avi', size=(64, 48), axis=0)
    (files / 'page.html').write_text('<html><body><video src="both.avi"></video></body></html>')
    names = ('source', 'source_right')
    values = (source.format(files=files, web=web) for source in sources)
    player = play(
        **dict(zip(names, values, strict=False)),
        **{'source_type': source_type, 'rate': 5.0, 'wait_for_subscribers': TIMEOUT},
    )
    listener = listen_to(player).subscribe()
    assert player.exit_code() == 0
    assert summary(player) == (pairs, 0)
    listener.wait_for_pairs(pairs - len(listener.left))
    left, right = listener.left, listener.right
    assert {(message.height, message.width) for message in left + right} == {shape}
    assert np.subtract(brightness(right), brightness(left)) == pytest.approx(5, abs=2)
    assert brightness(left) == sorted(brightness(left))


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
        ('swap', 3, 'type'),
        ('source', 'other.png', 'read-only parameter: source'),
    ]:
        result = listener.set_parameters(**{name: value})
        assert not result.successful
        assert reason in result.reason
    # One wrong value refuses all that come with it.
    assert not listener.set_parameters(swap=True, rate=-1.0).successful
    assert listener.get_parameters('swap', 'rate') == [False, 0.0]
    listener.subscribe().wait_for_pairs(2)
    assert brightness(listener.left) == [100] * len(listener.left)


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
    player = play(source=video, rate=1000.0, wait_for_subscribers=TIMEOUT)
    listener = listen_to(player).subscribe()
    assert player.exit_code() == 0
    assert player.count('frames came too late and were dropped') >= 1
    published, dropped = summary(player)
    assert published + dropped == 150
    assert published >= 1 and dropped >= 10
    listener.wait_for_pairs(1)


@pytest.mark.parametrize(
    ('parameters', 'message'),
    [
        ({}, 'no source is given'),
        ({'source': 'missing.avi'}, 'missing.avi does not exist'),
        ({'source': 'left.png'}, 'left.png is one image'),
        ({'source': 'both.avi', 'source_type': 'flat'}, "no source_type 'flat'"),
        ({'source': 'both.avi', 'rate': -1.0}, 'rate out of range'),
        ({'source': 'both.avi', 'rate': 'fast'}, "parameter 'rate'"),
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
    player = play(source=files / 'both.avi', rate=0.001, wait_for_subscribers=wait)
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
