# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Results in Rerun: files that are read back, and the web page."""

import os
from pathlib import Path
import re
import signal
import socket
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import numpy as np
import pytest
from rerun.chunk import RrdReader

from crestereo_ros.commands.depth.outputs import rerun_output as module
from crestereo_ros.commands.depth.outputs.rerun_output import RerunOutput
from crestereo_ros.commands.errors import CommandError

ROOT = Path(__file__).parents[4]


@pytest.fixture
def recorded(output_for, tmp_path):
    """Return a function that writes results to a file and reads the columns of its entities."""

    def record(*results):
        path = tmp_path / 'out.rrd'
        with output_for(RerunOutput, str(path), len(results)) as output:
            for result in results:
                output.write(result)
        entities = {}
        for chunk in RrdReader(str(path)).stream():
            columns = entities.setdefault(chunk.entity_path, {})
            batch = chunk.to_record_batch()
            for name in set(batch.schema.names) - {'log_time', 'rerun.controls.RowId'}:
                columns.setdefault(name, []).extend(batch.column(name).to_pylist())
        assert len(RrdReader(str(path)).blueprints()) == 1
        return {name: columns for name, columns in entities.items() if 'properties' not in name}

    return record


def test_all_of_a_calibrated_video_is_on_one_timeline(recorded, plane):
    frames = [plane(index) for index in range(2)]
    entities = recorded(*frames)
    assert entities.keys() == {'/', '/camera', '/camera/left', '/disparity', '/depth', '/points'}
    for name, columns in entities.items():
        if name != '/':
            assert [time.total_seconds() for time in columns['time']] == [0, 0.1], name
    shape = frames[0].result.match.disparity.shape
    for index, frame in enumerate(frames):
        ((buffer,), (meter,), (limits,)) = (
            entities['/depth'][f'DepthImage:{name}'][index]
            for name in ('buffer', 'meter', 'depth_range')
        )
        depth = np.frombuffer(bytes(buffer), np.uint16).reshape(shape) / meter
        np.testing.assert_allclose(depth, np.nan_to_num(frame.result.depth), atol=0.00051)
        assert limits[0] == 0 and limits[1] > 1000 * np.nanpercentile(frame.result.depth, 90)
        (buffer,) = entities['/disparity']['DepthImage:buffer'][index]
        disparity = np.frombuffer(bytes(buffer), np.float32).reshape(shape)
        np.testing.assert_array_equal(disparity, frame.result.match.disparity)


def test_points_lie_on_the_plane_before_the_camera(recorded, plane):
    frame = plane()
    entities = recorded(frame)
    points = np.array(entities['/points']['Points3D:positions'][0])
    assert len(points) == frame.result.known.sum()
    np.testing.assert_allclose(points @ [0.2, -0.3, 1.0], 2.5, rtol=1e-5)
    colors = np.array(entities['/points']['Points3D:colors'][0])  # 0xRRGGBBAA
    blue, green, red = frame.left[frame.result.known].astype(np.int64).T
    np.testing.assert_array_equal(colors >> 8, red << 16 | green << 8 | blue)
    (matrix,) = entities['/camera']['Pinhole:image_from_camera'][0]  # by columns
    np.testing.assert_allclose(
        np.reshape(matrix, (3, 3)).T, [[150, 0, 79.5], [0, 150, 59.5], [0, 0, 1]]
    )


def test_large_clouds_are_thinned(recorded, plane, monkeypatch):
    monkeypatch.setattr(module, 'MOST_POINTS', 160 * 120 // 4)
    frame = plane()
    points = recorded(frame)['/points']['Points3D:positions'][0]
    assert len(points) == frame.result.known[::2, ::2].sum()


def test_without_calibration_there_are_image_and_disparity(recorded, plane):
    assert recorded(plane(calibrated=False)).keys() == {'/', '/camera/left', '/disparity'}


def test_a_page_is_served_until_ctrl_c(pair, model_file):
    command = ['depth', *map(str, pair), '--model', str(model_file), '--rerun', 'web']
    process = subprocess.Popen(
        [sys.executable, '-m', 'crestereo_ros.commands.main', *command],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
    )
    with process:
        try:
            lines = [process.stdout.readline() for _ in range(4)]
            assert lines[3].startswith('disparity'), lines
            address = re.fullmatch(r'page here: (http://localhost:\d+/\?url=.*)\n', lines[0])[1]
            assert b'<html' in urlopen(address, timeout=30).read().lower()
            data = urlsplit(parse_qs(urlsplit(address).query)['url'][0])
            assert data.scheme == 'rerun+http'
            socket.create_connection((data.hostname, data.port), 30).close()
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
        finally:
            process.kill()


def test_another_port_replaces_one_that_is_in_use():
    with socket.create_server(('', 0)) as busy:
        preferred = busy.getsockname()[1]
        other = module.free_port(preferred)
        assert other not in (0, preferred)
    assert module.free_port(other) == other


@pytest.mark.parametrize(
    ('where', 'message'),
    [
        ('left.png', '--rerun left.png is neither web .*: for the window, put --rerun at the end'),
        ('no/out.rrd', 'no/out.rrd cannot be written: there is no folder no'),
        ('window', 'needs a display: use --rerun web .*, or --rerun OUT.rrd'),
    ],
)
def test_what_cannot_be_shown_is_refused(output_for, monkeypatch, where, message):
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    with pytest.raises(CommandError, match=message):
        output_for(RerunOutput, where)


def test_the_missing_package_is_named(output_for, monkeypatch):
    monkeypatch.setitem(sys.modules, 'rerun', None)  # now it cannot be imported
    with pytest.raises(CommandError, match='pip install rerun-sdk'):
        output_for(RerunOutput, 'web')


def test_the_missing_program_is_named(output_for, monkeypatch):
    monkeypatch.setenv('DISPLAY', ':9')
    monkeypatch.setattr(module.shutil, 'which', lambda *_, **__: '/no/rerun')
    with pytest.raises(CommandError, match='window of Rerun cannot be opened: pip install'):
        output_for(RerunOutput, 'window').__enter__()
