# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which images are rectified, and by what."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.calibration import Rectifier, StereoCalibration  # noqa: E402
from crestereo_ros.nodes.depth.calibration_input import NoDepth  # noqa: E402
from crestereo_ros.nodes.depth.pair_rectifier import PairRectifier  # noqa: E402
from crestereo_ros.pairing import Side  # noqa: E402

RAW = {side: f'/camera/{side.value}/image_raw' for side in Side}
RECTIFIED = {side: f'/camera/{side.value}/image_rect' for side in Side}


@pytest.fixture(scope='module')
def images():
    noise = np.random.default_rng(1).integers(0, 255, (2, 480, 640, 3), np.uint8)
    return dict(zip(Side, noise, strict=True))


@pytest.fixture(scope='module')
def distorted(calibration_of):
    """Return the calibration of raw images."""
    rectified = calibration_of(400, 0.1)
    d = np.array([-0.2, 0.05, 0.001, 0.001, 0])
    return StereoCalibration(*(replace(x, d=d) for x in (rectified.left, rectified.right)))


def same(left, right):
    return all(left[side] is right[side] for side in Side)


@pytest.mark.parametrize(('topics', 'mode'), [(RAW, 'auto'), (RAW, 'on'), (RECTIFIED, 'on')])
def test_images_are_rectified_by_their_calibration(images, distorted, topics, mode):
    results, rectification = PairRectifier().rectify(images, topics, distorted, mode)
    expected = Rectifier(distorted.left).rectify(images[Side.LEFT])
    np.testing.assert_array_equal(results[Side.LEFT], expected)
    assert not np.array_equal(results[Side.RIGHT], images[Side.RIGHT])
    both = f'{topics[Side.LEFT]} and {topics[Side.RIGHT]}'
    assert (rectification.state, rectification.obstacle) == (f'{both} by camera_info', '')


def test_borders_that_were_not_seen_are_told_of_the_camera_that_has_them(images, distorted):
    bent = replace(distorted.right, d=np.array([0.2, 0.05, 0, 0, 0]))
    _, plain = PairRectifier().rectify(images, RAW, distorted, 'on')
    calibration = StereoCalibration(distorted.left, bent)
    _, rectification = PairRectifier().rectify(images, RAW, calibration, 'on')
    assert not plain.seen
    assert list(rectification.seen) == [Side.RIGHT]
    np.testing.assert_array_equal(rectification.seen[Side.RIGHT], Rectifier(bent).seen)
    assert not rectification.seen[Side.RIGHT].all()


@pytest.mark.parametrize(
    ('topics', 'mode', 'state'),
    [(RECTIFIED, 'auto', 'not needed, the topics are called rectified'), (RAW, 'off', 'off')],
)
def test_images_stay_as_they_are(images, distorted, topics, mode, state):
    results, rectification = PairRectifier().rectify(images, topics, distorted, mode)
    assert same(results, images)
    assert (rectification.state, rectification.obstacle) == (state, '')


def test_a_calibration_that_leaves_nothing_to_do(images, calibration_of):
    results, rectification = PairRectifier().rectify(images, RAW, calibration_of(400, 0.1), 'on')
    assert same(results, images)
    assert rectification.state == 'not needed, camera_info leaves nothing to do'


def test_without_a_calibration_images_stay_and_the_reason_is_told(images, distorted):
    results, rectification = PairRectifier().rectify(
        images, RAW, NoDepth('none came', False), 'on'
    )
    assert same(results, images)
    assert rectification.obstacle == 'none came'

    unknown = replace(distorted.right, distortion_model='thin_prism')
    calibration = StereoCalibration(distorted.left, unknown)
    results, rectification = PairRectifier().rectify(images, RAW, calibration, 'auto')
    assert same(results, images)
    assert rectification.obstacle.startswith('right camera_info: distortion_model "thin_prism"')


def test_maps_are_made_again_only_for_another_calibration(images, distorted, monkeypatch):
    made = []

    def counted(calibration):
        made.append(calibration)
        return Rectifier(calibration)

    monkeypatch.setattr('crestereo_ros.nodes.depth.pair_rectifier.Rectifier', counted)
    rectifier = PairRectifier()
    first, _ = rectifier.rectify(images, RAW, distorted, 'auto')
    equal = StereoCalibration(replace(distorted.left), replace(distorted.right))
    rectifier.rectify(images, RAW, equal, 'auto')
    assert len(made) == 2
    other = StereoCalibration(replace(distorted.left, d=2 * distorted.left.d), distorted.right)
    second, _ = rectifier.rectify(images, RAW, other, 'auto')
    assert len(made) == 3
    assert not np.array_equal(first[Side.LEFT], second[Side.LEFT])
