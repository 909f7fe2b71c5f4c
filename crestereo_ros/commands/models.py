# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo models`: the models that can be used by name."""

import argparse
import os
from pathlib import Path

from crestereo_ros.commands.errors import CommandError
from crestereo_ros.matching.model_files import cache_directory, cached_models, shipped_models
from crestereo_ros.weights import read_state_dict, WeightsError

DEFAULT_ITERATIONS = 10


def add_parser(commands):
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'models',
        help='list and import models',
        description='Models that can be used by name: those shipped with the package, and those '
        'in your cache (~/.cache/crestereo_ros/models, unless XDG_CACHE_HOME is set).',
    )
    actions = parser.add_subparsers(metavar='ACTION', required=True)

    action = actions.add_parser('list', help='show them', description='Show the models.')
    action.set_defaults(run=list_models)

    action = actions.add_parser(
        'import',
        help='make a model of the published weights',
        description='Read the weights of the published CREStereo out of a file and put a model '
        'with them, for any resolution and number of iterations, into your cache.',
    )
    action.add_argument('file', type=Path, metavar='FILE', help='state dict saved by PyTorch')
    action.add_argument('--name', help='name of the model (default: that of FILE, without suffix)')
    action.set_defaults(run=import_model)


def list_models(options: argparse.Namespace):
    """Print a line for each model: name, state, size and file."""
    shipped, cached = shipped_models(), cached_models()
    rows = [(name, 'shipped', path) for name, path in shipped.items()]
    rows += [(name, 'cached', path) for name, path in cached.items() if name not in shipped]
    width = max((len(name) for name, *_ in rows), default=0)
    for name, state, path in rows:
        print(f'{name:{width}}  {state:9}  {path.stat().st_size / 1e6:6.1f} MB  {path}')


def import_model(options: argparse.Namespace):
    """Write the model into the cache."""
    try:
        from crestereo_ros.network import build_model
    except ImportError as error:
        raise CommandError(f'{error}: pip install onnx spox') from error
    name = options.name or options.file.stem
    path = _new_file(name)
    try:
        weights = read_state_dict(options.file)
    except WeightsError as error:
        raise CommandError(str(error)) from error
    metadata = {'crestereo.name': name, 'crestereo.iterations': str(DEFAULT_ITERATIONS)}
    model = build_model(weights, sign_flips=True, metadata=metadata)
    _write(path, model.SerializeToString())
    print(f'{name}: {sum(x.size for x in weights.values()):,} weights; wrote {path}')


def _new_file(name: str) -> Path:
    # Where a model of this name goes, if it is a name and still free.
    if not name or name != Path(name).name or name.endswith('.onnx'):
        raise CommandError(f'{name!r} is no name of a model: use --name, with no / and no .onnx')
    taken = shipped_models() | cached_models()
    if name in taken:
        raise CommandError(
            f'there is a model {name!r} already: choose another --name, or delete {taken[name]}'
        )
    return cache_directory() / f'{name}.onnx'


def _write(path: Path, content: bytes):
    # Whole or not at all, whatever happens midway.
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'{path.name}.{os.getpid()}.part')
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
