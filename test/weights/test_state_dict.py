# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights out of files, which are written here as PyTorch and MegEngine write them."""

from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

from crestereo_ros.weights import read_state_dict, WeightsError


@dataclass(frozen=True)
class Named:
    """A class or function of PyTorch, which is not here: only its name is written."""

    module: str
    name: str


@dataclass(frozen=True)
class Storage:
    """The numbers of a tensor, which lie beside the pickle."""

    array: np.ndarray
    key: str

    KINDS = {'float64': 'Double', 'float32': 'Float', 'float16': 'Half', 'int8': 'Char'}

    def reference(self):
        kind = Named('torch', f'{self.KINDS[self.array.dtype.name]}Storage')
        return 'storage', kind, self.key, 'cpu', self.array.size


class Tensor:
    """A tensor, with what its view of the storage has `changed` to."""

    def __init__(self, array, key, **changed):
        self.storage = Storage(array, key)
        strides = tuple(x // array.itemsize for x in array.strides)
        self.view = {'offset': 0, 'shape': array.shape, 'strides': strides} | changed


@dataclass(frozen=True)
class Changed:
    """An object, and a state that the opcode BUILD gives it."""

    obj: object
    state: object


class Writer(pickle._Pickler):
    """Pickles as torch.save does. The pickler in Python, since that in C cannot be extended."""

    def persistent_id(self, obj):
        return obj.reference() if isinstance(obj, Storage) else None

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Named):
            self.write(pickle.GLOBAL + f'{obj.module}\n{obj.name}\n'.encode())
        elif isinstance(obj, Changed):
            self.save(obj.obj)
            self.save(obj.state)
            self.write(pickle.BUILD)
        elif isinstance(obj, Tensor):
            self.save(Named('torch._utils', '_rebuild_tensor_v2'))
            self.save((obj.storage, *obj.view.values(), False, OrderedDict()))
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


def tensors(weights):
    """Tensors of arrays by name, each with a storage of its own."""
    return OrderedDict((name, Tensor(x, str(i))) for i, (name, x) in enumerate(weights.items()))


def in_memory(array):
    """Return the bytes of an array in their order in memory, also where it is transposed."""
    order = np.argsort([-x for x in array.strides], kind='stable')
    return array.transpose(order).tobytes()


def save(path, content, stored):
    """Write a file as torch.save does."""
    with zipfile.ZipFile(path, 'w') as archive:
        with archive.open('archive/data.pkl', 'w') as file:
            Writer(file, protocol=2).dump(content)
        for tensor in stored.values():
            key, array = tensor.storage.key, tensor.storage.array
            archive.writestr(f'archive/data/{key}', in_memory(array))
        archive.writestr('archive/byteorder', 'little')
        archive.writestr('archive/version', '3\n')
    return path


@pytest.fixture
def file(tmp_path):
    """Path of a file to write."""
    return tmp_path / 'weights.pth'


def assert_same(read, weights):
    assert sorted(read) == sorted(weights)
    for name, expected in weights.items():
        assert read[name].dtype == np.float32
        np.testing.assert_array_equal(read[name], expected)


def test_reads_a_state_dict(file, small_weights):
    stored = tensors(small_weights)
    assert_same(read_state_dict(save(file, stored, stored)), small_weights)


def test_reads_the_official_widths(file, official_weights):
    stored = tensors(official_weights)
    assert_same(read_state_dict(save(file, stored, stored)), official_weights)


@pytest.mark.parametrize(
    ('wrapper', 'prefix'),
    [
        ('state_dict', 'module.'),
        ('model_state_dict', '_orig_mod.module.'),
        ('model', 'model.'),
        ('net', 'module._orig_mod.'),
        ('params', ''),
    ],
)
def test_reads_the_state_dict_in_a_checkpoint(file, small_weights, wrapper, prefix):
    stored = tensors({f'{prefix}{name}': x for name, x in small_weights.items()})
    content = {'epoch': 3, wrapper: stored, 'loss': 0.5}
    assert_same(read_state_dict(save(file, content, stored)), small_weights)


