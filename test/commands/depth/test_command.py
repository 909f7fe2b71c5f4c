# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth` on files."""

import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys
import time

import av
import cv2
import numpy as np
import pytest
import yaml

from crestereo_ros.calibration import read_calibration, Rectifier
from crestereo_ros.commands.depth.command import PARAMETERS
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import resolution_for
from crestereo_ros.parameters import DEPTH_PARAMETERS
from crestereo_ros.pictures import colorize, side_by_side
from crestereo_ros.pipeline import DepthPipeline, DepthSettings, RectifiedPair
from crestereo_ros.validity.visibility import in_view

ROOT = Path(__file__).parents[3]
DEMO = ROOT / 'demo/data/left.png', ROOT / 'demo/data/right.png'
TIMEOUT = 120  # s; only ever reached by a failure
SUMMARY = re.compile(
    r'disparity (-?[\d.]+) to (-?[\d.]+) px, median (-?[\d.]+) px; '
    r'resolution (\d+x\d+), iterations (\d+), provider cpu, \d+ ms'
)


def write_video(path, frames, rate=12):
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), rate, (96, 64))
    for _ in range(frames):
        small = rng.integers(0, 255, (8, 12, 3), np.uint8)
        writer.write(cv2.resize(small, (96, 64), interpolation=cv2.INTER_CUBIC))
    writer.release()


@pytest.fixture
def videos(tmp_path):
    """Write a left video of 9 frames and a right one of 7, 12 a second."""
    paths = tmp_path / 'left.avi', tmp_path / 'right.avi'
    for path, frames in zip(paths, (9, 7), strict=True):
        write_video(path, frames)
    return paths


def test_every_mask_of_the_node_is_an_option():
    masks = {each.name for each in DEPTH_PARAMETERS if each.name.startswith('mask_')}
    assert 'mask_occluded' in masks and masks <= set(PARAMETERS)


def test_files_hold_what_the_matcher_gives(crestereo, pair, model_file, tmp_path):
    outputs = tmp_path / 'disparity.npy', tmp_path / 'color.png'
    ended = crestereo(
        *('depth', *pair, '--model', model_file, '--provider', 'cpu'),
        *('--disparity', outputs[0], '--color', outputs[1]),
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    expected = (
        StereoMatcher(str(model_file), 'cpu')
        .match(*(cv2.imread(str(path)) for path in pair), resolution='fine')
        .disparity
    )
    disparity = np.load(outputs[0])
    assert disparity.dtype == np.float32 and disparity.shape == (64, 96)
    np.testing.assert_allclose(disparity, expected, atol=1e-3)
    left, right = (cv2.imread(str(path)) for path in pair)
    matcher = StereoMatcher(str(model_file), 'cpu')
    result = DepthPipeline(matcher, DepthSettings(resolution='fine')).process(
        RectifiedPair(left, right)
    )
    colors = colorize(result.disparity, *result.color_range)
    assert (cv2.imread(str(outputs[1])) == colors).all()
    lowest, highest, median, resolution, iterations = SUMMARY.match(ended.stdout).groups()
    assert float(lowest) == pytest.approx(disparity.min(), abs=0.06)
    assert float(highest) == pytest.approx(disparity.max(), abs=0.06)
    assert float(median) == pytest.approx(np.median(disparity), abs=0.06)
    fine = '{}x{}'.format(*resolution_for('fine', 64, 96))
    assert (resolution, iterations) == (fine, '4')
    assert f'; wrote {outputs[0]}; wrote {outputs[1]}\n' in ended.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *('color.png', 'disparity.npy', 'left.png', 'right.png')
    ]


