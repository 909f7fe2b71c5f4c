# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A narrower encoder learns the features of another one."""

from dataclasses import astuple, replace
from pathlib import Path
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

from training.batches import SIZES
from training.distil import copy_all_but_encoder, distil, feature_error
from training.network import COMPACT, CREStereo, FAST
from training.pool import Pair, write_pair
from training.scenes import render_scene
from training.scenes.scene import StereoSample
from training.train import Trainer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def teacher():
    """Return a network; an untrained one has features too."""
    torch.manual_seed(1)
    return CREStereo(COMPACT).requires_grad_(False)


@pytest.fixture(scope='module')
def images():
    """Return both images of a scene, (2, 3, 64, 96)."""
    scene = render_scene(np.random.default_rng(0), 64, 96, 12)
    return torch.stack([torch.as_tensor(x.copy()) for x in (scene.left, scene.right)]).permute(
        0, 3, 1, 2
    )


def test_copies_all_weights_but_the_encoders(teacher):
    trainer = Trainer(FAST)
    encoder = {name: x.clone() for name, x in trainer.network.fnet.state_dict().items()}
    copy_all_but_encoder(trainer, teacher)

    for network in trainer.network, trainer.average:
        for name, value in teacher.state_dict().items():
            expected = encoder[name[5:]] if name.startswith('fnet.') else value
            assert torch.equal(network.state_dict()[name], expected)


def test_a_network_that_differs_elsewhere_is_refused(teacher):
    with pytest.raises(RuntimeError, match='size mismatch'):
        copy_all_but_encoder(Trainer(replace(FAST, head=32)), teacher)


def test_the_error_is_a_share_of_the_variance():
    aims = torch.randn(2, 3, 40, 50) * torch.tensor([1.0, 10.0, 0.1])[:, None, None]

    assert feature_error(aims, aims) == 0
    assert feature_error(aims.mean((0, 2, 3), keepdim=True), aims) == pytest.approx(1, abs=1e-3)


def test_only_the_encoder_learns(teacher, images):
    trainer = Trainer(FAST)
    copy_all_but_encoder(trainer, teacher)
    errors = [distil(trainer, teacher, images.float(), 3e-3) for _ in range(60)]

    assert errors[-1] < 0.5 * errors[0]
    for name, value in trainer.network.state_dict().items():
        if not name.startswith('fnet.'):
            assert torch.equal(value, teacher.state_dict()[name])


def test_training_continues_from_the_checkpoint_of_the_command(tmp_path):
    source = Trainer(COMPACT)
    source.save(tmp_path / 'compact.pt')
    (tmp_path / 'pool').mkdir()
    scene = render_scene(np.random.default_rng(0), 192, 320, 30)
    for number, size in enumerate(SIZES):
        part = StereoSample(*(cv2.resize(x, size[::-1]) for x in astuple(scene)))
        write_pair(tmp_path / 'pool', number, Pair(part, infrared=False))
    subprocess.run(
        [sys.executable, '-m', 'training.distil', '--steps', '1', '--pixels', '1']
        + ['--teacher', tmp_path / 'compact.pt', '--checkpoint', tmp_path / 'fast.pt']
        + ['--log', tmp_path / 'fast.log', '--pool', tmp_path / 'pool'],
        cwd=ROOT,
        check=True,
    )

    trainer = Trainer(FAST, seed=1)
    trainer.load(tmp_path / 'fast.pt')
    assert trainer.step == 1
    assert torch.equal(
        trainer.network.update_block.mask[0].bias, source.network.update_block.mask[0].bias
    )
