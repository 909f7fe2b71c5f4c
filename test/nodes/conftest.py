# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node in a separate process, and a client that talks to it over DDS."""

from collections import deque
from collections.abc import Callable
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.util import find_spec
import itertools
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from crestereo_ros.benchmarking.processes import unused_domain
from crestereo_ros.sources.bag_file import DEFINITIONS

try:
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
    from rcl_interfaces.srv import GetParameters, SetParametersAtomically
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.lifecycle import LifecycleNode
    from rclpy.parameter import Parameter, parameter_value_to_python
    from sensor_msgs.msg import CompressedImage, Image
    from std_msgs.msg import Header
    from std_srvs.srv import Trigger
    from stereo_msgs.msg import DisparityImage

    from crestereo_ros.nodes.image_messages import to_message
except ImportError:
    rclpy = None

ROOT = Path(__file__).parents[2]
TIMEOUT = 120.0  # seconds; only reached by a failure
OK_TIMEOUT = 30.0  # the same
LAST_SECONDS = 3  # that a node has to end by itself
# Messages and services that have no wheels.
INTERFACES = {
    **DEFINITIONS,
    'tf2_msgs/msg/TFMessage': 'geometry_msgs/TransformStamped[] transforms\n',
    'rosbag2_interfaces/srv/Seek': 'builtin_interfaces/Time time\n---\nbool success\n',
}
# What the console scripts do.
START = 'import sys; from crestereo_ros.nodes.programs import start; sys.exit(start("{module}"))'


@pytest.fixture(scope='session')
def ros_domain():
    """Return a domain that nothing else on this machine uses, and use it in this process too."""
    if rclpy is None:
        pytest.skip('needs ROS 2')
    domain = unused_domain()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_DOMAIN_ID', str(domain))
        patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        yield domain


@pytest.fixture(scope='session')
def model_file(small_weights, write_model):
    """Write a small, fast model whose disparities have a finite depth."""
    name = 'update_block.flow_head.conv2.bias'  # added to the disparity in each update
    weights = {**small_weights, name: small_weights[name] - np.array([0.8, 0], np.float32)}
    return write_model(weights, metadata={})


@pytest.fixture(scope='session')
def fixed_model_file(zoo_model):
    """Write a model that supports only 64x96 and 2 iterations."""
    return zoo_model('combined', 64, 96)


@pytest.fixture(scope='session')
def message_packages(ros_domain, tmp_path_factory):
    """Let this process and its nodes import packages without wheels; build those missing."""
    missing = {name: x for name, x in INTERFACES.items() if not find_spec(name.split('/')[0])}
    with pytest.MonkeyPatch.context() as patch:
        if missing:
            folder = tmp_path_factory.mktemp('messages')
            made = subprocess.run(
                [sys.executable, Path(__file__).with_name('message_packages.py'), folder],
                input=json.dumps(missing),
                capture_output=True,
                text=True,
            )
            if made.returncode == 3:
                pytest.skip(made.stdout.strip())
            assert made.returncode == 0, made.stderr
            patch.syspath_prepend(folder)
            patch.setenv('PYTHONPATH', os.pathsep.join([str(folder), *python_path()]))
        yield


@pytest.fixture(scope='session')
def video_messages(message_packages):
    """Return the video message types by transport."""
    return {
        package.split('_')[0]: getattr(import_module(f'{package}.msg'), name)
        for package, _, name in (x.split('/') for x in DEFINITIONS)
    }


@pytest.fixture
def make_node(ros_domain):
    """Return a function that makes a node in this process without spinning it."""
    context = rclpy.Context()
    rclpy.init(context=context)
    nodes = []

    def make(name: str, **arguments):
        nodes.append(LifecycleNode(name, context=context, **arguments))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    context.try_shutdown()


