# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo models check` on networks whose disparity is known."""

import shutil

import cv2
import numpy as np
import onnx
import pytest

from crestereo_ros.commands.main import run
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.models.description_files import read_description, shipped_descriptions

NAMES = [
    name
    for name, x in shipped_descriptions().items()
    if not x.cannot_run and not name.startswith('crestereo')
]


@pytest.fixture
def pair_files(red_pair, tmp_path):
    """Write the pair and its truth; return the arguments that name them."""
    left, right, truth = red_pair
    for name, image in ('left', left), ('right', right):
        cv2.imwrite(str(tmp_path / f'{name}.png'), image)
    np.save(tmp_path / 'truth.npy', truth)
    files = [str(tmp_path / x) for x in ('left.png', 'right.png', 'truth.npy')]
    return [*files[:2], '--truth', files[2]]


@pytest.fixture
def check(tmp_path, pair_files, capsys):
    """Return a function that checks a copy of a file and returns code, output and the copy."""

    def check(path, *options, pair=None):
        copy = tmp_path / 'copy' / 'mine.onnx'
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)
        arguments = pair_files if pair is None else pair
        code = run(['models', 'check', str(copy), *arguments, *options])
        printed = capsys.readouterr()
        return code, printed.out + printed.err, copy

    return check


def renamed(path, to):
    """Give all inputs and outputs names that tell nothing."""
    model = onnx.load(path)
    names = {}
    for kind, values in ('in', model.graph.input), ('out', model.graph.output):
        for index, value in enumerate(values):
            names[value.name] = value.name = f'{kind}{index}'
    for node in model.graph.node:
        node.input[:] = [names.get(x, x) for x in node.input]
        node.output[:] = [names.get(x, x) for x in node.output]
    onnx.save(model, to)
    return to


@pytest.mark.parametrize('interface', NAMES)
def test_finds_the_reading_without_names(make_network, red_pair, check, tmp_path, interface):
    """What is found is a reading under which a matcher is right, in all its parts."""
    grey = interface == 'hitnet_eth3d'
    if grey:
        for side in 'left', 'right':
            red = cv2.imread(str(tmp_path / f'{side}.png'))[..., 2]
            cv2.imwrite(str(tmp_path / f'{side}.png'), red)

    code, text, copy = check(renamed(make_network(interface), tmp_path / 'x.onnx'), '--write')

    assert code == 0, text
    assert 'licence' in text
    found, expected = (
        read_description(copy.with_suffix('.yaml')),
        shipped_descriptions()[interface],
    )
    assert found.images == expected.images
    assert (found.outputs.sign, found.outputs.unit) == (expected.outputs.sign, 'pixels')
    assert bool(found.outputs.sureness()) == (interface == 's2m2')
    left, right = (cv2.imread(str(tmp_path / f'{side}.png')) for side in ('left', 'right'))
    match = StereoMatcher(str(copy), 'cpu', threads=1).match(left, right)
    assert np.nanmedian(np.abs(match.disparity - red_pair[2])) < 0.3


@pytest.mark.parametrize(
    'changes',
    [
        {'colours': 'BGR'},
        {'low': -1, 'high': 1},
        {'outputs': {'d': 'share'}},
        {'share': 0.5},
        {'input_layout': 'NHWC'},
        {'dtype': np.float16, 'high': 1},
        {'inputs': ('right', 'left'), 'outputs': {'d': 'disparity'}},
        {'outputs': {'a': 'ones', 'b': 'disparity'}},
        {'outputs': {'disparity': 'negative'}},  # the names of another network
        {'iterations': np.int64},
        {'start': True, 'size': ('h', 'w')},
    ],
    ids=str,
)
def test_finds_what_no_public_network_has(make_network, red_pair, check, changes):
    path = make_network(**changes)
    if changes.get('inputs'):  # named by what they take, in the other order
        model = onnx.load(path)
        swap = {'left': 'right', 'right': 'left'}
        for value in model.graph.input:
            value.name = swap[value.name]
        for node in model.graph.node:
            node.input[:] = [swap.get(x, x) for x in node.input]
        path = path.with_name('swapped.onnx')
        onnx.save(model, path)

    code, text, copy = check(path, '--write')

    assert code == 0, text
    match = StereoMatcher(str(copy), 'cpu', threads=1).match(*red_pair[:2])
    assert np.nanmedian(np.abs(match.disparity - red_pair[2])) < 0.3


