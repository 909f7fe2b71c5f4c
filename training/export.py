# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Export the newest checkpoint to the ONNX file that the package ships.

    python -m training.export
"""

import argparse
from pathlib import Path

import onnx
import torch

from crestereo_ros.network import build_model
from training.train import CHECKPOINT

MODEL = Path(__file__).parents[1] / 'models' / 'crestereo_compact.onnx'
ITERATIONS = 4


def export_checkpoint(checkpoint, model):
    """Write the averaged weights of a checkpoint as a model file."""
    state = torch.load(checkpoint, weights_only=True)
    weights = {name: value.numpy() for name, value in state['average'].items()}
    metadata = {
        'crestereo.name': model.stem,
        'crestereo.iterations': str(ITERATIONS),
        'crestereo.license': 'Apache-2.0',
        'crestereo.steps': str(state['step']),
    }
    model.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(build_model(weights, sign_flips=False, metadata=metadata), model)


def main():
    """Export."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--checkpoint', type=Path, default=CHECKPOINT)
    parser.add_argument('--model', type=Path, default=MODEL)
    arguments = parser.parse_args()
    export_checkpoint(arguments.checkpoint, arguments.model)
    print(arguments.model, f'{arguments.model.stat().st_size / 2**20:.1f} MiB')


if __name__ == '__main__':
    main()
