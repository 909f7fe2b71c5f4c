# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The options of a calibration, and what they do to frames."""

import argparse
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from crestereo_ros.calibration import (
    CalibrationError,
    read_calibration,
    Rectifier,
    StereoCalibration,
)
from crestereo_ros.commands.depth import calibration as module
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.sources import StereoFrame

DATA = Path(__file__).parents[3] / 'demo/data'
FILES = str(DATA / 'left.yaml'), str(DATA / 'right.yaml')


def calibration(*arguments, align='auto'):
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return module.frame_rectifier(
        argparse.Namespace(**vars(parser.parse_args(arguments)), align=align)
    )


@pytest.fixture
def frame():
    views = np.random.default_rng(0).integers(0, 255, (2, 480, 640, 3), np.uint8)
    return StereoFrame(*views, 1.5)


@pytest.fixture
def bent(tmp_path):
    """Write the calibration of a pair whose left camera has a distortion."""
    content = yaml.safe_load(Path(FILES[0]).read_text())
    content['distortion_coefficients']['data'][0] = -0.2
    path = tmp_path / 'bent.yaml'
    path.write_text(yaml.safe_dump(content))
    return str(path), FILES[1]


def test_a_rectified_frame_is_left_as_it_is(frame):
    rectifier = calibration('--calibration', *FILES)
    pair = rectifier.rectify(frame)
    assert pair.left is frame.left and pair.right is frame.right
    found = pair.calibration.focal_length, pair.calibration.baseline
    assert found == pytest.approx((640, 0.12))
    assert (pair.seen, pair.seen_right, pair.stamp) == (None, None, 1_500_000_000)
    assert not rectifier.changes_images


def test_a_raw_frame_is_rectified(frame, bent):
    rectifier = calibration('--calibration', *bent)
    pair = rectifier.rectify(frame)
    expected = Rectifier(read_calibration(bent[0]))
    np.testing.assert_array_equal(pair.left, expected.rectify(frame.left))
    np.testing.assert_array_equal(pair.seen, expected.seen)
    assert (pair.left != frame.left).any()
    assert pair.right is frame.right and pair.seen_right is None
    assert rectifier.changes_images
    off = calibration('--calibration', *bent, '--rectify', 'off')
    assert off.rectify(frame).left is frame.left


def test_scaled_frames_have_a_scaled_calibration(frame):
    rectifier = calibration('--calibration', *FILES)
    rectifier.rectify(frame)
    half = StereoFrame(frame.left[::2, ::2], frame.right[::2, ::2], 0.0)
    assert rectifier.rectify(half).calibration.focal_length == pytest.approx(320)
    square = StereoFrame(frame.left[:, :480], frame.right[:, :480], 0.0)
    with pytest.raises(CalibrationError, match='the images are 480x480'):
        rectifier.rectify(square)


def test_no_options_give_no_calibration():
    assert calibration() is None


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--focal-length', '500'], '--focal-length and --baseline belong together'),
        (['--focal-length', '500', '--baseline', '0'], '--baseline must be above 0: 0'),
        (['--focal-length', 'nan', '--baseline', '1'], '--focal-length must be above 0: nan'),
        (['--calibration', *FILES, '--baseline', '1'], 'are in --calibration: leave them out'),
        (
            ['--calibration', *reversed(FILES)],
            r'left.yaml: P\[3\] is -76.8 on the left .* exchange',
        ),
        (['--calibration', FILES[0], FILES[0]], r'left.yaml: P\[3\] is 0, but -fx'),
        (['--calibration', FILES[0], 'none.yaml'], 'none.yaml: cannot be read'),
        (['--rectify', 'on', '--focal-length', '1', '--baseline', '1'], '--rectify on needs'),
    ],
)
def test_wrong_options_are_named(arguments, message):
    with pytest.raises((CommandError, CalibrationError), match=message):
        calibration(*arguments)


def test_alignment_and_a_calibration_exclude_each_other():
    with pytest.raises(CommandError, match='--align on moves the pixels'):
        calibration('--calibration', *FILES, align='on')


@pytest.fixture
def recording():
    """Return a source of raw images with a calibration."""
    pair = StereoCalibration.of_numbers(640, 480, 640.0, 0.12)
    left = replace(pair.left, d=np.array([-0.2, 0, 0, 0, 0]))
    return SimpleNamespace(name='bag', calibration=StereoCalibration(left, pair.right))


def of_source(source, rectify='auto', align='auto', swap='auto', baseline=None):
    options = argparse.Namespace(
        rectify=rectify,
        align=align,
        swap=swap,
        focal_length=baseline,
        baseline=baseline,
        doffs=None,
    )
    return module.source_rectifier(options, source)


def test_the_calibration_of_a_recording_rectifies_its_frames(frame, recording):
    pair = of_source(recording).rectify(frame)
    expected = Rectifier(recording.calibration.left).rectify(frame.left)
    np.testing.assert_array_equal(pair.left, expected)
    assert pair.right is frame.right
    assert pair.calibration.baseline == pytest.approx(0.12)
    assert of_source(recording, rectify='off').rectify(frame).left is frame.left


def test_a_recording_without_a_calibration_or_aligned_has_none(recording):
    assert of_source(recording, align='on') is None
    assert of_source(recording, baseline=0.1) is None  # numbers count before it
    recording.calibration = None
    assert of_source(recording, swap='yes') is None


def test_the_calibration_of_a_recording_holds_for_its_order(recording):
    with pytest.raises(CommandError, match='bag has a calibration, which --swap yes contradicts'):
        of_source(recording, swap='yes')
