# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The refined disparity over DDS equals that from Python and from the command."""

from pathlib import Path
import subprocess
import sys

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.matching import StereoMatcher  # noqa: E402
from crestereo_ros.pipeline import DepthPipeline, DepthSettings, RectifiedPair  # noqa: E402

DATA = Path(__file__).parents[3] / 'demo' / 'data'
HEIGHT, WIDTH = 240, 320
MODEL = 'crestereo_fast'
MASKS = 'mask_out_of_view', 'mask_occluded', 'mask_flying_pixels', 'mask_textureless'


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Write the demo's pair at half its size."""
    folder = tmp_path_factory.mktemp('pair')
    paths = [folder / 'left.png', folder / 'right.png']
    for path in paths:
        image = cv2.imread(str(DATA / path.name))
        small = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(path), small)
    return paths


@pytest.fixture(scope='module')
def pair(files):
    """Read the files; the client warms up with this pair."""
    return tuple(cv2.imread(str(path)) for path in files)


@pytest.fixture(scope='module')
def node(start_depth):
    """Start a node with the defaults that affect the disparity."""
    return start_depth(model=MODEL, iterations=0, **dict.fromkeys(MASKS, True))


def published(client, pair):
    message = client.disparity_of(*pair)
    disparity = np.frombuffer(message.image.data, np.float32).reshape(HEIGHT, WIDTH)
    return np.where(disparity >= message.min_disparity, disparity, np.nan)


def result(pair, **settings):
    matcher = StereoMatcher(MODEL, 'cpu', threads=1)
    return DepthPipeline(matcher, DepthSettings(**settings)).process(RectifiedPair(*pair))


def test_by_default_the_node_publishes_the_values_of_python_and_the_command(
    client, pair, files, tmp_path
):
    expected = result(pair)
    assert expected.match.resolution == (HEIGHT // 2, WIDTH // 2)
    assert not np.array_equal(expected.refined.disparity, expected.match.disparity)
    found = published(client, pair)
    np.testing.assert_array_equal(np.isnan(found), ~expected.known)
    np.testing.assert_allclose(found, expected.disparity, atol=1e-3)

    out = tmp_path / 'disparity.npy'
    command = [
        *(sys.executable, '-m', 'crestereo_ros.commands.main', 'depth', *files),
        *('--model', MODEL, '--provider', 'cpu', '--threads', '1', '--align', 'off'),
        *('--resolution', 'fast', '--known-only', '--disparity', out),
    ]
    subprocess.run(list(map(str, command)), check=True)
    np.testing.assert_allclose(np.load(out), found, atol=1e-3)


def test_refine_changes_while_the_node_runs(client, pair):
    for refine in 'off', 'on':
        assert client.set_parameters(refine=refine).successful
        expected = result(pair, refine=refine)
        np.testing.assert_allclose(published(client, pair), expected.disparity, atol=1e-3)
    answer = client.set_parameters(refine='maybe')
    assert not answer.successful
    assert "refine 'maybe' is not one of auto, on, off" in answer.reason
    assert client.set_parameters(refine='auto').successful


def test_frames_without_texture_and_black_frames_are_published(client, pair):
    for level in 0, 200:
        bare = np.full_like(pair[0], level)
        for images in (bare, bare), (pair[0], bare), (bare, pair[1]):
            client.disparity_of(*images)


@pytest.mark.parametrize('shape', [(16, 16), (16, 200), (40, 17)])
def test_small_images_are_refined(client, shape):
    assert client.set_parameters(refine='on').successful
    noise = np.random.default_rng(0).integers(0, 255, (2, *shape, 3), np.uint8)
    message = client.disparity_of(*noise)
    assert (message.image.height, message.image.width) == shape
