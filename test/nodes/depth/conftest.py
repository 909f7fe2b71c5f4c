# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A depth node for small images, and results without a matcher."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

try:
    import rclpy  # noqa: F401
    from std_msgs.msg import Header

    from crestereo_ros.calibration import CameraCalibration, StereoCalibration
    from crestereo_ros.matching import Match
    from crestereo_ros.nodes.depth.output_settings import OutputSettings
    from crestereo_ros.nodes.depth.publication import Publication
    from crestereo_ros.parameters import DEPTH_PARAMETERS
    from crestereo_ros.pipeline import DepthResult, DepthSettings, RectifiedPair
    from crestereo_ros.validity import Checks
except ImportError:
    pass  # the tests skip themselves

MODULE = 'crestereo_ros.nodes.depth.stereo_depth_node'
HEIGHT, WIDTH = 96, 128
MASKS = 'mask_out_of_view', 'mask_occluded', 'mask_flying_pixels', 'mask_textureless'


@pytest.fixture(scope='session')
def image():
    """Return a function that makes an image of noise."""

    def image(seed: int, height: int = HEIGHT, width: int = WIDTH):
        return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)

    return image


@pytest.fixture(scope='session')
def pair(image):
    """Make a pair of images, six pixels apart."""
    wide = image(1, HEIGHT, WIDTH + 6)
    return wide[:, :WIDTH].copy(), wide[:, 6:].copy()


@pytest.fixture(scope='session')
def shifted_pair():
    """Return a function that makes a 240x320 pair whose views are `rows` rows apart."""
    noise = np.random.default_rng(1).integers(0, 255, (70, 90, 3), np.uint8)
    large = cv2.resize(noise, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)

    def shifted_pair(rows: int):
        left, right = large[20:260, 20:340], large[20 - rows : 260 - rows, 12:332]
        return np.ascontiguousarray(left), np.ascontiguousarray(right)

    return shifted_pair


@pytest.fixture(scope='module')
def start_depth(start_node, model_file):
    """Return a function that starts a depth node with a small network."""

    def start(*arguments, module: str = MODULE, **parameters):
        quick = {'model': model_file, 'provider': 'cpu', 'threads': 1, 'iterations': 1}
        # The checks would reject almost every pixel of an untrained network.
        quick |= dict.fromkeys(MASKS, False)
        return start_node(module, *arguments, **{**quick, **parameters})

    return start


@pytest.fixture(scope='module')
def node(start_depth):
    """Start the node that most tests of a module share."""
    return start_depth()


@pytest.fixture(scope='module')
def client(node, connect, pair):
    """Connect a client that subscribes to everything and has received a first result."""
    client = connect(node).listen()
    client.warm_up(*pair)
    return client


@pytest.fixture
def failing_model_file(model_file, tmp_path):
    """Write a model that accepts every size, but fails at run time at 64x96."""
    import onnx

    model = onnx.load(model_file)
    name = model.graph.output[0].name
    for node in model.graph.node:
        node.output[:] = ['of any size' if x == name else x for x in node.output]
    rows = onnx.numpy_helper.from_array(np.array([-1, 2048]), 'rows')
    model.graph.initializer.append(rows)
    for kind, inputs, output in (
        ('Shape', ['of any size'], 'shape'),
        ('Reshape', ['of any size', 'rows'], 'in rows'),  # fails where the size is not a multiple
        ('Reshape', ['in rows', 'shape'], name),
    ):
        model.graph.node.append(onnx.helper.make_node(kind, inputs, [output]))
    onnx.save(model, tmp_path / 'failing.onnx')
    return tmp_path / 'failing.onnx'


@pytest.fixture(scope='session')
def calibration_of():
    """Return a function that makes the calibration of a rectified pair of 640x480 images."""

    def camera(fx, cx, tx):
        p = np.array([[fx, 0, cx, tx], [0, fx, 240, 0], [0, 0, 1, 0]], float)
        return CameraCalibration(
            width=640,
            height=480,
            distortion_model='plumb_bob',
            d=np.zeros(5),
            k=p[:, :3],
            r=np.eye(3),
            p=p,
        )

    def calibration_of(fx, baseline, cx_left=320.0, cx_right=320.0):
        return StereoCalibration(camera(fx, cx_left, 0), camera(fx, cx_right, -fx * baseline))

    return calibration_of


@pytest.fixture(scope='session')
def result_of():
    """Return a function that makes the publication of a disparity, with default parameters."""

    def result_of(
        disparity,
        color_range=(0.0, 64.0),
        calibration=None,
        valid=None,
        left=None,
        confidence=None,
        **parameters,
    ):
        header = Header(frame_id='left_camera')
        header.stamp.sec = 7
        values = {**{x.name: x.default for x in DEPTH_PARAMETERS}, **parameters}
        no_checks = Checks(False, False, False, False)
        if valid is not None:
            disparity = np.where(valid, disparity, np.float32(np.nan))
        left = np.zeros((*disparity.shape, 3), np.uint8) if left is None else left
        result = DepthResult(
            RectifiedPair(left, left),
            Match(disparity, np.zeros_like(disparity), confidence, 4, (480, 640), 0.1, 'cpu'),
            replace(DepthSettings.of(values), checks=no_checks, color_range=color_range),
            calibration,
        )
        return Publication(header, result, OutputSettings.of(values))

    return result_of