@pytest.mark.parametrize('dtype', [np.float16, np.float64])
def test_makes_float32_of_other_types(file, small_weights, dtype, caplog):
    stored = tensors({name: x.astype(dtype) for name, x in small_weights.items()})
    expected = {name: x.astype(dtype).astype(np.float32) for name, x in small_weights.items()}
    assert_same(read_state_dict(save(file, stored, stored)), expected)
    assert ('float16, so they have three digits' in caplog.text) == (dtype == np.float16)


def test_refuses_the_integers_of_a_quantized_network(file, small_weights):
    weights = {name: x.astype(np.int8) for name, x in small_weights.items()}
    stored = tensors(weights)
    with pytest.raises(WeightsError, match=r'not floating point.*: fnet\.\S+ \(int8\), .* more'):
        read_state_dict(save(file, stored, stored))


def megengine(weights):
    """Return the content of an .mge file, whose biases have four axes."""
    arrays = {
        name: x.reshape(1, -1, 1, 1) if name.endswith('.bias') else x
        for name, x in weights.items()
    }
    return {'epoch': 3, 'state_dict': OrderedDict(arrays), 'best': np.float64(0.5)}


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize('layout', [np.ascontiguousarray, np.asfortranarray])
def test_reads_pickles_of_arrays_as_megengine_saves_them(file, small_weights, protocol, layout):
    arrays = {name: layout(x) for name, x in small_weights.items()}
    file.write_bytes(pickle.dumps(megengine(arrays), protocol))
    assert_same(read_state_dict(file), small_weights)


@pytest.mark.parametrize(
    ('array', 'message'),
    [
        (np.array(['a']), 'an array of something else than numbers'),
        (np.array([os.mkdir]), 'posix.mkdir, which could be any code'),
        (np.zeros(2, 'f4,i4'), 'it is damaged|an array of something else than numbers'),
    ],
)
def test_refuses_pickles_of_other_arrays(file, small_weights, array, message):
    file.write_bytes(pickle.dumps({**small_weights, 'fnet.conv1.bias': array}))
    with pytest.raises(WeightsError, match=message):
        read_state_dict(file)


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
def test_reads_safetensors(file, small_weights, dtype):
    from safetensors import numpy as safetensors

    weights = {name: x.astype(dtype) for name, x in small_weights.items()}
    safetensors.save_file(weights, file)
    assert_same(read_state_dict(file), {k: x.astype(np.float32) for k, x in weights.items()})


@pytest.mark.parametrize('size', [9, 300, 9000])
def test_refuses_safetensors_that_are_cut(file, small_weights, size):
    from safetensors import numpy as safetensors

    file.write_bytes(safetensors.save(small_weights)[:size])
    with pytest.raises(WeightsError, match='it is damaged'):
        read_state_dict(file)


def test_follows_the_strides(file, small_weights):
    name = 'fnet.layer1.0.conv1.weight'
    channels_last = small_weights[name].transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)
    stored = tensors(small_weights | {name: channels_last})
    assert channels_last.strides != small_weights[name].strides
    assert_same(read_state_dict(save(file, stored, stored)), small_weights)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'conv_offset_8.bias': None}, 'missing: conv_offset_8.bias$'),
        ({'fnet.norm1.weight': np.ones(8, np.float32)}, 'unknown: fnet.norm1.weight$'),
        (
            {'update_block.gru.convz1.weight': np.ones((16, 48, 5, 1), np.float32)},
            r'update_block.gru.convz1.weight is 16x48x5x1, not 16x48x1x5$',
        ),
    ],
)
def test_names_the_parameters_that_are_wrong(file, small_weights, change, message):
    weights = {k: x for k, x in (small_weights | change).items() if x is not None}
    stored = tensors(weights)
    with pytest.raises(WeightsError, match=message) as raised:
        read_state_dict(save(file, stored, stored))
    assert str(file) in str(raised.value)


def test_names_a_few_parameters_of_another_network(file):
    stored = tensors({f'layer{i}.weight': np.ones(3, np.float32) for i in range(9)})
    with pytest.raises(WeightsError, match='layer3.weight and 5 more$') as raised:
        read_state_dict(save(file, stored, stored))
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ({}, 'and nothing else by name'),
        ([], 'but a list'),
        (7, 'but a int'),
        ({'epoch': 3, 'weights': {'a': 1}}, "only 'epoch', 'weights'. Save the state dict on its"),
    ],
)
def test_refuses_a_file_without_a_state_dict(file, content, message):
    with pytest.raises(WeightsError, match=f'holds no state dict,? {message}'):
        read_state_dict(save(file, content, {}))


