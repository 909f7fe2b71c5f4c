# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Networks of any width with weights derived from the parameters' names, pairs, and bags."""

from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
import socket
from tempfile import TemporaryDirectory
import time
from uuid import uuid4
import zlib

import cv2
import numpy as np
import onnxruntime
import pytest

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.messages import calibrations
from crestereo_ros.messages.images import to_fields
from crestereo_ros.messages.video_packets import VIDEO_TYPES
from crestereo_ros.sources.bag_file import DEFINITIONS

METADATA = {'crestereo.name': 'small', 'crestereo.iterations': '2'}
TIMEOUT = 120  # s; only ever reached by a failure
REFERENCE = Path(__file__).parents[2] / 'shared' / 'crestereo' / 'reference_vectors.npz'

# The extra of setup.py that a module comes with.
EXTRAS = {
    'PIL': 'heif',
    'av': 'video',
    'importlinter': 'test',
    'matplotlib': 'plots',
    'mcap': 'bags',
    'mypy': 'test',
    'onnx': 'models',
    'pillow_heif': 'heif',
    'psutil': 'test',
    'rerun': 'rerun',
    'rosbags': 'bags',
    'safetensors': 'models',
    'skimage': 'compare',
    'spox': 'models',
    'yt_dlp': 'youtube',
    'zstandard': 'bags',
}


def missing_extra(error):
    """Return why a test cannot run, if that is an extra that is not installed; else empty."""
    while error is not None:
        module = (getattr(error, 'name', None) or '').partition('.')[0]
        if isinstance(error, ImportError) and module in EXTRAS:
            return f"needs the extra {EXTRAS[module]}: pip install '.[{EXTRAS[module]}]'"
        error = error.__cause__
    return ''


