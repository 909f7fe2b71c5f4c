# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Print how good and how fast the shipped models are: the tables of docs/model_card.md.

    python -m training.evaluate

Takes about a quarter of an hour on two cores; --tables picks one.
"""

import argparse
import warnings

import cv2
import torch

from crestereo_ros.evaluation.accuracy import print_accuracy
from training.evaluation.exports import print_exports, print_precisions
from training.evaluation.pairs import all_sets
from training.export import MODELS
from training.network import CREStereo
from training.train import CHECKPOINT

THREADS = 2
TABLES = ('accuracy', 'precisions', 'exports')


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--tables', nargs='+', choices=TABLES, default=TABLES)
    parser.add_argument('--iterations', type=int, nargs='+', default=(1, 2, 4, 8, 32))
    arguments = parser.parse_args()

    # PyTorch says of its plain export that sizes become constants, which is what is wanted.
    warnings.filterwarnings('ignore', module=r'torch\.onnx|training\.network')
    cv2.setNumThreads(THREADS)
    sets = all_sets()
    print(', '.join(f'{name}: {len(pairs)}' for name, pairs in sets.items()), 'pairs')
    if 'accuracy' in arguments.tables:
        print_accuracy(sets, MODELS[0], arguments.iterations, THREADS)
    if 'precisions' in arguments.tables:
        network = CREStereo()
        network.load_state_dict(torch.load(CHECKPOINT, weights_only=True)['average'])
        print_precisions(sets, MODELS, network, THREADS)
    if 'exports' in arguments.tables:
        print_exports(sets['layered scenes'][0], THREADS)


if __name__ == '__main__':
    main()
