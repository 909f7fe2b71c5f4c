# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What happens to good and bad pairs, over DDS."""

from itertools import pairwise
import os
import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

HEIGHT, WIDTH = 96, 128


def test_reports_unequal_sizes_and_loses_nothing_else(node, client, pair, image):
    client.publish_pair(pair[0], image(3, HEIGHT, WIDTH + 16))
    line = node.wait_for(
        f'{node.namespace}/left/image_rect and {node.namespace}/right/image_rect: '
    )
    assert '[WARN]' in line
    assert 'the left image is 96x128 and the right one 96x144' in line
    status = client.spin_until(
        lambda: client.status.get('pairs dropped: unusable images') == '1' and client.status
    )
    assert status['level'] == DiagnosticStatus.WARN
    assert 'right/image_rect' in status['message']
    client.disparity_of(*pair)
    assert client.status_with_pairs()['level'] == DiagnosticStatus.OK


def test_reports_an_unreadable_image_with_its_topic(node, client, pair):
    unreadable = Image(height=2, width=2, encoding='32FC1', step=8, data=bytes(16))
    client.publish_pair(unreadable, pair[1])
    node.wait_for(f'{node.namespace}/left/image_rect: encoding "32FC1"')
    client.disparity_of(*pair)


def test_without_temporal_each_frame_is_matched_alone(client, pair):
    first = client.disparity_of(*pair)
    assert client.disparity_of(*pair).image.data == first.image.data
    assert client.fresh_status()['started from'] == 'nothing'


# Each of the following tests has its own node, because it changes it.


def test_reports_a_failed_inference_and_the_next_one_works(
    start_depth, connect, failing_model_file, pair, image
):
    node = start_depth(model=failing_model_file, resolution='image')
    client = connect(node).listen()
    client.warm_up(*pair)
    client.publish_pair(image(1, 64, 96), image(2, 64, 96))
    text = f'Inference failed: InferenceError: model {failing_model_file} failed on cpu at'
    node.wait_for(text)
    status = client.fresh_status()
    assert status['level'] == DiagnosticStatus.ERROR
    assert text in status['message']
    assert status['pairs dropped: inference failed'] == '1'
    client.disparity_of(*pair)
    assert client.status_with_pairs()['level'] == DiagnosticStatus.OK


# The node as on a machine with `cores` cores.
ON_CORES = """
import os
os.sched_getaffinity = lambda _: set(range({cores}))
from crestereo_ros.nodes.depth.stereo_depth_node import main
"""


@pytest.mark.parametrize('cores', [2, 4], ids=['in turns', 'side by side'])
def test_results_stay_young_when_pairs_are_faster_than_inference(
    start_depth, connect, pair, cores, tmp_path, monkeypatch
):
    (tmp_path / 'on_cores.py').write_text(ON_CORES.format(cores=cores))
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    # Slow on any machine: many iterations, and four times the pixels of the images.
    node = start_depth(module='on_cores', iterations=32, resolution='192x256', refine='on')
    client = connect(node).listen()
    client.warm_up(*pair)
    published = {}
    while len(client.disparities) < 6:
        stamp = client.publish_pair(*pair)
        published[stamp] = time.monotonic()
        client.spin_for(0.005)
    client.spin_until(lambda: client.stamp_of(client.disparities[-1][1]) == stamp)

    arrivals = [(client.stamp_of(message), arrival) for arrival, message in client.disparities]
    assert [stamp for stamp, _ in arrivals] == sorted(stamp for stamp, _ in arrivals)
    # The node is always busy, so an inference takes as long as the time between two results. With
    # a queue, results would be as old as all inferences together.
    inference = max(later - earlier for (_, earlier), (_, later) in pairwise(arrivals))
    ages = [arrival - published[stamp] for stamp, arrival in arrivals]
    assert max(ages) < 3 * inference

    status = client.fresh_status()
    drops = {key: int(n) for key, n in status.items() if key.startswith('pairs dropped')}
    assert drops['pairs dropped: newer pair'] > 0
    assert int(status['pairs received']) == int(status['pairs processed']) + sum(drops.values())


def test_a_video_starts_from_the_frame_before_until_a_cut(start_depth, connect, image):
    client = connect(start_depth(temporal=True)).listen()
    views = [(image(seed), image(seed + 1)) for seed in (1, 3)]
    client.warm_up(*views[0])
    disparities = {}
    for number, start in (0, 'previous disparity'), (1, 'nothing: cut'), (1, 'previous disparity'):
        message = client.disparity_of(*views[number])
        assert client.fresh_status()['started from'] == start
        disparities[number, start] = bytes(message.image.data)
    for _ in range(5):  # enough of them to know the period of the camera
        client.disparity_of(*views[1])
    client.new_stamp()  # the stamp of a pair that gets lost
    for start in 'nothing: lost frames', 'previous disparity':
        client.disparity_of(*views[1])
        assert client.fresh_status()['started from'] == start
    # The report is true: a pair has another result if it starts from the previous frame.
    assert len(set(disparities.values())) == 3
