# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo models`, as a process."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
import pickle
import threading
import zipfile

import numpy as np
import onnx
import onnxruntime
import pytest

from crestereo_ros.commands.main import run
from crestereo_ros.downloads import NAMES
from crestereo_ros.models.model_files import shipped_models
from crestereo_ros.network import build_model
from training.zoo_model import build_zoo_model

LICENCE = 'CREStereo, PINTO_model_zoo 284: licence Apache-2.0'


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Directory of the cached models, which is not there yet."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'crestereo_ros' / 'models'


@pytest.fixture(scope='session')
def state_dict(small_weights, tmp_path_factory):
    """File of weights as torch.save writes it, with a pickle in the protocol that is text."""
    path = tmp_path_factory.mktemp('weights') / 'small.pth'

    def numbers(*values):
        return '(' + ''.join(f'I{x}\n' for x in values) + 't'

    structure = '('
    with zipfile.ZipFile(path, 'w') as archive:
        for key, (name, array) in enumerate(small_weights.items()):
            archive.writestr(f'small/data/{key}', array.tobytes())
            shape, strides = (numbers(*x) for x in (array.shape, np.array(array.strides) // 4))
            storage = f'(Vstorage\nctorch\nFloatStorage\nV{key}\nVcpu\nI{array.size}\ntQ'
            tensor = f'({storage}I0\n{shape}{strides}I00\nNt'
            structure += f'V{name}\nctorch._utils\n_rebuild_tensor_v2\n{tensor}R'
        archive.writestr('small/data.pkl', structure + 'd.')
    return path


def numbers_of(model, size=(32, 48)):
    """Return the disparity of a run-time-sized file for a pair of noise."""
    session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    left, right = np.random.default_rng(0).uniform(0, 255, (2, 1, 3, *size)).astype(np.float32)
    feed = left, right, np.zeros((1, 2, 1, 1), np.float32), np.array(1), np.array(2)
    names = (x.name for x in session.get_inputs())
    return session.run(None, dict(zip(names, feed, strict=True)))[0]


@pytest.mark.parametrize('device', ['cpu', 'gpu'])
def test_imported_model_has_the_numbers_of_its_weights(
    crestereo, state_dict, small_weights, cache, device
):
    ended = crestereo('models', 'import', state_dict, '--name', 'mine', '--for', device)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert ended.stdout == f'mine: wrote {cache / "mine.onnx"}\n'
    assert [path.name for path in cache.iterdir()] == ['mine.onnx']
    expected = numbers_of(
        build_model(small_weights, sign_flips=True, metadata={}).SerializeToString()
    )
    found = numbers_of(cache / 'mine.onnx')
    # For a CPU it is computed in another order.
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    assert (found == expected).all() == (device == 'gpu')


def test_what_is_imported_is_for_the_cpu_unless_told(crestereo, state_dict, cache):
    assert crestereo('models', 'import', state_dict).returncode == 0
    session = onnxruntime.InferenceSession(
        cache / 'small.onnx', providers=['CPUExecutionProvider']
    )
    assert session.get_modelmeta().custom_metadata_map['crestereo.device'] == 'cpu'


def test_half_precision_is_said(crestereo, small_weights, tmp_path, cache):
    path = tmp_path / 'half.mge'
    path.write_bytes(pickle.dumps({k: x.astype(np.float16) for k, x in small_weights.items()}))
    ended = crestereo('models', 'import', path)
    assert ended.returncode == 0
    warning = f'crestereo models: The numbers in {path} are float16, so they have three digits\n'
    assert (ended.stdout, ended.stderr) == (f'half: wrote {cache / "half.onnx"}\n', warning)


def test_imported_model_is_used_by_name(crestereo, state_dict, pair):
    assert crestereo('models', 'import', state_dict).returncode == 0
    ended = crestereo('depth', *pair, '--model', 'small', '--resolution', '32x64')
    assert (ended.returncode, ended.stderr) == (0, '')
    assert 'iterations 10' in ended.stdout


def test_fetched_model_is_used_by_name(
    crestereo, small_weights, pair, cache, tmp_path, monkeypatch
):
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    name = 'crestereo_init_iter2_180x320'
    sizes = {'kind': 'init', 'height': 180, 'width': 320, 'iterations': 2}
    onnx.save(build_zoo_model(small_weights, **sizes, sign_flips=True), tmp_path / f'{name}.onnx')
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        address = f'http://127.0.0.1:{server.server_port}'
        ended = crestereo('models', 'fetch', name, '--from', address)
        server.shutdown()
        thread.join()
    assert (ended.returncode, ended.stderr) == (0, '')
    assert ended.stdout.splitlines() == [
        LICENCE,
        f'{name}: wrote {cache / name}.onnx',
    ]

    again = crestereo('models', 'fetch', name)
    assert (again.returncode, again.stderr) == (0, '')
    assert again.stdout.splitlines()[1:] == [f'{name}: already here: {cache / name}.onnx']
    listed = crestereo('models', 'list').stdout.splitlines()
    (row,) = (line.split() for line in listed if line.startswith(f'{name} '))
    assert row[1] == 'cached'

    ended = crestereo('depth', *pair, '--model', name)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert 'resolution 180x320, iterations 2' in ended.stdout


def test_lists_shipped_and_cached_models(crestereo, cache):
    before = crestereo('models', 'list')
    cache.mkdir(parents=True)
    (cache / 'mine.onnx').write_bytes(bytes(1_500_000))
    ended = crestereo('models', 'list')
    assert (ended.returncode, ended.stderr) == (0, '')
    rows = [line.split() for line in ended.stdout.splitlines()]
    assert ['mine', 'cached', 'unknown', '1.5', 'MB', str(cache / 'mine.onnx')] in rows
    for name, path in shipped_models().items():
        size = f'{path.stat().st_size / 1e6:.1f}'
        assert [name, 'included', 'Apache-2.0', size, 'MB', str(path)] in rows
    assert len(rows) == len(before.stdout.splitlines()) + 1
    fetchable = [row[0] for row in rows if row[1:] == ['fetchable', 'Apache-2.0']]
    assert fetchable == [*NAMES, 'hitnet', 'hitnet_eth3d']
    assert ['s2m2', 'described', 'CC-BY-NC-4.0', '(research', 'only)'] in rows


def test_a_description_that_is_wrong_does_not_end_the_list(crestereo, cache):
    cache.mkdir(parents=True)
    (cache / 'mine.onnx').touch()
    (cache / 'mine.yaml').write_text('name: Mine\n')
    (cache / 'other.onnx').touch()
    (cache / 'other.yaml').write_text(
        f'licence: MIT\ninputs: {{pair: 0}}\noutputs: {{disparity: 0}}\nsha256: {"a" * 64}\n'
    )
    ended = crestereo('models', 'list')
    assert ended.returncode == 0, ended.stderr
    rows = {line.split()[0]: line for line in ended.stdout.splitlines()}
    assert f'cached     unknown: {cache / "mine.yaml"}, line 1: licence is missing' in rows['mine']
    assert 'cached     MIT' in rows['other'] and 's2m2' in rows


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['import', 'missing.pth'], 'missing.pth does not exist: name a file of weights'),
        (['import', 'folder.pth'], 'folder.pth is a folder: name a file of weights'),
        (['import', 'empty.pth'], 'empty.pth is empty'),
        (['import', 'text.pth'], 'text.pth is not a file of PyTorch, MegEngine or safetensors'),
        (
            ['import', 'small.pth', '--name', 'a/b'],
            "'a/b' cannot be a name: use --name, without / and .onnx",
        ),
        (['import', 'small.pth', '--name', 'a.onnx'], "'a.onnx' cannot be a name"),
        (['import', 'small.pth', '--name', 'taken'], "there is a model 'taken' already: choose"),
        (['import', 'small.pth', '--name', 'crestereo_compact'], "'crestereo_compact' already"),
        (['import', 'text.onnx', '--name', 'x'], 'text.onnx is not an ONNX file'),
        (['import', 'missing.onnx'], 'missing.onnx does not exist'),
        (['import', f'{NAMES[0]}.onnx'], 'is the name of a file to fetch: use another --name'),
        (['fetch', 'sgbm'], "there is no 'sgbm' to fetch: crestereo models list"),
        (['fetch', 'crestereo_init_iter2_180x320', '--from', 'http://127.0.0.1:1'], 'refused'),
        (['fetch', 'crestereo_init_iter2_180x320', '--from', 'here'], 'here is not an address'),
        (['import'], 'the following arguments are required: FILE'),
        ([], 'the following arguments are required: ACTION'),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_code_2(
    crestereo, state_dict, cache, tmp_path, arguments, message
):
    cache.mkdir(parents=True)
    (cache / 'taken.onnx').write_bytes(b'whole')
    for name in 'text.pth', 'text.onnx':
        (tmp_path / name).write_text('Dear reader')
    (tmp_path / 'small.pth').write_bytes(state_dict.read_bytes())
    (tmp_path / 'empty.pth').touch()
    (tmp_path / 'folder.pth').mkdir()

    files = [tmp_path / x if x.endswith(('.pth', 't.onnx')) else x for x in arguments]
    ended = crestereo('models', *files)
    assert ended.returncode == 2
    assert ended.stdout in ('', f'{LICENCE}\n')  # said before a download
    (line,) = ended.stderr.splitlines()
    assert line.startswith('crestereo models')
    assert message in line
    assert [path.read_bytes() for path in cache.glob('*.onnx')] == [b'whole']


def test_a_frozen_model_has_the_numbers_of_the_model(crestereo, model_file, pair, tmp_path):
    out = tmp_path / 'frozen.onnx'
    frozen = crestereo(
        *('models', 'freeze', model_file, '--resolution', '64x96', '--iterations', 3),
        *('--out', out),
    )
    assert (frozen.returncode, frozen.stderr) == (0, '')
    assert frozen.stdout.startswith(f'wrote {out} (')
    disparities = []
    for model, *options in (out,), (model_file, '--resolution', '64x96', '--iterations', 3):
        path = tmp_path / 'disparity.npy'
        ended = crestereo('depth', *pair, '--model', model, '--disparity', path, *options)
        assert ended.returncode == 0, ended.stderr
        disparities.append(np.load(path))
    np.testing.assert_allclose(*disparities, atol=1e-3)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--resolution', '66x97'], 'use 68x100'),
        (['--resolution', '8x96'], 'use 16x96'),
        (['--resolution', 'fast'], '--resolution must be HEIGHTxWIDTH'),
        (['--resolution', '64x96', '--iterations', '33'], '--iterations must be 1 to 32: 33'),
        (['--resolution', '64x96', '--out', 'missing/a.onnx'], 'missing/a.onnx cannot be written'),
    ],
)
def test_what_cannot_be_frozen_is_said(model_file, capsys, options, message):
    assert run(['models', 'freeze', str(model_file), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize(
    ('size', 'reason'),
    [((64, 96), 'has one size already'), (('h', 'w'), 'is of LiteAnyStereo, and only files of')],
)
def test_other_networks_are_not_frozen(make_network, capsys, size, reason):
    model = make_network('lite_any_stereo', size=size)
    assert run(['models', 'freeze', str(model), '--resolution', '64x96']) == 2
    assert reason in capsys.readouterr().err


def test_packages_that_are_missing_are_named(python, state_dict):
    ended = python(
        '-c',
        'import sys; sys.modules["spox"] = None; '  # now it cannot be imported
        'from crestereo_ros.commands.main import main; '
        f'sys.exit(main(["models", "import", {str(state_dict)!r}]))',
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert 'spox' in line and 'pip install onnx safetensors spox' in line
