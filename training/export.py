# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Export the newest checkpoint to the ONNX files that the package includes.

    python -m training.export
    python -m training.export --widths fast
"""

import argparse
from pathlib import Path

import onnx
import torch

from crestereo_ros.network import build_model, Float16, Float32
from training.train import CHECKPOINTS, WIDTHS

FOLDER = Path(__file__).parents[1] / 'models'
# The number format of convolutions in each file, by widths and suffix of the file name.
FORMATS = {
    'compact': {'': Float32(), '_fp16': Float16()},
    'fast': {'': Float32()},
    'official': {'': Float32(), '_fp16': Float16()},
}
# The default numbers of updates that the files contain.
ITERATIONS = {'compact': 4, 'fast': 2, 'official': 4}
FIRST_PIXELS = 28_000  # a first pass at a larger size is less reliable for large disparities


def export_checkpoint(checkpoint: Path, folder: Path, widths: str = 'compact') -> list[Path]:
    """
    Write the averaged weights of a checkpoint as model files.

    :param widths: determines the files' names and formats, see FORMATS
    :returns: the files' paths
    """
    state = torch.load(checkpoint, map_location='cpu', weights_only=True)
    weights = {name: value.numpy() for name, value in state['average'].items()}
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for ending, arithmetic in FORMATS[widths].items():
        name = f'crestereo_{widths}{ending}'
        metadata = {
            'crestereo.name': name,
            'crestereo.iterations': str(ITERATIONS[widths]),
            'crestereo.first_pixels': str(FIRST_PIXELS),
            'crestereo.license': 'Apache-2.0',
            'crestereo.steps': str(state['step']),
        }
        model = build_model(weights, sign_flips=False, metadata=metadata, arithmetic=arithmetic)
        paths.append(folder / f'{name}.onnx')
        onnx.save(model, paths[-1])
    return paths


def main() -> None:
    """Export the checkpoint of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--widths', choices=WIDTHS, default='compact')
    parser.add_argument('--checkpoint', type=Path, help='default: checkpoints/WIDTHS.pt')
    parser.add_argument('--folder', type=Path, default=FOLDER)
    arguments = parser.parse_args()
    checkpoint = arguments.checkpoint or CHECKPOINTS / f'{arguments.widths}.pt'
    for path in export_checkpoint(checkpoint, arguments.folder, arguments.widths):
        print(path, f'{path.stat().st_size / 2**20:.1f} MiB')


if __name__ == '__main__':
    main()