class NodeProcess:
    """A running node and what it logs."""

    def __init__(self, module: str, namespace: str, arguments: list[str]):
        self.namespace = namespace
        program = ['-c', START.format(module=module)]
        self._process = subprocess.Popen(
            [sys.executable, *program, '--ros-args', '-r', f'__ns:={namespace}', *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                'PYTHONPATH': os.pathsep.join([str(ROOT), *python_path()]),
                'PYTHONFAULTHANDLER': '1',
            },
        )
        self.log: list[str] = []
        self._log_ended = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process ID."""
        return self._process.pid

    def _read(self):
        for line in self._process.stderr:
            with self._news:
                self.log.append(line.rstrip('\n'))
                self._news.notify_all()
        with self._news:
            self._log_ended = True
            self._news.notify_all()

    def count(self, text: str) -> int:
        with self._news:
            return sum(text in line for line in self.log)

    def wait_for(self, text: str, times: int = 1) -> str:
        """Wait until a text was logged `times` times, and return its last line."""
        with self._news:
            found = self._news.wait_for(
                lambda: sum(text in line for line in self.log) >= times or self._log_ended,
                TIMEOUT,
            )
            lines = [line for line in self.log if text in line]
            assert found and len(lines) >= times, f'no "{text}" in {self.log}'
            return lines[-1]

    def has_loaded(self, library: str) -> bool:
        """Return whether the process has loaded a shared library."""
        return library in Path(f'/proc/{self._process.pid}/maps').read_text()

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def send(self, number: signal.Signals):
        self._process.send_signal(number)

    def exit_code(self) -> int:
        code = self._process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        print(*self.log, sep='\n')  # shown if the test fails
        return code

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._reader.join(TIMEOUT)
        self._process.stderr.close()

    def close(self):
        """Wait for the end after a signal; a process that is killed leaves its shared memory."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LAST_SECONDS)
        self.kill()


def python_path() -> list[str]:
    return [os.environ['PYTHONPATH']] if os.environ.get('PYTHONPATH') else []


@pytest.fixture(scope='module')
def start_node(ros_domain):
    """Return a function that starts a node with parameters, each in its own namespace."""
    numbers = itertools.count()
    nodes = []

    def start(module: str, *arguments: str, namespace: str = '', **parameters) -> NodeProcess:
        settings = []
        for name, value in parameters.items():
            text = f'"{value}"' if isinstance(value, str | Path) else str(value).lower()
            settings += ['-p', f'{name}:={text}']
        namespace = namespace or f'/test_{next(numbers)}'
        nodes.append(NodeProcess(module, namespace, [*settings, *arguments]))
        return nodes[-1]

    yield start
    for node in nodes:
        node.send(signal.SIGTERM)
    for node in nodes:
        node.close()


class NodeClient:
    """A node that talks to another one from the same namespace."""

    def __init__(self, process: NodeProcess, target: str):
        """
        Make the node.

        :param target: name of the node whose services are called
        """
        self._process, self._target = process, target
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self.node = rclpy.create_node('client', namespace=process.namespace, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)

    def close(self):
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()

    def spin_until(self, condition: Callable[[], object], timeout: float = TIMEOUT):
        """Spin until the condition holds, and return its value."""
        end = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < end, self._process.log
            self._executor.spin_once(0.02)
        return value

    def spin_for(self, seconds: float):
        end = time.monotonic() + seconds
        self.spin_until(lambda: time.monotonic() > end)

    def call(self, kind, name: str, request):
        """Call a service of the node and return its response."""
        client = self.node.create_client(kind, f'{self._target}/{name}')
        self.spin_until(client.service_is_ready)
        future = client.call_async(request)
        self.spin_until(future.done)
        self.node.destroy_client(client)
        return future.result()

    def set_parameters(self, **values):
        """Set parameters atomically and return the result."""
        parameters = [Parameter(name, value=value) for name, value in values.items()]
        request = SetParametersAtomically.Request(
            parameters=[parameter.to_parameter_msg() for parameter in parameters]
        )
        return self.call(SetParametersAtomically, 'set_parameters_atomically', request).result

    def get_parameters(self, *names):
        values = self.call(GetParameters, 'get_parameters', GetParameters.Request(names=names))
        return tuple(parameter_value_to_python(value) for value in values.values)


