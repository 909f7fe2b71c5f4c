# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights read from ONNX files that PyTorch exports from the published network."""

import numpy as np
import onnx
from onnx import compose, numpy_helper
import onnxsim
import onnxslim
import pytest

from crestereo_ros.commands.main import run
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.weights import WeightsError
from crestereo_ros.weights.onnx_file import read_zoo_file
from training.network.plain_export import export_plainly

KINDS = {'init': (64, 96, 2), 'combined': (64, 96, 5)}


def anonymous(model):
    """Give every use of an initializer its own copy, named by a number."""
    values = {x.name: x for x in model.graph.initializer}
    copies = []
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            if name in values:
                copy = onnx.TensorProto()
                copy.CopyFrom(values[name])
                copy.name = str(len(copies))
                node.input[index] = copy.name
                copies.append(copy)
    del model.graph.initializer[:]
    model.graph.initializer.extend(reversed(copies))
    return model


def constants(model):
    """Turn initializers into Constant nodes."""
    nodes = [
        onnx.helper.make_node('Constant', [], [x.name], value=x) for x in model.graph.initializer
    ]
    nodes += model.graph.node
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def joined(init, following):
    """Join `init` and `next` into `combined`, as in the zoo's files."""
    first = compose.add_prefix(onnx.load(init), 'init_')
    second = compose.add_prefix(onnx.load(following), 'next_')
    start = first.graph.output[0].name, second.graph.input[2].name
    return compose.merge_models(first, second, io_map=[start])


def by_onnxsim(model, **options):
    simplified, agrees = onnxsim.simplify(model, **options)
    assert agrees
    return simplified


