# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo benchmark`, as a process."""

import csv
import json

import numpy as np
import pytest
import yaml

from crestereo_ros.models.model_files import DEFAULT_MODEL

SMALL = '--resolutions', '32x48', '--iterations', '1', '--rounds', '1', '--threads', '1'


@pytest.fixture
def folder(pair, tmp_path):
    """Return a folder with a pair and its truth."""
    np.savez(tmp_path / 'truth.npz', disparity=np.full((64, 96), 4))
    return tmp_path


def test_measures_writes_and_advises(crestereo, folder, model_file):
    pytest.importorskip('matplotlib', reason='needs the extra plots')
    out, params = folder / 'new/out', folder / 'params.yaml'
    models = f'{DEFAULT_MODEL},{model_file}'
    arguments = folder, '--models', models, *SMALL, '--out', out, '--write-params', params

    ended = crestereo('benchmark', *arguments)

    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ''
    rows = [line for line in ended.stdout.splitlines() if line.startswith('| ')]
    assert [row.split(' | ')[0] for row in rows] == [
        '| Model',
        '| ---',
        '| SGBM',
        f'| {DEFAULT_MODEL}',
        '| small',
    ]
    parameters = yaml.safe_load(params.read_text())['/**']['ros__parameters']
    settings = 'model:={model} iterations:={iterations} resolution:={resolution}'
    assert f'et {settings.format(**parameters)}' in ended.stdout
    assert len(list(csv.DictReader((out / 'results.csv').open()))) == 3
    results = json.loads((out / 'results.json').read_text())
    assert len(results['measurements']) == 3 and results['quality'] == 'against the truth'
    assert (out / 'plot.png').stat().st_size > 10_000

    # The second time nothing is left to be measured, so all times are those of the first.
    again = crestereo('benchmark', *arguments, '--json', '--no-plot')
    assert json.loads(again.stdout) == results


def test_skips_with_one_line_what_cannot_be_run(crestereo, folder):
    options = ('--models', DEFAULT_MODEL, *SMALL, '--resolutions', '8x8,32x48', '--no-plot')
    ended = crestereo('benchmark', folder, *options, '--out', folder / 'out')
    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line == ('crestereo benchmark: skipped: resolution must be at least 16x16: 8x8')


@pytest.mark.parametrize(
    ('options', 'reason'),
    [
        (['--models', 'nosuch'], "there is no model 'nosuch'"),
        (['--resolutions', 'huge'], 'resolution "huge" is not HEIGHTxWIDTH'),
        (['--resolutions', '8x8'], 'nothing can be measured: resolution must be at least 16x16'),
        (['--providers', 'gpu'], "there is no provider 'gpu'"),
        (['--iterations', '1,,2'], "'1,,2' has an empty value"),
        (['--iterations', '40'], '40 is not 1 to 32'),
        (['--iterations', 'two'], "invalid int value: 'two'"),
        (['--pairs', '0'], '0 is not 1 or more'),
        (['--within', '-1'], '-1 is not 0 to 100'),
        (['--write-params', '/no/such/file.yaml'], '/no/such/file.yaml cannot be written'),
        (['--ros', '--iterations', '2,4'], '--iterations takes one value with --ros'),
        (['--ros', '--sizes', '0.5'], '0.5 is not HEIGHTxWIDTH'),
    ],
)
def test_says_in_one_line_what_is_wrong(in_process, folder, options, reason):
    if '--ros' in options:
        pytest.importorskip('rclpy', reason='needs ROS 2')
    code, errors = in_process('benchmark', folder, '--no-plot', '--out', folder / 'out', *options)
    assert code == 2
    (line,) = errors.splitlines()
    assert reason in line


def test_a_file_is_no_folder_for_results(in_process, folder):
    (folder / 'out').touch()
    code, errors = in_process('benchmark', folder, '--no-plot', '--out', folder / 'out')
    assert code == 2 and f'{folder / "out"} is a file' in errors


@pytest.fixture
def in_process(capsys):
    """Return a function that runs the command here, where libraries are loaded already."""
    from crestereo_ros.commands.main import run

    def in_process(*arguments):
        try:
            code = run(list(map(str, arguments)))
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().err

    return in_process


def test_measures_a_network_of_another_kind(crestereo, make_network, red_pair, tmp_path):
    import cv2

    left, right, truth = red_pair
    for name, image in ('left', left), ('right', right):
        cv2.imwrite(str(tmp_path / f'{name}.png'), image)
    np.savez(tmp_path / 'truth.npz', disparity=truth)
    model = make_network('light_stereo')
    options = '--resolutions', 'image', '--rounds', '1', '--threads', '1', '--no-plot', '--json'

    ended = crestereo(
        *('benchmark', tmp_path, '--models', model, *options, '--out', tmp_path / 'out')
    )

    assert ended.returncode == 0, ended.stderr
    measured = json.loads(ended.stdout)['measurements']
    found = next(x for x in measured if x['model'] == str(model))
    assert found['end_point_error'] < 0.5 and found['iterations'] == 0