class PlayerClient(NodeClient):
    """Receives what a player publishes."""

    def __init__(self, process: NodeProcess):
        super().__init__(process, 'stereo_player')
        self.left, self.right = [], []

    def subscribe(self):
        for side, messages in (('left', self.left), ('right', self.right)):
            self.node.create_subscription(Image, f'{side}/image_raw', messages.append, 200)
        return self

    def collect(self, kind, topic: str) -> list:
        """Return a growing list of the messages on a topic."""
        messages = []
        self.node.create_subscription(kind, topic, messages.append, 200)
        return messages

    def diagnostics(self):
        """Wait for new diagnostics, and return level, message and values."""
        arrays = self.collect(DiagnosticArray, '/diagnostics')
        name = f'{self.node.get_namespace()[1:]}/{self._target}: player'

        def found():
            return [one for array in arrays for one in array.status if one.name == name]

        self.spin_until(lambda: len(found()) >= 2)  # the first may be an old one
        last = found()[-1]
        return last.level, last.message, {item.key: item.value for item in last.values}

    def trigger(self, service: str):
        """Call a Trigger service and return its response."""
        return self.call(Trigger, service, Trigger.Request())

    def wait_for_pairs(self, number: int):
        """Wait until `number` more pairs arrive."""
        left, right = len(self.left) + number, len(self.right) + number
        self.spin_until(lambda: len(self.left) >= left and len(self.right) >= right)