@pytest.mark.parametrize('name', ['coex', 'lite_any_stereo', 'raft_stereo'])
def test_a_network_that_only_has_the_names_of_another(make_network, red_pair, check, name):
    sign = 'disparity' if name == 'raft_stereo' else 'negative'
    output = {'coex': '1603', 'lite_any_stereo': 'disparity', 'raft_stereo': 'output'}[name]

    code, text, copy = check(make_network(name, outputs={output: sign}), '--write')

    assert code == 0, text
    assert 'a network without a name' in text
    match = StereoMatcher(str(copy), 'cpu', threads=1).match(*red_pair[:2])
    assert np.nanmedian(np.abs(match.disparity - red_pair[2])) < 0.3


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        (
            {'outputs': {'disparity': 'ones'}},
            'it is another kind of network, or its weights are damaged',
        ),
        ({'outputs': {'disparity': 'nan'}}, 'nothing in its output is a number; its weights are'),
    ],
)
def test_nothing_fits(make_network, check, changes, reason):
    code, text, copy = check(make_network(**changes), '--write')

    assert code == 2
    assert f'fits no reading: {reason}' in text
    assert not copy.with_suffix('.yaml').exists()


def test_a_network_that_sees_one_image(tmp_path, check):
    from spox import argument, build, Tensor
    import spox.opset.ai.onnx.v17 as op

    image = argument(Tensor(np.float32, (1, 3, 64, 96)))
    depth = op.reduce_mean(image, axes=[1])
    onnx.save(build({'image': image}, {'depth': depth}), tmp_path / 'mono.onnx')

    code, text, _ = check(tmp_path / 'mono.onnx')

    assert code == 2
    assert 'one input for one image' in text and 'no stereo network' in text


def test_numbers_that_nothing_can_be_made_of(tmp_path, check):
    from onnx import helper, TensorProto

    image, eight = [1, 3, 64, 96], TensorProto.FLOAT8E4M3FN
    graph = helper.make_graph(
        [helper.make_node('Cast', ['left'], ['disparity'], to=TensorProto.FLOAT)],
        'float8',
        [helper.make_tensor_value_info(x, eight, image) for x in ('left', 'right')],
        [helper.make_tensor_value_info('disparity', TensorProto.FLOAT, image)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 19)], ir_version=9)
    onnx.save(model, tmp_path / 'float8.onnx')

    code, text, _ = check(tmp_path / 'float8.onnx')

    assert code == 2
    (line,) = text.splitlines()
    assert 'can be run: its inputs are left tensor(float8e4m3fn) [1, 3, 64, 96], right' in line


@pytest.mark.parametrize('name', ['crestereo_compact', 'crestereo_compact_fp16', 'crestereo_fast'])
def test_the_shipped_networks_fit_the_pair_of_the_demo(name, capsys):
    assert run(['models', 'check', name]) == 0

    row = capsys.readouterr().out.split('as described | ')[1]
    error, wrong = (float(x.split()[0]) for x in row.split(' | ')[:2])
    assert error < 0.7 and wrong < 6  # 0.45 to 0.6 px and 3 to 5 %


def test_a_network_that_does_not_fit_its_description(make_network, check, tmp_path):
    (tmp_path / 'copy').mkdir()
    description = (
        'licence: MIT\ninputs: {left: left, right: right}\noutputs: {disparity: disparity'
    )
    file = tmp_path / 'copy' / 'mine.yaml'
    file.write_text(description + ', sign: negative}\n')

    code, text, copy = check(make_network(), '--write')

    assert code == 0, text
    assert 'Clear' in text
    assert read_description(file).outputs.sign == 'positive'


def test_a_picture(make_network, check, tmp_path):
    code, text, _ = check(make_network(), '--picture', str(tmp_path / 'picture.png'))

    assert code == 0, text
    assert cv2.imread(str(tmp_path / 'picture.png')).shape[0] == 64


def test_a_pair_without_truth(make_network, check, pair_files):
    _, text, _ = check(make_network('s2m2'), pair=pair_files[:2])

    assert 'compared with semi-global matching' in text
