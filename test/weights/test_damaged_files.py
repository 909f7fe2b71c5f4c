# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files with changed bytes: each is read or refused with an error of ours, and ends no process."""

import io
import json
import pickle
import subprocess
import sys
import zipfile

import pytest

from training.zoo_model import build_zoo_model

# Reads a file again and again, each time with other bytes changed, and prints what came of it.
READING = """
import json
from pathlib import Path
import random
import resource
import sys
import zipfile
from crestereo_ros.weights import read_state_dict, WeightsError
from crestereo_ros.weights.onnx_file import read_zoo_file

resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # what announces more gets none
path, entry, count, ranges = Path(sys.argv[1]), *json.loads(sys.argv[2])
read = read_zoo_file if path.suffix == '.onnx' else read_state_dict
entries = {}
if entry:  # of an archive; its checksum fits again, as in a file that is made to do harm
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
whole = entries[entry] if entry else path.read_bytes()
ranges = ranges or [(0, len(whole))]
chance, outcomes = random.Random(0), {'read': 0, 'refused': 0}
for number in range(count):
    content = bytearray(whole)
    for _ in range(chance.choice((1, 2, 8))):
        at = chance.randrange(*chance.choice(ranges))
        content[at] = chance.choice((0, 1, 127, 255, chance.randrange(256)))
    if chance.random() < 0.1:
        del content[chance.randrange(len(content)) :]
    if entry:
        with zipfile.ZipFile(path, 'w') as archive:
            for name, other in (entries | {entry: content}).items():
                archive.writestr(name, bytes(other))
    else:
        path.write_bytes(content)
    try:
        read(path)
        outcomes['read'] += 1
    except WeightsError as error:
        outcomes['refused'] += 1
        assert str(path) in str(error) and len(str(error)) < 2000, error
print(json.dumps(outcomes))
"""


@pytest.fixture
def read_changed(tmp_path):
    """
    Return a function that reads a file with changed bytes, and says how often it was refused.

    The changes are in `ranges` of the file, or of one entry if it is an archive.
    """

    def read_changed(name, content, count, entry=None, ranges=None):
        (tmp_path / name).write_bytes(content)
        arguments = str(tmp_path / name), json.dumps([entry, count, ranges])
        ended = subprocess.run(
            [sys.executable, '-c', READING, *arguments], capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stderr
        outcomes = json.loads(ended.stdout)
        assert sum(outcomes.values()) == count
        return outcomes['refused']

    return read_changed


class Tensor(tuple):
    """The key of the numbers, the shape and the strides."""


class Pickler(pickle._Pickler):
    """Pickles tensors as torch.save does."""

    def save(self, obj, save_persistent_id=True):
        if not isinstance(obj, Tensor):
            super().save(obj, save_persistent_id)
            return
        key, shape, strides = obj
        self.write(pickle.GLOBAL + b'torch._utils\n_rebuild_tensor_v2\n' + 2 * pickle.MARK)
        self.save('storage')
        self.write(pickle.GLOBAL + b'torch\nFloatStorage\n')
        for x in key, 'cpu', 1:
            self.save(x)
        self.write(pickle.TUPLE + pickle.BINPERSID)
        for x in 0, shape, strides, False, {}:
            self.save(x)
        self.write(pickle.TUPLE + pickle.REDUCE)


@pytest.fixture
def pytorch_file(small_weights):
    """Content of a file of PyTorch."""
    tensors = {
        name: Tensor((str(key), x.shape, tuple(step // 4 for step in x.strides)))
        for key, (name, x) in enumerate(small_weights.items())
    }
    structure, file = io.BytesIO(), io.BytesIO()
    Pickler(structure, protocol=2).dump(tensors)
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('a/data.pkl', structure.getvalue())
        for key, array in enumerate(small_weights.values()):
            archive.writestr(f'a/data/{key}', array.tobytes())
    return file.getvalue()


def test_archives_of_pytorch(read_changed, pytorch_file):
    assert read_changed('a.pth', pytorch_file, 200) > 50


def test_structures_of_pytorch(read_changed, pytorch_file):
    assert 100 < read_changed('a.pth', pytorch_file, 300, 'a/data.pkl') < 300


@pytest.mark.parametrize('protocol', [0, 4, 5])
def test_pickles_of_arrays(read_changed, small_weights, protocol):
    content = pickle.dumps({'state_dict': dict(small_weights)}, protocol)
    assert read_changed('a.mge', content, 100, ranges=[(0, 2000), (0, len(content))]) > 20


def test_safetensors(read_changed, small_weights):
    from safetensors import numpy as safetensors

    content = safetensors.save(small_weights)
    assert read_changed('a.safetensors', content, 200, ranges=[(0, 9000)]) > 100


def test_zoo_files(read_changed, official_weights):
    sizes = {'kind': 'init', 'height': 32, 'width': 48, 'iterations': 1}
    model = build_zoo_model(official_weights, **sizes, sign_flips=True)
    # The nodes come first, then the weights, and then inputs and outputs.
    content = model.SerializeToString()
    nodes = len(content) - sum(x.ByteSize() for x in model.graph.initializer)
    ranges = [(0, nodes), (len(content) - 500, len(content)), (0, len(content))]
    assert read_changed('a.onnx', content, 60, ranges=ranges) > 20
