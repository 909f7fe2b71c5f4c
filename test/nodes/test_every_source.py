# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Every kind of source that docs/sources.md lists, played into the depth node.

The player and the depth node are processes that talk over DDS. The disparities that arrive here
are compared with the true ones of the scene. Video files act as cameras, and a page on loopback
acts as YouTube.
"""

from importlib.util import find_spec
import signal

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from sensor_msgs.msg import Image  # noqa: E402

HEIGHT, WIDTH = 192, 256  # of a view
DISPARITY = 12  # pixels, the same everywhere
TOLERANCE = 1.0  # pixels; left and right exchanged are off by ten and more
FRAMES = 50
RATE = 10.0  # Hz
NEEDS_ROSBAGS = pytest.mark.skipif(find_spec('rosbags') is None, reason='needs the extra bags')
NEEDS_YT_DLP = pytest.mark.skipif(find_spec('yt_dlp') is None, reason='needs the extra youtube')


def smooth_pair():
    """Make smooth noise, and the same noise seen from further right."""
    noise = np.random.default_rng(0).uniform(0, 255, (HEIGHT, WIDTH + DISPARITY, 3))
    scene = cv2.GaussianBlur(noise, (0, 0), 2.5)
    scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    return scene[:, :-DISPARITY], scene[:, DISPARITY:]


def write_video(path, image):
    height, width, _ = image.shape
    code = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), code, RATE, (width, height))
    assert writer.isOpened()
    for _ in range(FRAMES):
        writer.write(image)
    writer.release()


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Write the same pair as every kind of file, and return their folder."""
    folder = tmp_path_factory.mktemp('sources')
    left, right = smooth_pair()
    for side, image in (('left', left), ('right', right)):
        (folder / side).mkdir()
        for path in (f'{side}.png', f'{side}/1.png', f'{side}/2.png'):
            assert cv2.imwrite(str(folder / path), image)
        write_video(folder / f'{side}.avi', image)
    beside, above = np.hstack([left, right]), np.vstack([left, right])
    write_video(folder / 'side_by_side.avi', beside)
    write_video(folder / 'over_under.avi', above)
    for name, image in (('side_by_side_half', beside), ('over_under_half', above)):
        half = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        write_video(folder / f'{name}.avi', half)
    page = '<html><body><video src="side_by_side.avi"></video></body></html>'
    (folder / 'page.html').write_text(page)
    return folder


@pytest.fixture(scope='module')
def bag(files, write_bag):
    """Write the same pair as a bag."""
    with write_bag(files / 'bag') as bag:
        for number in range(FRAMES):
            for side in ('left', 'right'):
                image = cv2.imread(str(files / f'{side}.png'))
                bag.image(f'/{side}/image_rect', round(number * 1e9 / RATE), image)


@pytest.fixture(scope='module')
def web(files, serve):
    return serve(files)


@pytest.fixture(scope='module')
def client(start_node, connect):
    """Start the depth node that all sources are played into, with the included network."""
    node = start_node(
        'crestereo_ros.nodes.depth.stereo_depth_node',
        **{'provider': 'cpu', 'threads': 1, 'iterations': 2, 'resolution': '96x128'},
    )
    client = connect(node).listen()
    client.images = {'left': [], 'right': []}
    for side, messages in client.images.items():
        client.subscribe(Image, f'{side}/image_rect', messages)
    node.wait_for('runs on cpu')
    return client


