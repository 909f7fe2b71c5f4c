# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Export the newest checkpoint to the ONNX files that the package ships.

    python -m training.export
"""

import argparse
from pathlib import Path

import onnx
import torch

from crestereo_ros.network import build_model, Float16, Float32, Int8
from training.calibration import calibrate, SCENES, SENSITIVE
from training.train import CHECKPOINT

FOLDER = Path(__file__).parents[1] / 'models'
MODELS = ('crestereo_compact', 'crestereo_compact_int8', 'crestereo_compact_fp16')
ITERATIONS = 4
FIRST_PIXELS = 150_000  # a first pass at more finds large disparities less surely


def export_checkpoint(checkpoint, folder, scenes=SCENES):
    """
    Write the averaged weights of a checkpoint as model files and return their paths.

    `scenes`: how many rendered scenes the 8-bit file is calibrated on.
    """
    state = torch.load(checkpoint, weights_only=True)
    weights = {name: value.numpy() for name, value in state['average'].items()}
    ranges = calibrate(weights, scenes)
    rounded = {
        name: r for name, r in ranges.items() if not any(part in name for part in SENSITIVE)
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, arithmetic in zip(MODELS, (Float32(), Int8(rounded), Float16()), strict=True):
        metadata = {
            'crestereo.name': name,
            'crestereo.iterations': str(ITERATIONS),
            'crestereo.first_pixels': str(FIRST_PIXELS),
            'crestereo.license': 'Apache-2.0',
            'crestereo.steps': str(state['step']),
        }
        model = build_model(weights, sign_flips=False, metadata=metadata, arithmetic=arithmetic)
        paths.append(folder / f'{name}.onnx')
        onnx.save(model, paths[-1])
    return paths


def main():
    """Export."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--checkpoint', type=Path, default=CHECKPOINT)
    parser.add_argument('--folder', type=Path, default=FOLDER)
    arguments = parser.parse_args()
    for path in export_checkpoint(arguments.checkpoint, arguments.folder):
        print(path, f'{path.stat().st_size / 2**20:.1f} MiB')


if __name__ == '__main__':
    main()