class DepthClient(NodeClient):
    """Publishes pairs to a depth node and receives its results."""

    def __init__(self, process: NodeProcess, image_topic: str = 'image_rect'):
        super().__init__(process, 'stereo_depth')
        self._image_topic = image_topic
        self._publishers = {}  # by topic
        self.status = {}
        self._status_stamp = 0
        self.disparities = deque()
        self.colors = deque()
        self._next_stamp = 1_700_000_000_000_000_000

    def spin_until(self, condition: Callable[[], object], timeout: float = TIMEOUT):
        """Spin until the condition holds, or fail once the depth node has ended."""

        def holds():
            assert not self._process.has_ended(), (self.status, self._process.log)
            return condition()

        return super().spin_until(holds, timeout)

    def subscribe(self, kind, topic, received):
        """Collect the messages of a topic as (monotonic seconds, message)."""
        return self.node.create_subscription(
            kind, topic, lambda message: received.append((time.monotonic(), message)), 100
        )

    def listen(self, disparity: bool = True):
        """Subscribe to the diagnostics, and to the disparity and its colours."""
        if disparity:
            self.subscribe(DisparityImage, 'disparity', self.disparities)
            self.subscribe(Image, 'disparity/image_color', self.colors)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        return self

    def _on_diagnostics(self, message):
        for status in message.status:
            if status.name.startswith(f'{self.node.get_namespace()[1:]}/{self._target}'):
                self._status_stamp = self.stamp_of(message)
                self.status = {item.key: item.value for item in status.values}
                self.status.update(
                    level=status.level, message=status.message, hardware_id=status.hardware_id
                )

    def publisher(self, kind, topic, qos=10):
        """Return a publisher that the node's subscription has connected to."""
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(kind, topic, qos)
        self.spin_until(self._publishers[topic].get_subscription_count)
        return self._publishers[topic]

    @staticmethod
    def stamp_of(message) -> int:
        return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec

    def new_stamp(self) -> int:
        self._next_stamp += 33_000_000
        return self._next_stamp

    def publish(self, side: str, image, stamp: int | None = None):
        """Publish an array or a message as one side's image, with a stamp."""
        if isinstance(image, np.ndarray):
            image = to_message(image, 'mono8' if image.ndim == 2 else 'bgr8')
        seconds, nanoseconds = divmod(self.new_stamp() if stamp is None else stamp, 10**9)
        image.header = Header(frame_id=f'{side}_camera')
        image.header.stamp.sec, image.header.stamp.nanosec = seconds, nanoseconds
        self.image_publisher(side, image).publish(image)

    def image_publisher(self, side: str, image):
        topic = f'{side}/{self._image_topic}'
        if isinstance(image, CompressedImage):
            return self.publisher(CompressedImage, f'{topic}/compressed')
        return self.publisher(Image, topic)

    def publish_pair(self, left, right) -> int:
        for side, image in ('left', left), ('right', right):
            self.image_publisher(side, image)  # connect both before the first is published
        self._latest_pair = left, right
        stamp = self.new_stamp()
        self.publish('left', left, stamp)
        self.publish('right', right, stamp)
        return stamp

    def disparity_of(self, left, right):
        """Publish a pair and wait for the disparity with its stamp."""
        stamp = self.publish_pair(left, right)
        return self.spin_until(lambda: self._of_stamp(self.disparities, stamp))

    def results_of(self, left, right, *topics):
        """
        Publish a pair; return its disparity and its message of each topic.

        :param topics: messages as `subscribe` collects them
        :returns: None if one did not arrive, as before a calibration has
        """
        disparity = self.disparity_of(left, right)
        self.spin_for(0.5)  # the other results come after it
        stamp = self.stamp_of(disparity)
        found = [disparity, *(self._of_stamp(messages, stamp) for messages in topics)]
        return found if all(found) else None

    def _of_stamp(self, messages, stamp):
        return next((m for _, m in messages if self.stamp_of(m) == stamp), None)

    def warm_up(self, left, right):
        """Publish pairs until all connections are made and the model is loaded."""
        while not (self.disparities and self.colors):
            self.publish_pair(left, right)
            self.spin_for(0.3)
        newest = self._next_stamp
        self.spin_until(lambda: self.stamp_of(self.disparities[-1][1]) == newest)
        self.spin_until(lambda: self.stamp_of(self.colors[-1][1]) == newest)
        self.disparities.clear()
        self.colors.clear()

    def fresh_status(self):
        """Wait for new diagnostics, and return them."""
        start = self.node.get_clock().now().nanoseconds  # many older ones may be waiting
        for _ in range(2):  # the first may describe the moment before
            self.status = {}
            self.spin_until(lambda: self.status and self._status_stamp >= start)
        return self.status

    def status_with_pairs(self):
        """
        Wait for diagnostics that are OK, and return them; if there are none, return the last ones.

        The latest pair is published again, since on a busy machine one alone is soon too old.
        """
        end = time.monotonic() + OK_TIMEOUT
        while (status := self.fresh_status())['level'] != DiagnosticStatus.OK:
            if time.monotonic() > end:
                break
            self.disparity_of(*self._latest_pair)
        return status


@pytest.fixture(scope='module')
def connect(ros_domain):
    """Return a function that makes a client for a depth node."""
    with closing_all(DepthClient) as make_client:
        yield make_client


@pytest.fixture
def listen_to(ros_domain):
    """Return a function that makes a client for a player."""
    with closing_all(PlayerClient) as make_client:
        yield make_client


@contextmanager
def closing_all(kind: type[NodeClient]):
    clients = []

    def make_client(process: NodeProcess, *arguments) -> NodeClient:
        clients.append(kind(process, *arguments))
        return clients[-1]

    yield make_client
    for client in clients:
        client.close()


@pytest.fixture(scope='module')
def serve():
    """Return a function that serves a folder on loopback and gives its address."""
    servers = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # a stopped player has closed its connection

    def start(directory: Path) -> str:
        server = Server(('127.0.0.1', 0), partial(Handler, directory=directory))
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        servers.append(server)
        return f'http://127.0.0.1:{server.server_port}'

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