@pytest.mark.parametrize(
    ('source', 'source_right', 'source_type'),
    [
        pytest.param('{files}/left.png', '{files}/right.png', 'auto', id='images'),
        pytest.param('{web}/left.png', '{web}/right.png', 'auto', id='web-images'),
        pytest.param('{files}/left', '{files}/right', 'auto', id='folders'),
        pytest.param('{files}/left/*.png', '{files}/right/?.png', 'auto', id='patterns'),
        pytest.param('{files}/left.avi', '{files}/right.avi', 'auto', id='videos'),
        pytest.param('{files}/side_by_side.avi', '', 'auto', id='side-by-side'),
        pytest.param('{files}/side_by_side_half.avi', '', 'side_by_side_half', id='sbs-half'),
        pytest.param('{files}/over_under.avi', '', 'auto', id='over-under'),
        pytest.param('{files}/over_under_half.avi', '', 'over_under_half', id='ou-half'),
        pytest.param('{web}/side_by_side.avi', '', 'auto', id='web-video'),
        pytest.param('{web}/left.avi', '{web}/right.avi', 'auto', id='web-videos'),
        pytest.param('{web}/page.html', '', 'side_by_side', id='page', marks=NEEDS_YT_DLP),
        pytest.param('{files}/over_under.avi', '', 'camera', id='camera'),
        pytest.param('{files}/left.avi', '{files}/right.avi', 'camera', id='cameras'),
        pytest.param('{files}/bag', '', 'auto', id='bag', marks=NEEDS_ROSBAGS),
    ],
)
def test_true_disparities_arrive(
    client, files, web, start_node, request, source, source_right, source_type
):
    name = request.node.callspec.id
    if name == 'bag':
        request.getfixturevalue('bag')
    sides = {'source': source, 'source_right': source_right}
    sides = {key: text.format(files=files, web=web) for key, text in sides.items() if text}
    player = start_node(
        'crestereo_ros.nodes.player.stereo_player_node',
        *('-r', 'left/image_raw:=left/image_rect', '-r', 'right/image_raw:=right/image_rect'),
        namespace=client.node.get_namespace(),
        source_type=source_type,
        rate=RATE,
        loop=True,
        frame_id=name,
        **sides,
    )

    def arrived():
        # This process may miss the first frame although the depth node received it.
        played = [headers(messages) for messages in client.images.values()]
        for _, message in client.disparities:
            if message.header.frame_id == name and all(message.header in side for side in played):
                return message

    client.spin_until(lambda: arrived() or player.has_ended())
    message = arrived()
    assert message, player.log
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    disparity = np.frombuffer(message.image.data, np.float32)
    assert np.median(disparity) == pytest.approx(DISPARITY, abs=TOLERANCE)

    player.send(signal.SIGINT)
    assert player.exit_code() == 0
    slow = 'frames were late and dropped'  # as a busy machine does
    assert not [line for line in player.log if 'INFO' not in line and slow not in line]


@pytest.fixture(scope='module')
def bad_files(files):
    """Write files that cannot be played, beside those that can."""
    (files / 'text.avi').write_text('Dear reader\n' * 100)
    (files / 'page_without_video.html').write_text('<html><body>Hello</body></html>')
    (files / 'cut.png').write_bytes((files / 'left.png').read_bytes()[:5000])
    write_video(files / 'small.avi', np.zeros((HEIGHT // 2, WIDTH // 2, 3), np.uint8))
    return files


@pytest.mark.parametrize(
    ('source', 'source_right', 'message'),
    [
        ('camera:97', '', 'camera:97 cannot be opened as a camera: it is not there'),
        ('/dev/video97', 'camera:98', '/dev/video97 cannot be opened as a camera'),
        ('{files}/left.png', '{files}/cut.png', 'cut.png cannot be decoded'),
        ('{files}/left.avi', '{files}/small.avi', 'small.avi is 128x96'),
        ('{web}/text.avi', '', 'text.avi is neither an image nor a video'),
        ('{web}/nowhere.avi', '', 'nowhere.avi answers 404'),
        pytest.param(
            '{web}/page_without_video.html', '', 'no video on this page', marks=NEEDS_YT_DLP
        ),
    ],
)
def test_a_bad_source_ends_with_one_line_and_code_1(
    bad_files, web, start_node, source, source_right, message
):
    sides = {'source': source, 'source_right': source_right}
    sides = {key: text.format(files=bad_files, web=web) for key, text in sides.items() if text}
    player = start_node('crestereo_ros.nodes.player.stereo_player_node', **sides)
    assert player.exit_code() == 1
    (line,) = player.log
    assert 'FATAL' in line and message in line


def headers(messages) -> list:
    return [message.header for _, message in messages]
