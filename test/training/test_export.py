# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The exported files, compared with the network in PyTorch."""

import numpy as np
import onnxruntime
import pytest
import torch

from training.export import export_checkpoint
from training.network import FAST
from training.train import Trainer


@pytest.fixture(scope='module')
def exported(tmp_path_factory):
    """Return an untrained network and sessions on its exported files, by name."""
    folder = tmp_path_factory.mktemp('export')
    trainer = Trainer()
    with torch.no_grad():  # its initial zeros would give the same value everywhere
        torch.nn.init.normal_(trainer.average.error_head.conv2.weight, std=0.1)
    trainer.save(folder / 'checkpoint.pt')
    paths = export_checkpoint(folder / 'checkpoint.pt', folder / 'models')
    return trainer.average, {
        path.stem: onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
        for path in paths
    }


# Largest difference, as a share of the largest value.
TOLERANCES = {'crestereo_compact': 1e-3, 'crestereo_compact_fp16': 2e-2}


@pytest.mark.parametrize('model', TOLERANCES)
@pytest.mark.parametrize(
    ('size', 'coarse', 'fine'),
    [((64, 96), 1, 1), ((96, 64), 2, 5), ((20, 36), 1, 2), ((32, 32), 1, 16)],
)
@pytest.mark.parametrize('with_start', [False, True])
def test_gives_the_same_disparity(exported, model, size, coarse, fine, with_start):
    """File and network agree at any size and number of updates, within the format's precision."""
    network, sessions = exported
    session = sessions[model]
    rng = np.random.default_rng(0)
    left, right = rng.uniform(0, 255, (2, 1, 3, *size)).astype(np.float32)
    start = rng.uniform(0, 9, (1, 2, size[0] // 2, size[1] // 2)).astype(np.float32)
    coarse = 0 if with_start else coarse
    feed = (left, right, start, np.int64(coarse), np.int64(fine))
    inputs = {i.name: np.asarray(x) for i, x in zip(session.get_inputs(), feed, strict=True)}
    result, confidence = session.run(['disparity', 'confidence'], inputs)
    with torch.no_grad():
        tensors = torch.from_numpy(left), torch.from_numpy(right)
        flow = torch.from_numpy(start) if with_start else None
        expected = network(*tensors, coarse, fine, flow)
    disparity = expected.disparity.numpy()
    np.testing.assert_allclose(result, disparity, atol=TOLERANCES[model] * np.abs(disparity).max())
    np.testing.assert_allclose(confidence, expected.confidence, atol=TOLERANCES[model])


def test_search_agrees_in_rows_of_any_length(exported):
    """This covers rows of many cells with large disparities."""
    network, sessions = exported
    texture = np.random.default_rng(1).uniform(0, 255, (1, 3, 64, 960)).astype(np.float32)
    for width, disparity in (64, 16), (320, 200), (800, 130):
        left, right = texture[..., :width], texture[..., disparity : disparity + width]
        left, right = np.ascontiguousarray(left), np.ascontiguousarray(right)
        feed = (left, right, np.zeros((1, 2, 1, 1), np.float32), np.int64(1), np.int64(2))
        session = sessions['crestereo_compact']
        inputs = {i.name: np.asarray(x) for i, x in zip(session.get_inputs(), feed, strict=True)}
        (result,) = session.run(['disparity'], inputs)
        with torch.no_grad():
            expected = network(torch.from_numpy(left), torch.from_numpy(right), 1, 2).disparity
        np.testing.assert_allclose(result, expected, atol=1e-3 * expected.abs().max())


@pytest.mark.parametrize('size', [(16, 16), (16, 64), (64, 16)])
def test_the_smallest_maps_agree(exported, size):
    """At 1/16 of the size they have one row or column, and everything else is outside."""
    network, sessions = exported
    left, right = np.random.default_rng(0).uniform(0, 255, (2, 1, 3, *size)).astype(np.float32)
    feed = (left, right, np.zeros((1, 2, 1, 1), np.float32), np.int64(2), np.int64(3))
    session = sessions['crestereo_compact']
    inputs = {i.name: np.asarray(x) for i, x in zip(session.get_inputs(), feed, strict=True)}
    (result,) = session.run(['disparity'], inputs)
    with torch.no_grad():
        expected = network(torch.from_numpy(left), torch.from_numpy(right), 2, 3).disparity
    np.testing.assert_allclose(result, expected, atol=1e-3 * expected.abs().max())


def test_fast_widths_have_their_own_file(tmp_path):
    """The file has the name of the widths, and there is no other format."""
    Trainer(FAST).save(tmp_path / 'fast.pt')
    paths = export_checkpoint(tmp_path / 'fast.pt', tmp_path, 'fast')
    assert [path.name for path in paths] == ['crestereo_fast.onnx']
    session = onnxruntime.InferenceSession(paths[0], providers=['CPUExecutionProvider'])
    assert session.get_modelmeta().custom_metadata_map['crestereo.name'] == 'crestereo_fast'
