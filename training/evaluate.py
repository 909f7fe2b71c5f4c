# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Print how accurate and how fast the included models are: the tables of docs/model_card.md.

    python -m training.evaluate

This takes about half an hour on two cores; --tables chooses some of the tables.
"""

import argparse
import warnings

import cv2

from crestereo_ros.models.model_files import shipped_models
from training.evaluation.accuracy import print_accuracy, print_comparison, print_models
from training.evaluation.exports import print_exports
from training.evaluation.pairs import all_sets, DOMAINS, domains, halves
from training.evaluation.phone import PHONE_PAIRS, phone_pairs, print_phone_pairs

THREADS = 2
TABLES = ('accuracy', 'domains', 'phone', 'models', 'exports')


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--tables', nargs='+', choices=TABLES, default=TABLES)
    parser.add_argument('--iterations', type=int, nargs='+', default=(1, 2, 4, 8, 32))
    arguments = parser.parse_args()

    # PyTorch warns that sizes become constants in its plain export, as intended.
    warnings.filterwarnings('ignore', module=r'torch\.onnx|training\.network')
    cv2.setNumThreads(THREADS)
    sets = all_sets()
    print(', '.join(f'{name}: {len(pairs)}' for name, pairs in sets.items()), 'pairs')
    models = sorted(shipped_models())
    # The _fp16 files have the same weights as the others.
    networks = [name for name in models if not name.endswith('_fp16')]
    if 'accuracy' in arguments.tables:
        print_accuracy(sets, networks, arguments.iterations, THREADS)
    if 'domains' in arguments.tables:
        pairs = domains()
        if pairs:
            print_comparison(halves(pairs), networks, THREADS)
        else:
            print(f'\n{DOMAINS} is missing: skipping the comparison with SGBM on its pairs')
    if 'phone' in arguments.tables:
        if PHONE_PAIRS.exists():
            print_phone_pairs(phone_pairs(), networks, THREADS)
        else:
            print(f'\n{PHONE_PAIRS} is missing: skipping the comparison with the official maps')
    if 'models' in arguments.tables:
        print_models(sets, models, THREADS)
    if 'exports' in arguments.tables:
        print_exports(sets['layered scenes'][0], THREADS)


if __name__ == '__main__':
    main()