def test_settings_reach_the_network_and_nothing_is_written_without_request(
    crestereo, pair, model_file, tmp_path
):
    ended = crestereo(
        *('depth', *pair, '--model', model_file, '--iterations', 3, '--resolution', '32x64')
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    assert SUMMARY.match(ended.stdout).groups()[3:] == ('32x64', '3')
    assert 'wrote' not in ended.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ['left.png', 'right.png']


def test_shipped_model_is_the_default(crestereo, pair):
    ended = crestereo('depth', *pair, '--iterations', 2)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert SUMMARY.match(ended.stdout)


def refined_demo(**settings):
    """Return the refined disparity of the demo's pair."""
    pipeline = DepthPipeline(StereoMatcher(), DepthSettings(**settings))
    return pipeline.process(RectifiedPair(*(cv2.imread(str(x)) for x in DEMO))).refined.disparity


@pytest.mark.parametrize('refine', ['auto', 'on', 'off'])
def test_the_disparity_is_refined_unless_it_is_switched_off(crestereo, refine, tmp_path):
    out = tmp_path / 'disparity.npy'
    options = '--resolution', '96x128', '--refine', refine, '--disparity', out
    ended = crestereo('depth', *DEMO, '--align', 'off', *options)
    assert (ended.returncode, ended.stderr) == (0, '')
    np.testing.assert_array_equal(
        np.load(out), refined_demo(resolution=(96, 128), refine='off' if refine == 'off' else 'on')
    )


def test_another_word_for_refine_is_an_error(crestereo):
    ended = crestereo('depth', *DEMO, '--refine', 'maybe')
    assert ended.returncode == 2
    assert "refine 'maybe' is not one of auto, on, off" in ended.stderr


def test_a_pair_that_lines_up_is_matched_unchanged(crestereo, tmp_path):
    out = tmp_path / 'disparity.npy'
    options = '--resolution', '96x128', '--disparity', out
    ended = crestereo('depth', *DEMO, *options)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert len(ended.stdout.splitlines()) == 1
    expected = refined_demo(resolution=(96, 128))
    np.testing.assert_array_equal(np.load(out), expected)


def test_rows_that_do_not_line_up_are_aligned(crestereo, tmp_path):
    left, right = (cv2.imread(str(path)) for path in DEMO)
    moved, out = tmp_path / 'moved.png', tmp_path / 'disparity.npy'
    assert cv2.imwrite(str(moved), np.roll(right, 12, axis=0))
    options = '--swap', 'no', '--resolution', '120x160', '--disparity', out
    ended = crestereo('depth', DEMO[0], moved, *options)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert re.search(r'\nalignment: .* moved -1\d\.\d px down', ended.stdout)
    # The pixels are not the same, and the disparities are shifted, but the scene is the same.
    matcher = StereoMatcher()
    expected, unaligned = (
        matcher.match(left, view, resolution=(120, 160)).disparity
        for view in (right, cv2.imread(str(moved)))
    )
    alike = (
        np.corrcoef(each[40:-40, 100:-40].ravel(), expected[40:-40, 100:-40].ravel())[0, 1]
        for each in (np.load(out), unaligned)
    )
    assert next(alike) > 0.97 > next(alike)


@pytest.mark.parametrize('align', ['on', 'off'])
def test_views_are_exchanged_on_request(crestereo, tmp_path, align):
    out = tmp_path / 'disparity.npy'
    options = '--resolution', '96x128', '--disparity', out
    ended = crestereo('depth', *reversed(DEMO), '--swap', 'yes', '--align', align, *options)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert ('exchanged as requested' in ended.stdout) == (align == 'on')
    expected = refined_demo(resolution=(96, 128))
    np.testing.assert_array_equal(np.load(out), expected)


def test_exchanged_images_with_a_calibration_are_warned_of(crestereo, tmp_path):
    calibration = ROOT / 'demo/data/left.yaml', ROOT / 'demo/data/right.yaml'
    options = '--calibration', *calibration, '--resolution', '96x128'
    ended = crestereo('depth', *reversed(DEMO), *options)
    assert ended.returncode == 0
    (line,) = ended.stderr.splitlines()
    assert line.endswith("the right image looks like the left camera's: exchange left and right")
    assert crestereo('depth', *DEMO, *options).stderr == ''


def test_depth_and_points_of_the_demo_are_true(crestereo, tmp_path):
    calibration = DEMO[0].with_suffix('.yaml'), DEMO[1].with_suffix('.yaml')
    outputs = '--depth', tmp_path / 'depth.npy', '--points', tmp_path / 'points.ply'
    ended = crestereo(
        'depth', *DEMO, '--resolution', 'fast', '--calibration', *calibration, *outputs
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    assert re.search(
        r'\ncalibration: focal length 640.0 px, baseline 0.12 m, .* known\n', ended.stdout
    )
    depth = np.load(tmp_path / 'depth.npy')
    truth = 640 * 0.12 / np.load(DEMO[0].with_name('disparity.npz'))['disparity']
    known = np.isfinite(depth)
    assert known.mean() > 0.8
    assert np.median(abs(depth - truth)[known] / truth[known]) < 0.02
    count = int(re.search(rb'element vertex (\d+)', (tmp_path / 'points.ply').read_bytes())[1])
    assert count == known.sum()


@pytest.fixture
def raw_demo(tmp_path):
    """Write the demo as two lenses distort it, with their calibrations; return all paths."""
    images, calibrations = [], []
    columns, rows = np.meshgrid(np.arange(640.0), np.arange(480.0))
    for path, k1 in zip(DEMO, (0.3, 0.5), strict=True):
        content = yaml.safe_load(path.with_suffix('.yaml').read_text())
        content['distortion_coefficients']['data'] = [k1, 0, 0, 0, 0]
        calibrations.append(tmp_path / f'{path.stem}.yaml')
        calibrations[-1].write_text(yaml.safe_dump(content))
        k = np.reshape(content['camera_matrix']['data'], (3, 3))
        d = np.array(content['distortion_coefficients']['data'])
        pixels = np.stack([columns, rows], axis=-1).reshape(-1, 1, 2)
        maps = cv2.undistortPoints(pixels, k, d, P=k).reshape(480, 640, 2).astype(np.float32)
        raw = cv2.remap(cv2.imread(str(path)), maps, None, cv2.INTER_CUBIC)
        images.append(tmp_path / path.name)
        assert cv2.imwrite(str(images[-1]), raw)
    return images, calibrations


def test_what_no_camera_saw_has_no_depth(crestereo, raw_demo, tmp_path):
    images, calibrations = raw_demo
    seen, seen_right = (Rectifier(read_calibration(path)).seen for path in calibrations)
    truth = np.load(DEMO[0].with_name('disparity.npz'))['disparity']
    both = seen & in_view(truth, seen_right)
    assert 0.5 < both.mean() < seen.mean() < 0.95
    out = tmp_path / 'depth.npy'
    ended = crestereo(
        *('depth', *images, '--resolution', 'fast'),
        *('--calibration', *calibrations, '--depth', out),
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    assert 'images rectified by it' in ended.stdout
    depth = np.load(out)
    known = np.isfinite(depth)
    assert not known[~seen].any()
    assert known[seen & ~both].mean() < 0.1
    assert known[both].mean() > 0.8
    assert np.median(abs(depth * truth / (640 * 0.12) - 1)[known]) < 0.05


def test_a_video_becomes_a_video_with_each_frame_of_the_shorter_side(
    crestereo, videos, model_file, tmp_path
):
    out, folder = tmp_path / 'out.mp4', tmp_path / 'disparities'
    ended = crestereo(
        *('depth', *videos, '--model', model_file, '--provider', 'cpu', '--align', 'off'),
        *('--color', out, '--disparity', folder),
    )
    assert ended.returncode == 0
    assert re.fullmatch(
        r'crestereo depth: .*left.avi has 9 frames.*right.avi 7.*: played as far as both go\n',
        ended.stderr,
    )
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == [f'00000{index}.npy' for index in range(7)]
    disparities = [np.load(path) for path in files]
    lowest, highest = (f'{np.array(disparities).min():.1f}', f'{np.array(disparities).max():.1f}')
    assert re.fullmatch(
        rf'7 frames, [\d.]+ frames/s, none dropped; disparity {lowest} to {highest} px; '
        rf'resolution 64x96, iterations 2, provider cpu; wrote {folder}; wrote {out}\n',
        ended.stdout,
    )
    pipeline = DepthPipeline(StereoMatcher(str(model_file), 'cpu'))
    with av.open(str(out)) as video:
        (stream,) = video.streams
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ('h264', 'yuv420p')
        assert stream.average_rate == 12
        pictures = [frame.to_ndarray(format='bgr24') for frame in video.decode()]
    captures = [cv2.VideoCapture(str(path)) for path in videos]
    for disparity, picture in zip(disparities, pictures, strict=True):
        left, right = (capture.read()[1] for capture in captures)
        again = pipeline.process(RectifiedPair(left, right))
        np.testing.assert_allclose(disparity, again.refined.disparity, atol=1e-3)
        expected = side_by_side(left, again.disparity, again.color_range)
        picture = picture[: expected.shape[0], : expected.shape[1]]
        blurred = (cv2.blur(each, (8, 8)).astype(int) for each in (picture, expected))
        assert abs(np.subtract(*blurred)).mean() < 6


def test_source_type_says_how_a_video_has_both_views(crestereo, videos, model_file, tmp_path):
    folder = tmp_path / 'disparities'
    ended = crestereo(
        *('depth', videos[0], '--source-type', 'over_under', '--model', model_file),
        *('--disparity', folder),
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    assert [np.load(path).shape for path in folder.iterdir()] == [(32, 96)] * 9


def test_folders_of_images_become_a_video(crestereo, pair, model_file, tmp_path):
    for side, path in zip(('left', 'right'), pair, strict=True):
        (tmp_path / side).mkdir()
        for index in range(3):
            shutil.copy(path, tmp_path / side / f'{index}.png')
    out = tmp_path / 'out.mp4'
    ended = crestereo(
        *('depth', tmp_path / 'left', tmp_path / 'right', '--model', model_file, '--color', out)
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    with av.open(str(out)) as video:
        assert video.streams.video[0].average_rate == 10
        assert len(list(video.decode())) == 3


def test_an_interrupted_video_is_finished(videos, model_file, tmp_path):
    long, out = tmp_path / 'long.avi', tmp_path / 'out.mp4'
    write_video(long, 5000)
    folder = tmp_path / 'disparities'
    arguments = ['depth', str(long), str(long), '--model', str(model_file), '--align', 'off']
    arguments += ['--color', str(out), '--disparity', str(folder)]
    process = subprocess.Popen(
        [sys.executable, '-m', 'crestereo_ros.commands.main', *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
    )
    deadline = time.monotonic() + TIMEOUT
    while not (folder.is_dir() and len(list(folder.iterdir())) > 3):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    assert not out.exists()
    process.send_signal(signal.SIGINT)
    text, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (130, '')
    frames = int(re.match(r'ended early: (\d+) of 5000 frames, .*; wrote .*out.mp4\n', text)[1])
    assert 3 < frames < 5000
    with av.open(str(out)) as video:
        assert len(list(video.decode())) == frames
    assert not list(tmp_path.glob('*.part'))


def test_frames_of_a_camera_are_kept_when_it_is_unplugged(crestereo, videos, model_file, tmp_path):
    """The end of a video stands for unplugging a camera."""
    out = tmp_path / 'out.mp4'
    ended = crestereo(
        *('depth', videos[0], '--source-type', 'camera', '--model', model_file, '--color', out)
    )
    assert (ended.returncode, ended.stdout) == (2, '')
    (line,) = ended.stderr.splitlines()
    assert re.match('crestereo depth: .*left.avi gives no images .* unplugged', line)
    with av.open(str(out)) as video:
        assert len(list(video.decode())) == 9


def test_progress_is_shown_on_a_terminal(videos, model_file, tmp_path):
    reader, writer = os.openpty()
    command = ['depth', *map(str, videos), '--model', str(model_file), '--align', 'off']
    process = subprocess.Popen(
        [sys.executable, '-m', 'crestereo_ros.commands.main', *command]
        + ['--color', str(tmp_path / 'out.mp4')],
        stderr=writer,
        stdout=subprocess.DEVNULL,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
    )
    os.close(writer)
    shown = b''
    while True:
        try:
            shown += os.read(reader, 10_000)
        except OSError:  # the other end is closed
            break
    os.close(reader)
    assert process.wait(TIMEOUT) == 0
    assert f'depth [{"#" * 30}] 100 %, 7 frames of 7 frames'.encode() in shown
    assert shown.endswith(b'\r\x1b[K')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['missing.png', 'right.png'], 'missing.png does not exist'),
        (['left.png', 'cut.png'], 'cut.png cannot be decoded'),
        (['left.png', 'text.png'], 'left.png is an image, but .*text.png is not'),
        (['left.png', 'small.png'], 'left.png is 96x64 and .*small.png is 48x32'),
        (['video.avi', 'video.avi'], 'video.avi has many frames: choose an output'),
        (
            ['video.avi', 'video.avi', '--color', 'out.png'],
            'out.png is one image, but .* has many frames: use .mp4',
        ),
        (['video.avi', '--disparity', 'left.png'], 'left.png is a file, but .* name a folder'),
        (['video.avi', '--disparity', '.'], 'is not empty: name a new or an empty folder'),
        (
            ['video.avi', '--iterations', '33', '--disparity', 'new.d'],
            'argument --iterations: 33 is not 0 to 32',
        ),
        (['left.png', 'right.png', '--color', 'left.png'], 'left.png .* it is the source'),
        (['--color', 'out.mp4'], 'out.mp4 is a video, but .* is one pair: use .png'),
        (['left.png'], 'left.png is one image: name the right one too'),
        (['--model', 'missing.onnx'], 'missing.onnx'),
        (['--model', 'left.png'], 'left.png is not an ONNX file'),
        (['--iterations', '33'], 'argument --iterations: 33 is not 0 to 32'),
        (['--resolution', '640'], 'resolution "640" is not HEIGHTxWIDTH'),
        (['--provider', 'abacus'], "'abacus'"),
        (['--color', 'out.doc'], 'out.doc is not an image or a video .* .png .* .mp4'),
        (['--color', 'no/out.png'], 'no/out.png cannot be written: there is no folder .*no'),
        (['--disparity', '.'], 'cannot be written: it is a folder'),
        (['--depth', 'out.png'], '--depth needs a calibration: --calibration FILE .RIGHT.'),
        (['--rectify', 'on'], '--rectify on needs --calibration'),
        (['--points', 'out.ply'], '--points needs a calibration: .* --focal-length PIXELS'),
    ],
)
def test_an_error_is_one_line_with_code_2(
    crestereo, pair, model_file, tmp_path, arguments, message
):
    left = cv2.imread(str(pair[0]))
    assert cv2.imwrite(str(tmp_path / 'small.png'), left[::2, ::2])
    (tmp_path / 'cut.png').write_bytes(pair[0].read_bytes()[:3000])
    (tmp_path / 'text.png').write_text('Dear reader')
    code = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(tmp_path / 'video.avi'), code, 10, (96, 64))
    for _ in range(2):
        writer.write(left)
    writer.release()
    before = sorted(tmp_path.iterdir())

    pairs = list(pair) if arguments[0].startswith('--') else []
    model = ['--model', model_file] if '--model' not in arguments else []
    files = [tmp_path / text if '.' in text else text for text in arguments]
    ended = crestereo('depth', *pairs, *model, *files)
    assert ended.returncode == 2
    assert ended.stdout == ''
    (line,) = ended.stderr.splitlines()
    assert line.startswith('crestereo depth: ')
    assert re.search(message, line)
    assert sorted(tmp_path.iterdir()) == before