def assert_same(weights, network):
    expected = network.state_dict()
    assert sorted(weights) == sorted(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(weights[name], tensor.numpy(), err_msg=name)


CHANGES = {
    'as_exported': lambda model: model,
    'anonymous': anonymous,
    'constants': constants,
    'onnxsim': by_onnxsim,
    'onnxslim': onnxslim.slim,
    # With inferred shapes, both tools write files that compute other values or fail to run.
    'onnxsim_without_shapes': lambda model: by_onnxsim(model, skip_shape_inference=True),
    'onnxslim_without_shapes': lambda model: onnxslim.slim(model, no_shape_infer=True),
}


@pytest.mark.parametrize(
    ('kind', 'change'),
    [
        *(('init', change) for change in ('as_exported', 'anonymous', 'constants')),
        ('combined', 'anonymous'),
        *(('unfolded', change) for change in ('as_exported', 'onnxsim', 'onnxslim')),
        *(('joined', change) for change in ('as_exported', 'onnxsim', 'onnxslim')),
    ],
)
def test_recognises_every_weight(published, export, tmp_path, kind, change):
    """The weights are exact, with or without names, shared or copied, plain or simplified."""
    if kind == 'unfolded':
        iterations, two_passes = 2, False
        model = onnx.load(export(published, 'init', 64, 96, folded=False))
    elif kind == 'joined':
        iterations, two_passes = 2, True
        model = joined(export(published, 'init', 32, 48), export(published, 'next', 64, 96))
    else:
        iterations, two_passes = KINDS[kind][2], kind == 'combined'
        model = onnx.load(export(published, kind, *KINDS[kind]))
    path = tmp_path / 'model.onnx'
    onnx.save(CHANGES[change](model), path)
    file = read_zoo_file(path)
    assert_same(file.weights, published)
    assert (file.iterations, file.two_passes) == (iterations, two_passes)


def test_recognises_every_weight_in_the_order_of_this_project(published, tmp_path):
    """This order computes the features at 1/16 of the size before those at 1/8."""
    export_plainly(published, 'init', 64, 96, 2, tmp_path / 'model.onnx')
    assert_same(read_zoo_file(tmp_path / 'model.onnx').weights, published)


def test_refuses_a_next_file(published, export):
    """A `next` file lacks the weights of the coarse stages."""
    with pytest.raises(WeightsError, match='`next` file'):
        read_zoo_file(export(published, 'next', 64, 96))


@pytest.mark.parametrize(
    ('kind', 'change'),
    [
        ('init', 'onnxsim_without_shapes'),
        ('init', 'onnxslim_without_shapes'),
        ('combined', 'as_exported'),
    ],
)
def test_imported_model_gives_the_same_disparity_as_the_file(
    published, export, tmp_path, monkeypatch, capsys, kind, change
):
    """The command compares both and prints the difference."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    path = tmp_path / 'model.onnx'
    onnx.save(CHANGES[change](onnx.load(export(published, kind, *KINDS[kind]))), path)
    assert run(['models', 'import', str(path), '--name', 'official']) == 0
    *_, differs, wrote = capsys.readouterr().out.splitlines()
    assert float(differs.split()[-2]) <= 1e-4  # px
    model = onnx.load(wrote.removeprefix('official: wrote '))
    assert {x.key: x.value for x in model.metadata_props} == {
        'crestereo.name': 'official',
        'crestereo.iterations': str(KINDS[kind][2]),
        'crestereo.device': 'cpu',
        'crestereo.sign_flips': '1',
    }


def test_refuses_a_file_that_uses_its_weights_in_another_order(
    published, export, tmp_path, monkeypatch, capsys
):
    """Two weights of the same shape have changed places in the graph."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    model = onnx.load(export(published, 'init', *KINDS['init']))
    names = [f'network.update_block.gru.conv{gate}1.weight' for gate in 'zr']
    nodes = list(model.graph.node)
    places = [[i for i, node in enumerate(nodes) if name in node.input] for name in names]
    for z, r in zip(*places, strict=True):
        assert z < r
        nodes[z], nodes[r] = nodes[r], nodes[z]
    assert len(places[0]) == 4  # updates
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, tmp_path / 'other.onnx')

    assert run(['models', 'import', str(tmp_path / 'other.onnx')]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert 'other.onnx has weights of the right shapes, but' in line
    assert not (tmp_path / 'cache').exists()


def with_impossible_shape(model):
    (weight,) = (x for x in model.graph.initializer if x.name == 'network.fnet.conv1.weight')
    weight.dims[0] = 1 << 40


def with_nan(model):
    (weight,) = (x for x in model.graph.initializer if x.name == 'network.fnet.conv1.weight')
    array = numpy_helper.to_array(weight).copy()
    array[3, 2, 1, 0] = np.nan
    weight.CopyFrom(numpy_helper.from_array(array, weight.name))


def with_dynamic_height(model):
    for given in model.graph.input:
        given.type.tensor_type.shape.dim[2].dim_param = 'height'


def with_unequal_inputs(model):
    model.graph.input[1].type.tensor_type.shape.dim[2].dim_value = 32


def with_inputs_of_another_size(model):
    for given in model.graph.input:
        given.type.tensor_type.shape.dim[2].dim_value = 48


def with_huge_inputs(model):
    for given in model.graph.input:
        given.type.tensor_type.shape.dim[2].dim_value = 1 << 30


def with_a_node_without_inputs(model):
    node = next(node for node in model.graph.node if node.op_type == 'MatMul')
    del node.input[:]


def with_one_input(model):
    del model.graph.input[1]


@pytest.mark.parametrize(
    ('damage', 'message'),
    [
        (with_impossible_shape, 'fnet.conv1.weight do not fit its type or shape 109951162777'),
        (with_nan, 'not all numbers are finite (nan or infinity) in fnet.conv1.weight'),
        (with_dynamic_height, 'is 1x3xheightx96: export the network with a fixed size'),
        (with_unequal_inputs, 'is 1x3x64x96 and the right one 1x3x32x96: they must be'),
        (with_inputs_of_another_size, 'model.onnx cannot be '),
        (with_huge_inputs, 'at most 2048 pixels a side'),
        (with_a_node_without_inputs, 'model.onnx is damaged: MatMul '),
        (with_one_input, 'model.onnx has 1 inputs: an `init` file has 2'),
    ],
)
def test_damaged_file_is_refused_in_one_line(
    published, export, tmp_path, monkeypatch, capfd, damage, message
):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    model = onnx.load(export(published, 'init', *KINDS['init']))
    damage(model)
    onnx.save(model, tmp_path / 'model.onnx')
    assert run(['models', 'import', str(tmp_path / 'model.onnx')]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / 'cache').exists()


@pytest.fixture
def external(published, export, tmp_path):
    """Return the path of a file that keeps its weights in model.data in the same folder."""
    path = tmp_path / 'model.onnx'
    model = onnx.load(export(published, 'init', *KINDS['init']))
    onnx.save(model, path, save_as_external_data=True, location='model.data')
    return path


def test_reads_weights_from_an_external_file(published, external):
    assert_same(read_zoo_file(external).weights, published)


@pytest.mark.parametrize('missing', [True, False])
def test_names_the_external_file_if_it_is_missing_or_truncated(external, missing):
    data = external.with_suffix('.data')
    if missing:
        data.unlink()
    else:
        data.write_bytes(data.read_bytes()[:1000])
    with pytest.raises(WeightsError, match='weights in another file, model.data, .*put it beside'):
        read_zoo_file(external)


def test_limits_iterations_to_the_maximum(published, export, tmp_path, monkeypatch, capsys):
    """The imported model opens and runs the maximum."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    path = export(published, 'init', 32, 48, iterations=34)
    assert run(['models', 'import', str(path), '--name', 'many', '--for', 'gpu']) == 0
    assert 'runs 34 iterations, the model at most 32' in capsys.readouterr().out
    assert StereoMatcher('many', 'cpu').resolved((32, 48))[0] == 32