def test_reads_a_state_dict_in_two_wrappers(file, small_weights):
    stored = tensors(small_weights)
    content = {'model': {'epoch': 3, 'state_dict': stored}}
    assert_same(read_state_dict(save(file, content, stored)), small_weights)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 1e300])
def test_names_the_parameters_that_are_not_finite(file, small_weights, value):
    weights = {name: x.astype(np.float64) for name, x in small_weights.items()}
    weights['fnet.conv2.bias'][3] = weights['conv_offset_8.weight'][0, 1, 2, 0] = value
    stored = tensors(weights)
    message = r'not all numbers are finite .* in fnet.conv2.bias, conv_offset_8.weight$'
    with pytest.raises(WeightsError, match=message):
        read_state_dict(save(file, stored, stored))


@contextmanager
def at_most(size):
    """Fail where more bytes than this are allocated at one time."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size


def add_zeros(path, entry, megabytes):
    with zipfile.ZipFile(path, 'a', zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(entry, 'w') as file:
            for _ in range(megabytes):
                file.write(bytes(1_000_000))


def test_refuses_to_unpack_more_than_the_network_needs(file, small_weights):
    stored = tensors(small_weights)
    large = stored['fnet.conv1.weight'].storage.key
    save(file, stored, {name: x for name, x in stored.items() if x.storage.key != large})
    add_zeros(file, f'archive/data/{large}', megabytes=150)
    assert file.stat().st_size < 5_000_000
    message = r'data/\d+ in it unpacks to 150 MB, more than'
    with at_most(100_000_000), pytest.raises(WeightsError, match=message):
        read_state_dict(file)


def announce(path, entry, size):
    """Change the size that the directory of an archive announces for an entry."""
    content = bytearray(path.read_bytes())
    at = content.rindex(entry.encode()) - 46  # the last is the one in the directory
    assert content[at : at + 4] == b'PK\x01\x02'
    content[at + 24 : at + 28] = size.to_bytes(4, 'little')
    path.write_bytes(content)


@pytest.mark.parametrize('entry', ['data.pkl', 'data/0'])
def test_unpacks_no_more_than_was_announced(file, small_weights, entry):
    stored = tensors({'fnet.conv1.bias': small_weights['fnet.conv1.bias']} | small_weights)
    others = dict(list(stored.items())[1:])
    if entry == 'data.pkl':
        add_zeros(file, f'archive/{entry}', megabytes=200)
    else:
        save(file, stored, others)
        add_zeros(file, f'archive/{entry}', megabytes=200)
    announce(file, f'archive/{entry}', 1000)
    with at_most(50_000_000), pytest.raises(WeightsError):
        read_state_dict(file)


def test_refuses_a_structure_that_is_too_large(file):
    add_zeros(file, 'archive/data.pkl', megabytes=150)
    message = 'data.pkl in it unpacks to 150 MB, more than'
    with at_most(100_000_000), pytest.raises(WeightsError, match=message):
        read_state_dict(file)


def test_leaves_tensors_that_are_no_parameters_packed(file, small_weights):
    """Of a checkpoint, the state of the optimizer is left alone, however large."""
    large = Tensor(np.zeros(30_000_000, np.float32), 'large')
    stored = tensors(small_weights)
    content = {'state_dict': stored, 'optimizer': {'momentum': large}}
    save(file, content, stored | {'momentum': large})
    with at_most(100_000_000):
        assert_same(read_state_dict(file), small_weights)


@pytest.mark.parametrize(
    ('layer', 'width', 'message'),
    [
        ('fnet.conv2', 512, 'has 512 outputs: it can have 1 to 256, .* in multiples of 8$'),
        ('fnet.conv2', 12, 'has 12 outputs'),
        ('fnet.layer1.0.conv1', 0, 'has 0 outputs: it can have 1 to 64, .* network$'),
    ],
)
def test_refuses_widths_that_no_network_has(file, small_weights, layer, width, message):
    stored = tensors(small_weights | {f'{layer}.bias': np.zeros(width, np.float32)})
    with pytest.raises(WeightsError, match=f'{layer} {message}'):
        read_state_dict(save(file, stored, stored))


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_never_runs_what_a_pickle_asks_for(file, tmp_path, protocol):
    trace = tmp_path / 'trace'

    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(trace),)

    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('archive/data.pkl', pickle.dumps({'a': Attack()}, protocol))
    with pytest.raises(WeightsError, match='posix.mkdir, which could be any code'):
        read_state_dict(file)
    assert not trace.exists()
    pickle.loads(pickle.dumps(Attack(), protocol))
    assert trace.exists()  # so it was an attack


@pytest.mark.parametrize(
    ('named', 'message'),
    [
        (
            Named('torch._utils', '_rebuild_sparse_tensor'),
            r'not a plain tensor .* \(\.to_dense\(\)',
        ),
        (Named('torch', 'Float8_e4m3fnStorage'), 'not a plain tensor of floating point'),
        (Named('argparse', 'Namespace'), 'could be any code'),
    ],
)
def test_says_how_to_convert_what_is_no_plain_tensor(file, named, message):
    with pytest.raises(WeightsError, match=f'{named.module}.{named.name}, which .*{message}'):
        read_state_dict(save(file, {'a': named}, {}))


LYING = 'does not lie in its'


@pytest.mark.parametrize(
    ('changed', 'message'),
    [
        ({'offset': 1}, LYING),
        ({'offset': -1}, LYING),
        ({'offset': 1 << 70}, LYING),
        ({'offset': 0.0}, 'its structure is damaged'),
        ({'strides': (2,)}, LYING),
        ({'strides': (-1,)}, LYING),
        ({'strides': (1 << 61,)}, LYING),  # times the size of a number it is 0 again
        ({'strides': (1, 1)}, LYING),
        ({'strides': ('1',)}, 'its structure is damaged'),
        ({'shape': (9,)}, 'fnet.conv1.bias is 9, not 8'),
        ({'shape': (8, 1)}, 'fnet.conv1.bias is 8x1, not 8'),
        ({'shape': (1 << 40,), 'strides': (0,)}, 'fnet.conv1.bias is 1099511627776, not 8'),
        ({'shape': (-8,)}, 'fnet.conv1.bias is -8, not'),
        ({'shape': ([8],)}, 'its structure is damaged'),
    ],
)
def test_refuses_a_tensor_that_is_not_inside_of_its_storage(file, small_weights, changed, message):
    name = 'fnet.conv1.bias'
    stored = tensors(small_weights)
    wrong = Tensor(small_weights[name], stored[name].storage.key, **changed)
    with pytest.raises(WeightsError, match=f'cannot be read: .*{message}'):
        read_state_dict(save(file, stored | {name: wrong}, stored))


@pytest.mark.parametrize(
    'state',
    [{'strides': 4 * (1 << 40,)}, {'shape': ()}, (None, {'offset': 1}), (None, {'__code__': 1})],
)
def test_what_the_pickle_changes_afterwards_has_no_effect(file, small_weights, state):
    """A state changes neither a tensor nor what makes it."""
    stored = tensors(small_weights)
    changed = OrderedDict((name, Changed(x, state)) for name, x in stored.items())
    assert_same(read_state_dict(save(file, changed, stored)), small_weights)

    changed = {**stored, 'fnet.conv1.bias': Changed(Named('torch', 'FloatStorage'), state)}
    with pytest.raises(WeightsError, match='is damaged'):
        read_state_dict(save(file, changed, stored))


def test_refuses_a_file_without_its_numbers(file, small_weights):
    with pytest.raises(WeightsError, match='archive/data/0 is missing in it'):
        read_state_dict(save(file, tensors(small_weights), {}))


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'is empty'),
        (b'\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'a PyTorch before 1.6: load it'),
        (b'<html>', "not a file of PyTorch, MegEngine or safetensors: it begins with b'<html>'"),
        (b'\x80\x04K', 'is damaged'),
    ],
)
def test_refuses_what_is_no_such_file(file, content, message):
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        read_state_dict(file)


def test_refuses_an_archive_that_is_cut(file, small_weights):
    stored = tensors(small_weights)
    whole = save(file, stored, stored).read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match='is cut'):
        read_state_dict(file)


def test_refuses_another_archive(file):
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('readme.txt', 'Dear reader')
    with pytest.raises(WeightsError, match='no data.pkl'):
        read_state_dict(file)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_state_dict(Path(tmp_path / 'missing.pth'))
