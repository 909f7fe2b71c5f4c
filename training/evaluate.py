# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Print how good and how fast the shipped models are: the tables of docs/model_card.md.

    python -m training.evaluate

This takes about half an hour on two cores; --tables chooses some of the tables.
"""

import argparse
from pathlib import Path
import warnings

import cv2
import torch

from crestereo_ros.evaluation.accuracy import print_accuracy, print_comparison
from training.evaluation.exports import print_exports, print_precisions
from training.evaluation.pairs import all_sets, DOMAINS, domains
from training.export import FOLDER, FORMATS, MODELS
from training.network import CREStereo
from training.train import CHECKPOINT, NEW_PARTS

THREADS = 2
TABLES = ('accuracy', 'domains', 'precisions', 'exports')


def trained_network(checkpoint: Path) -> CREStereo:
    """
    Return the averaged network of a checkpoint.

    :returns: a network without the new parts that the checkpoint lacks, as its model files are
    """
    weights = torch.load(checkpoint, map_location='cpu', weights_only=True)['average']
    network = CREStereo()
    for prefix in NEW_PARTS:
        if not any(name.startswith(prefix) for name in weights):
            setattr(network, prefix.rstrip('.'), None)
    network.load_state_dict(weights)
    return network


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--tables', nargs='+', choices=TABLES, default=TABLES)
    parser.add_argument('--iterations', type=int, nargs='+', default=(1, 2, 4, 8, 32))
    parser.add_argument('--checkpoint', type=Path, default=CHECKPOINT)
    arguments = parser.parse_args()

    # PyTorch warns that sizes become constants in its plain export, which is what is wanted.
    warnings.filterwarnings('ignore', module=r'torch\.onnx|training\.network')
    cv2.setNumThreads(THREADS)
    sets = all_sets()
    print(', '.join(f'{name}: {len(pairs)}' for name, pairs in sets.items()), 'pairs')
    if 'accuracy' in arguments.tables:
        print_accuracy(sets, MODELS[0], arguments.iterations, THREADS)
    if 'domains' in arguments.tables:
        pairs = domains()
        names = [f'crestereo_{widths}' for widths in FORMATS]
        models = [name for name in names if (FOLDER / f'{name}.onnx').exists()]
        if pairs:
            print_comparison(pairs, models, THREADS)
        else:
            print(f'\n{DOMAINS} is missing: there is no comparison with SGBM on its pairs')
    if 'precisions' in arguments.tables:
        print_precisions(sets, MODELS, trained_network(arguments.checkpoint), THREADS)
    if 'exports' in arguments.tables:
        print_exports(sets['layered scenes'][0], THREADS)


if __name__ == '__main__':
    main()
