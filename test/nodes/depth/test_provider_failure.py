# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A provider that fails while the node runs, over DDS."""

import os
import resource

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402

# ONNX Runtime claims to use CUDA but uses its CPU provider, which fails while a file exists.
FAILING = """
from pathlib import Path
import onnxruntime
NAME = 'CUDAExecutionProvider'
FAIL = Path({fail!r})
real = onnxruntime.InferenceSession
class Session(real):
    def __init__(self, path, options=None, providers=(), **others):
        self.claimed = providers[0][0] == NAME
        super().__init__(path, options, providers=['CPUExecutionProvider'], **others)
    def get_providers(self):
        return [NAME] if self.claimed else super().get_providers()
    def run(self, *arguments):
        if self.claimed and FAIL.exists():
            raise RuntimeError('the device is gone')
        return super().run(*arguments)
onnxruntime.InferenceSession = Session
onnxruntime.get_available_providers = lambda: [NAME, 'CPUExecutionProvider']
from crestereo_ros.providers import session_runner
session_runner.NVIDIA = ()  # there is no memory of a GPU
from crestereo_ros.nodes.depth.stereo_depth_node import main
"""


@pytest.fixture
def fail(tmp_path, monkeypatch):
    """Write the module `failing`; its provider fails while the returned path exists."""
    (tmp_path / 'failing.py').write_text(FAILING.format(fail=str(tmp_path / 'fail')))
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'fail'


def test_the_next_best_provider_takes_over(start_depth, connect, pair, fail):
    node = start_depth(module='failing', provider='cuda')
    client = connect(node).listen()
    client.warm_up(*pair)
    assert client.fresh_status()['provider'] == 'cuda'
    fail.touch()
    client.publish_pair(*pair)
    line = node.wait_for('Provider cuda failed; cpu takes its place')
    assert '[ERROR]' in line and 'the device is gone' in line
    client.spin_until(lambda: client.fresh_status()['provider'] == 'cpu')
    client.disparity_of(*pair)
    status = client.fresh_status()
    assert status['level'] == DiagnosticStatus.WARN
    assert 'Provider cuda failed; cpu takes its place' in status['message']
    # The parameter keeps the requested provider, and other settings do not bring it back.
    assert client.get_parameters('provider') == ('cuda',)
    assert client.set_parameters(iterations=2).successful
    client.disparity_of(*pair)
    assert client.fresh_status()['provider'] == 'cpu'
    # Requesting the provider in use by name ends the warning.
    assert client.set_parameters(provider='cpu').successful
    client.disparity_of(*pair)
    assert client.status_with_pairs()['level'] == DiagnosticStatus.OK


def test_a_provider_that_fails_at_once_is_replaced_before_images_arrive(
    start_depth, connect, pair, fail
):
    fail.touch()
    node = start_depth(module='failing', provider='cuda')
    node.wait_for('Provider cuda failed; cpu takes its place')
    node.wait_for('runs on cpu')
    connect(node).listen().warm_up(*pair)


def test_the_node_ends_if_on_provider_failure_is_stop(start_depth, connect, pair, fail):
    node = start_depth(module='failing', provider='cuda', on_provider_failure='stop')
    client = connect(node).listen()
    client.warm_up(*pair)
    fail.touch()
    client.publish_pair(*pair)
    assert node.exit_code() == 1
    (fatal,) = [line for line in node.log if '[FATAL]' in line]
    assert 'failed on cuda at resolution' in fatal and 'the device is gone' in fatal
    assert node.count('Traceback') == 0


def test_the_provider_stays_if_the_next_best_fails_as_well(
    start_depth, connect, failing_model_file, pair, image, fail
):
    node = start_depth(
        module='failing', provider='cuda', model=failing_model_file, resolution='image'
    )
    client = connect(node).listen()
    client.warm_up(*pair)
    for seed in (1, 2):
        client.publish_pair(image(seed, 64, 96), image(seed, 64, 96))
        node.wait_for('Inference failed', seed)
        if seed == 1:
            node.wait_for('cannot be used; continuing with')
        client.spin_for(5.5 if seed == 1 else 0.0)  # warnings of one kind are 5 s apart
    client.disparity_of(*pair)
    assert client.fresh_status()['provider'] == 'cuda'
    assert node.count('takes its place') == 1


def test_too_little_memory_for_an_accepted_size(start_depth, connect, pair, image):
    node = start_depth(resolution='image')
    client = connect(node).listen()
    client.warm_up(*pair)
    with open(f'/proc/{node.pid}/statm') as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    unlimited = resource.prlimit(node.pid, resource.RLIMIT_AS)
    resource.prlimit(node.pid, resource.RLIMIT_AS, (used + 150 * 2**20, unlimited[1]))
    client.publish_pair(image(1, 960, 1280), image(2, 960, 1280))
    line = node.wait_for('Inference failed')
    assert 'too little memory for model' in line and 'choose a smaller one' in line
    client.disparity_of(*pair)  # still with little memory
    resource.prlimit(node.pid, resource.RLIMIT_AS, unlimited)
    client.disparity_of(image(1, 960, 1280), image(2, 960, 1280))
    assert node.count('takes its place') == 0