def skip(report, path, reason):
    report.outcome, report.longrepr = 'skipped', (str(path), 0, f'Skipped: {reason}')


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    """Skip a file of tests that imports an extra, as `colcon test` runs them without extras."""
    report = (yield).get_result()
    if report.failed and (reason := missing_extra(report.call.excinfo.value)):
        skip(report, collector.path, reason)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Skip a test that imports an extra while it runs, or a fixture of which does."""
    report = (yield).get_result()
    if report.failed and call.excinfo and (reason := missing_extra(call.excinfo.value)):
        skip(report, item.path, reason)


def pytest_collection_finish(session):
    """End at once with a line that says why if GPU tests are selected without a GPU."""
    if any(item.get_closest_marker('gpu') for item in session.items):
        from benchmarks.gpu import NO_GPU, why_no_gpu

        if reason := why_no_gpu():
            pytest.exit(reason, NO_GPU)


@pytest.fixture(scope='session')
def reference_vectors():
    """Load inputs and outputs of the official architecture with name-derived weights."""
    if not REFERENCE.exists():
        pytest.skip(f'{REFERENCE} is missing')
    return np.load(REFERENCE)


@pytest.fixture(scope='session')
def official_weights():
    """Return name-derived weights with the widths of the official network."""
    return name_derived(
        parameter_shapes(
            stem=(64, 96, 128), features=256, correlation=(256, 192), flow=(128, 64), head=256
        )
    )


@pytest.fixture(scope='session')
def small_weights():
    """Return name-derived weights of a small, fast network."""
    return name_derived(
        parameter_shapes(stem=(8, 8, 16), features=32, correlation=(16, 16), flow=(8, 8), head=16)
    )


@pytest.fixture(scope='session')
def trained_weights(small_weights):
    """Return name-derived weights with the parts that only our networks have."""
    shapes = {'row_search.log_scale': (1,)}
    for name, shape in {
        'row_search.project': (32, 32, 3, 3),
        'error_head.conv1': (16, 16, 3, 3),
        'error_head.conv2': (1, 16, 3, 3),
    }.items():
        shapes |= {f'{name}.weight': shape, f'{name}.bias': shape[:1]}
    return {**small_weights, **name_derived(shapes)}


def name_derived(shapes):
    """Derive weights from the names alone, like those of the reference vectors."""
    weights = {}
    for name, shape in shapes.items():
        noise = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
        if len(shape) > 1:
            weights[name] = noise * np.sqrt(2 / np.prod(shape[1:]))
        else:
            weights[name] = 1 + 0.1 * noise if name.endswith('weight') else 0.05 * noise
    return {name: weight.astype(np.float32) for name, weight in weights.items()}


def parameter_shapes(stem, features, correlation, flow, head):
    """Return the shapes of the parameters of a network with these widths, by name."""
    hidden = features // 2
    layers = {'fnet.conv1': (stem[0], 3, 7, 7), 'fnet.conv2': (features, stem[2], 1, 1)}
    for number, (before, after) in enumerate(zip((stem[0], *stem), stem, strict=False), start=1):
        for block, inputs in enumerate((before, after)):
            name = f'fnet.layer{number}.{block}'
            layers[f'{name}.conv1'] = (after, inputs, 3, 3)
            layers[f'{name}.conv2'] = (after, after, 3, 3)
            layers[f'{name}.downsample.0'] = (after, inputs, 1, 1)
    update = 'update_block'
    layers |= {
        f'{update}.encoder.convc1': (correlation[0], 36, 1, 1),
        f'{update}.encoder.convc2': (correlation[1], correlation[0], 3, 3),
        f'{update}.encoder.convf1': (flow[0], 2, 7, 7),
        f'{update}.encoder.convf2': (flow[1], flow[0], 3, 3),
        f'{update}.encoder.conv': (hidden - 2, correlation[1] + flow[1], 3, 3),
        f'{update}.flow_head.conv1': (head, hidden, 3, 3),
        f'{update}.flow_head.conv2': (2, head, 3, 3),
        f'{update}.mask.0': (head, hidden, 3, 3),
        f'{update}.mask.2': (144, head, 1, 1),
        'conv_offset_16': (18, features, 3, 3),
        'conv_offset_8': (18, features, 3, 3),
    }
    for gate in 'zrq':
        layers[f'{update}.gru.conv{gate}1'] = (hidden, 3 * hidden, 1, 5)
        layers[f'{update}.gru.conv{gate}2'] = (hidden, 3 * hidden, 5, 1)
    shapes = {}
    for name, shape in layers.items():
        shapes |= {f'{name}.weight': shape, f'{name}.bias': shape[:1]}
    for attention in 'self_att_fn.layers.0', 'cross_att_fn.layers.0':
        for name in 'q_proj', 'k_proj', 'v_proj', 'merge':
            shapes[f'{attention}.{name}.weight'] = (features, features)
        shapes[f'{attention}.mlp.0.weight'] = (2 * features, 2 * features)
        shapes[f'{attention}.mlp.2.weight'] = (features, 2 * features)
        for norm in 'norm1', 'norm2':
            shapes[f'{attention}.{norm}.weight'] = shapes[f'{attention}.{norm}.bias'] = (features,)
    return shapes


class BagWriter:
    """Writes a bag message by message; log times are 5 ms after the stamps unless given."""

    def __init__(self, writer):
        from rosbags.typesys import get_types_from_msg, get_typestore, Stores

        self._writer = writer
        self._store = get_typestore(Stores.ROS2_HUMBLE)
        for name, definition in DEFINITIONS.items():
            self._store.register(get_types_from_msg(definition, name))
        self._connections = {}

    def image(self, topic, stamp, array, encoding='bgr8', logged=None, **changes):
        """Write a sensor_msgs/Image, or a CompressedImage if the encoding is jpeg or png."""
        if encoding in ('jpeg', 'png'):
            data = cv2.imencode(f'.{encoding}', array)[1].reshape(-1)
            self._write(topic, 'CompressedImage', stamp, logged, format=encoding, data=data)
            return
        fields = to_fields(array, encoding) | changes
        self._write(topic, 'Image', stamp, logged, **fields)

    def camera_info(self, topic, stamp, calibration):
        """Write a sensor_msgs/CameraInfo."""
        roi = self._store.types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
        fields = calibrations.to_fields(calibration)
        self._write(topic, 'CameraInfo', stamp, None, **fields, roi=roi)

    def text(self, topic, stamp, text):
        """Write a std_msgs/String, which is not an image."""
        message = self._store.types['std_msgs/msg/String'](text)
        self._serialise(topic, message, stamp)

    def video(self, topic, stamp, data, codec, kind):
        """Write a packet of a video as a foxglove or ffmpeg message."""
        types = self._store.types
        time = types['builtin_interfaces/msg/Time'](*divmod(stamp, 10**9))
        data = np.frombuffer(data, np.uint8)
        if kind == 'foxglove':
            name = codec.replace('libx', 'h')
            message = types[VIDEO_TYPES[0]](time, 'camera', data, name)
        else:
            header = types['std_msgs/msg/Header'](time, 'camera')
            message = types[VIDEO_TYPES[1]](header, 0, 0, codec, 0, 0, False, data)
        self._serialise(topic, message, stamp)

    def _write(self, topic, kind, stamp, logged, **fields):
        types = self._store.types
        time = types['builtin_interfaces/msg/Time'](*divmod(stamp, 10**9))
        header = types['std_msgs/msg/Header'](time, 'camera')
        message = types[f'sensor_msgs/msg/{kind}'](header=header, **fields)
        self._serialise(topic, message, stamp + 5_000_000 if logged is None else logged)

    def _serialise(self, topic, message, logged):
        kind = message.__msgtype__
        if topic not in self._connections:
            connection = self._writer.add_connection(topic, kind, typestore=self._store)
            self._connections[topic] = connection
        data = self._store.serialize_cdr(message, kind)
        self._writer.write(self._connections[topic], logged, data)


@pytest.fixture(scope='session')
def write_bag():
    """Return a context manager that writes a bag with a `BagWriter`."""
    from rosbags import rosbag2

    @contextmanager
    def write(path, storage='mcap'):
        plugin = rosbag2.StoragePlugin[storage.upper()]
        with rosbag2.Writer(path, version=8, storage_plugin=plugin) as writer:
            yield BagWriter(writer)

    return write


@pytest.fixture(scope='session')
def write_model(tmp_path_factory):
    """Return a function that writes a run-time-sized file of weights."""

    def write_model(weights, metadata=METADATA, sign_flips=False, **options):
        import onnx

        from crestereo_ros.network import build_model

        path = tmp_path_factory.mktemp('models') / 'small.onnx'
        model = build_model(weights, sign_flips=sign_flips, metadata=metadata, **options)
        onnx.save(model, path)
        return path

    return write_model


@pytest.fixture(scope='session')
def small_model(small_weights, write_model):
    """Path of a small run-time-sized file."""
    return write_model(small_weights)


@pytest.fixture(scope='session')
def zoo_model(small_weights, tmp_path_factory):
    """Return a function that builds a zoo file once and returns its path."""
    import onnx

    from training.zoo_model import build_zoo_model

    directory = tmp_path_factory.mktemp('zoo')

    def zoo_model(kind, height, width, iterations=2):
        path = directory / f'crestereo_{kind}_iter{iterations}_{height}x{width}.onnx'
        if not path.exists():
            model = build_zoo_model(
                small_weights,
                kind=kind,
                height=height,
                width=width,
                iterations=iterations,
                sign_flips=False,
            )
            onnx.save(model, path)
        return path

    return zoo_model


@pytest.fixture(scope='session')
def make_pair():
    """Return a function that makes a pair of smooth noise with a disparity of three pixels."""

    def make_pair(height, width, seed=0):
        noise = np.random.default_rng(seed).uniform(0, 255, (height, width + 3, 3))
        scene = cv2.GaussianBlur(noise, (0, 0), 1.5)
        scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
        return scene[:, :-3].copy(), scene[:, 3:].copy()

    return make_pair


@pytest.fixture(scope='session')
def make_verged_pair():
    """
    Make a pair of two planes by cameras one of which may be turned, with what is true of it.

    The disparity of what is infinitely far is `offset`, that of the planes 4 and 9 px more.

    :returns: left and right image, calibration, and the true depth of each pixel
    """

    def make_verged_pair(offset=0.0):
        height, width, margin = 120, 240, 100
        noise = np.random.default_rng(3).uniform(0, 255, (height, width + 2 * margin, 3))
        scene = cv2.GaussianBlur(noise, (0, 0), 1.2)
        scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
        shift = np.repeat([4.0, 9.0], height // 2)[:, None] + np.zeros(width)
        rows, columns = np.indices((height, width), np.float32)
        seen = (columns + margin + shift + offset).astype(np.float32)
        right = cv2.remap(scene, seen, rows, cv2.INTER_CUBIC)
        calibration = StereoCalibration.of_numbers(width, height, 200.0, 0.1, doffs=-offset)
        return scene[:, margin:-margin].copy(), right, calibration, 200.0 * 0.1 / shift

    return make_verged_pair


@pytest.fixture
def pretend_provider(monkeypatch):
    """
    Return a function that makes ONNX Runtime claim a provider but use its CPU provider.

    No machine has all providers, so this replaces the session of ONNX Runtime.
    """
    import onnxruntime

    from crestereo_ros.providers import session_runner

    claims = {
        'cuda': 'CUDAExecutionProvider',
        'openvino': 'OpenVINOExecutionProvider',
        'tensorrt': 'TensorrtExecutionProvider',
        'webgpu': 'WebGpuExecutionProvider',
    }
    real = onnxruntime.InferenceSession

    def pretend_provider(name, on_open=None, on_run=None):
        # CUDA runs what TensorRT cannot; both are in one package.
        claimed = [claims[x] for x in ((name, 'cuda') if name == 'tensorrt' else (name,))]

        class Session(real):
            """Runs on the CPU what is opened for the provider, or fails on request."""

            def __init__(self, path, options=None, providers=(), **others):
                self.asked = providers[0][0] if providers else ''
                if self.asked == claims[name] and on_open:
                    on_open()
                super().__init__(path, options, providers=['CPUExecutionProvider'], **others)

            def get_providers(self):
                return [self.asked] if self.asked in claimed else super().get_providers()

            def run(self, *arguments):
                if self.asked == claims[name] and on_run:
                    on_run()
                return super().run(*arguments)

        monkeypatch.setattr(onnxruntime, 'InferenceSession', Session)
        monkeypatch.setattr(session_runner, 'NVIDIA', ())  # there is no GPU memory
        monkeypatch.setattr(
            onnxruntime,
            'get_available_providers',
            lambda: [*claimed, 'CPUExecutionProvider'],
        )

    return pretend_provider


@pytest.fixture(scope='session')
def open_model():
    """Return a function that opens a built model on the CPU."""

    def open_model(model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=['CPUExecutionProvider']
        )

    return open_model


# The inputs and outputs of the public networks, written independently of their files in
# config/networks.
IMAGENET = {'low': [-2.1179, -2.0357, -1.8044], 'high': [2.2489, 2.4286, 2.64]}
INTERFACES = {
    'hitnet': {
        'inputs': ['input'],
        'colours': 'RGB',
        'high': 1,
        'outputs': {'reference_output_disparity': 'disparity'},
        'layout': 'NHWC',
    },
    'hitnet_eth3d': {
        'inputs': ['input'],
        'colours': 'G',
        'high': 1,
        'outputs': {'reference_output_disparity': 'disparity'},
        'layout': 'NHWC',
    },
    'tiny_hitnet': {'outputs': {'disp': 'disparity'}, 'high': 1},
    'raft_stereo': {'inputs': ['x1', 'x2'], 'outputs': {'output': 'negative'}},
    'rt_igev': {'inputs': ['image1', 'image2'], 'outputs': {'2310': 'disparity'}},
    'coex': {'inputs': ['imgL', 'imgR'], 'outputs': {'1603': 'disparity'}, 'layout': 'NHW'}
    | IMAGENET,
    'light_stereo': {'inputs': ['left_img', 'right_img'], 'outputs': {'disp_pred': 'disparity'}}
    | IMAGENET,
    'lite_any_stereo': {'outputs': {'disparity': 'disparity'}},
    's2m2': {
        'inputs': ['input_left', 'input_right'],
        'outputs': {
            'output_disp': 'disparity',
            'output_occ': 'sureness',
            'output_conf': 'sureness',
        },
        'dtype': np.uint8,
    },
    'foundation_stereo': {'outputs': {'disp': 'disparity'}},
    'foundation_stereo_tao': {
        'inputs': ['left_image', 'right_image'],
        'outputs': {'disparity': 'disparity'},
    }
    | IMAGENET,
    'rt_monster': {
        'inputs': ['left_image', 'right_image'],
        'outputs': {'disparity': 'disparity'},
    },
}
REACH = 12  # the number of disparities, from 0


def stereo_graph(
    path,
    inputs=('left', 'right'),
    outputs=None,
    colours='RGB',
    low=0,
    high=255,
    layout='NCHW',
    size=(64, 96),
    dtype=np.float32,
    input_layout='NCHW',
    share=1,
    start=False,
    iterations=None,
):
    """
    Save a network that compares red values, so it is right only if its input is as expected.

    Values are clipped to `low` to `high`. For each pixel, it sums the costs of REACH shifts over
    boxes, and computes the mean shift, weighted by how low its cost is.

    :param outputs: the kind of each output by name: disparity, negative, share (of the width),
        ones, nan, or sureness, which is 1 where the cost is low
    :param colours: G, RGB or BGR
    :param layout: layout of the outputs: NCHW, NHWC or NHW
    :param share: size of the output relative to the input
    :param iterations: type of an input for their number; each finds two disparities more
    :param start: whether it takes an earlier disparity, which it prefers where that is larger
    """
    import onnx
    from spox import argument, build, Tensor
    import spox.opset.ai.onnx.v17 as op

    height, width = size
    images = len(inputs)
    channels = len(colours) * (3 - images)
    shape = (channels, height, width) if input_layout == 'NCHW' else (height, width, channels)
    arguments = {name: argument(Tensor(dtype, (1, *shape))) for name in inputs}
    tensors = [op.cast(x, to=np.float32) for x in arguments.values()]
    earlier = argument(Tensor(np.float32, (1, 1, 'half height', 'half width')))
    if input_layout != 'NCHW':
        tensors = [op.transpose(x, perm=[0, 3, 1, 2]) for x in tensors]
    if images == 1:
        tensors = op.split(tensors[0], outputs_count=2, axis=1)
    red = max(colours.find('R'), 0)

    def constant(value):
        return op.const(np.asarray(value, np.float32))

    def part(tensor, axis, start, end):
        ends = [op.const(np.array([x], np.int64)) for x in (start, end, axis)]
        return op.slice(tensor, ends[0], ends[1], ends[2])

    low, high = (np.resize(x, len(colours))[red] for x in (low, high))
    planes = [part(x, 1, red, red + 1) for x in tensors]
    planes = [
        op.clip(op.div(op.sub(x, constant(low)), constant(high - low)), constant(0), constant(1))
        for x in planes
    ]
    left, right = planes
    costs = []
    for shift in range(REACH):
        pads = op.const(np.array([0, 0, 0, shift, 0, 0, 0, 0], np.int64))
        moved = part(op.pad(right, pads, constant(1)), 3, 0, -shift) if shift else right
        costs.append(op.abs(op.sub(left, moved)))
    cost = op.average_pool(
        op.concat(costs, axis=1), kernel_shape=[5, 5], pads=[2, 2, 2, 2], count_include_pad=1
    )
    weights = op.softmax(op.mul(cost, constant(-100)), axis=1)
    shifts = constant(np.arange(REACH).reshape(1, -1, 1, 1))
    disparity = op.reduce_sum(op.mul(weights, shifts), op.const(np.array([1])), keepdims=1)
    if iterations:
        count = arguments['iterations'] = argument(Tensor(iterations, ()))
        disparity = op.min([disparity, op.mul(op.cast(count, to=np.float32), constant(2))])
    if start:
        arguments['start'] = earlier
        sign = -1 if 'negative' in (outputs or {}).values() else 1
        larger = op.mul(op.resize(earlier, scales=constant([1, 1, 2, 2])), constant(2 * sign))
        disparity = op.max([disparity, larger])
    lowest = op.reduce_min(cost, axes=[1], keepdims=1)
    given = {
        'disparity': disparity,
        'negative': op.neg(disparity),
        'share': op.div(disparity, constant(width)) if width != 'w' else disparity,
        'ones': op.add(op.mul(disparity, constant(0)), constant(1)),
        'nan': op.log(op.sub(op.mul(disparity, constant(0)), constant(1))),
        'sureness': op.clip(
            op.sub(constant(1), op.mul(lowest, constant(8))), constant(0), constant(1)
        ),
    }
    results = {}
    for name, kind in (outputs or {'disparity': 'disparity'}).items():
        plane = given[kind]
        if share != 1:
            step = round(1 / share)
            plane = op.average_pool(plane, kernel_shape=[step, step], strides=[step, step])
        if layout != 'NCHW':
            plane = op.squeeze(plane, op.const(np.array([1])))
        if layout == 'NHWC':
            plane = op.unsqueeze(plane, op.const(np.array([3])))
        results[name] = plane
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(build(arguments, results), path)
    return path


@pytest.fixture(scope='session')
def make_network(tmp_path_factory):
    """Return a function that saves a network with the interface of a public one, or another."""
    folder = tmp_path_factory.mktemp('networks')

    def make_network(interface='', **changes):
        name = '_'.join([interface or 'plain', *(f'{x}{y}' for x, y in sorted(changes.items()))])
        path = folder / str(zlib.crc32(name.encode())) / f'{interface or "plain"}.onnx'
        if not path.exists():
            stereo_graph(path, **{**INTERFACES.get(interface, {}), **changes})
        return path

    return make_network


@pytest.fixture(scope='session')
def red_pair():
    """
    Return a pair and its true disparity, which only the red values show.

    The other colours are noise, and red is bright on average.
    """
    height, width = 64, 96
    rng = np.random.default_rng(4)
    truth = np.empty((height, width), np.float32)
    truth[:32], truth[32:] = 3, 8
    texture = cv2.GaussianBlur(rng.uniform(0, 255, (height, width + 16)), (0, 0), 0.8)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    left, right = (rng.uniform(0, 255, (height, width, 3)) for _ in range(2))
    for row in range(height):
        shift = int(truth[row, 0])
        left[row, :, 2], right[row, :, 2] = texture[row, :width], texture[row, shift:][:width]
    # Here the match would be outside the right image.
    truth[:, :9] = np.nan
    return left.astype(np.uint8), right.astype(np.uint8), truth


class RayCluster:
    """Nodes of Ray on this machine, each with an address of loopback of its own."""

    def __init__(self):
        from ray.cluster_utils import Cluster

        self._cluster, self._count = Cluster(), 1
        with socket.create_server(('127.0.0.2', 0)) as server:
            self._client_address = server.getsockname()
        self.add_node(ray_client_server_port=self._client_address[1], include_dashboard=False)
        self.address = self._cluster.address

    @cached_property
    def client_address(self):
        """The address for others than nodes, once the cluster listens: that takes a while."""
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                socket.create_connection(self._client_address).close()
                return 'ray://{}:{}'.format(*self._client_address)
            except ConnectionRefusedError:
                assert time.monotonic() < end, 'the cluster serves no clients'
                time.sleep(0.2)

    def add_node(self, **options):
        """Start a node, with one core if options say nothing else."""
        self._count += 1
        return self._cluster.add_node(node_ip_address=f'127.0.0.{self._count}', **options)

    def remove_node(self, node, **options):
        """End a node; allow_graceful=False: kill it."""
        self._cluster.remove_node(node, **options)

    def shutdown(self):
        """End all nodes."""
        self._cluster.shutdown()


@pytest.fixture(scope='session')
def ray_cluster(s3_server):
    """Start a cluster of two nodes with a core each, which this process and its children find."""
    pytest.importorskip('ray')
    # Not in a folder of pytest: the paths of sockets in it have at most 107 characters.
    with TemporaryDirectory(prefix='ray') as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv('RAY_TMPDIR', folder)
        patch.setenv('RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S', str(TIMEOUT))
        patch.setenv('PYTHONPATH', str(Path(__file__).parent / 'batch'))
        cluster = RayCluster()
        cluster.add_node()
        yield cluster
        cluster.shutdown()


@pytest.fixture
def wait_for():
    """Return a function that waits until another returns something true, and returns that."""

    def wait(condition):
        end = time.monotonic() + TIMEOUT
        while not (value := condition()):
            assert time.monotonic() < end, 'nothing came'
            time.sleep(0.02)
        return value

    return wait


@pytest.fixture(scope='session')
def s3_server():
    """Start an S3 server on loopback, which this process and its children use."""
    moto_server = pytest.importorskip('moto.server')
    server = moto_server.ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            'AWS_ENDPOINT_URL': 'http://{}:{}'.format(*server.get_host_and_port()),
            'AWS_ACCESS_KEY_ID': 'testing',
            'AWS_SECRET_ACCESS_KEY': 'testing',
            'AWS_DEFAULT_REGION': 'us-east-1',
            'AWS_EC2_METADATA_DISABLED': 'true',
        }.items():
            patch.setenv(name, value)
        yield
    server.stop()


@pytest.fixture
def bucket(s3_server):
    """Return the address of an empty bucket."""
    import s3fs

    name = f's3://bucket-{uuid4().hex}'
    s3fs.S3FileSystem().mkdir(name)
    return name
