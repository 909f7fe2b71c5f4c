# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo models`: the models that can be used by name."""

import argparse
from collections.abc import Mapping
from pathlib import Path
import sys

import numpy as np

from crestereo_ros.atomic_write import write_atomically
from crestereo_ros.commands import models_check
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.log_warnings import log_warnings
from crestereo_ros.commands.progress import progress_bar
from crestereo_ros.downloads import ADDRESS, fetch, fetch_described, NAMES
from crestereo_ros.freezing import freeze, Target
from crestereo_ros.matching.resolution import parse_resolution
from crestereo_ros.models.contracts import contract_of, ITERATIONS, SMALLEST_SIDE
from crestereo_ros.models.description import Description, UNKNOWN
from crestereo_ros.models.description_files import (
    read_description,
    shipped_descriptions,
    written_beside,
)
from crestereo_ros.models.errors import DescriptionError
from crestereo_ros.models.model_files import (
    cache_directory,
    cached_models,
    find_model,
    shipped_models,
    size_of,
)
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.opening import open_session
from crestereo_ros.weights import read_state_dict

DEFAULT_ITERATIONS = 10
OURS = 'Apache-2.0'  # licence of the included weights and of the published ones
SubParsers = (
    argparse._SubParsersAction
)  # the type of what add_subparsers returns has no other name
TOLERANCE = 1e-2  # of the largest value; a weight in a wrong place makes it about 1


def add_parser(commands: SubParsers) -> None:
    """Add the command to the subparsers of `crestereo`."""
    parser = commands.add_parser(
        'models',
        description='Models that can be used by name: those included in the package, and those '
        'in your cache (~/.cache/crestereo_ros/models, unless XDG_CACHE_HOME is set).',
    )
    actions = parser.add_subparsers(metavar='ACTION', required=True)

    action = actions.add_parser(
        'list', help='show them', description='Show what is included, cached and to be fetched.'
    )
    action.set_defaults(run=list_models)

    models_check.add_parser(actions)

    action = actions.add_parser(
        'fetch',
        help='download a model',
        description='Download a file of the ONNX zoo into your cache.',
    )
    action.add_argument(
        'name',
        metavar='NAME',
        help='as `crestereo models list` shows it, or a .yaml that names the address of a file',
    )
    action.add_argument(
        '--from',
        dest='address',
        default=ADDRESS,
        metavar='URL',
        help='another folder to get it from',
    )
    action.set_defaults(run=fetch_model)

    action = actions.add_parser(
        'import',
        help='make a model of the published weights',
        description='Read the weights of the published CREStereo out of a file and put a model '
        'with them, for any resolution and number of iterations, into your cache.',
    )
    action.add_argument(
        'file',
        metavar='FILE',
        help='state dict of PyTorch, MegEngine (.mge) or safetensors; or an init or combined '
        '.onnx file of the ONNX zoo, or the name of one that was fetched',
    )
    action.add_argument('--name', help='name of the model (default: that of FILE, without suffix)')
    action.add_argument(
        '--for',
        dest='device',
        choices=('cpu', 'gpu'),
        default='cpu',
        help='what will run it: for a CPU, fewer multiplications are done in another order, for '
        'which the numbers of a GPU have too few digits (default: cpu)',
    )
    action.set_defaults(run=import_model)

    action = actions.add_parser(
        'freeze',
        help='write a file of one size and number of iterations',
        description='Write an ONNX file with the weights of MODEL for one size and number of '
        'iterations, without loops, for engines that want that (OpenVINO, TensorRT). It takes '
        'the two images, as the init files of the ONNX zoo do, and does all passes that MODEL '
        'does. Where MODEL has a confidence, that is its second output.',
    )
    action.add_argument('model', metavar='MODEL', help='name or path of a model of this project')
    action.add_argument(
        '--resolution',
        required=True,
        metavar='HEIGHTxWIDTH',
        help='of the images, multiples of 4',
    )
    action.add_argument(
        '--iterations', type=int, default=0, help="1 to 32 (default: the model's own number)"
    )
    action.add_argument(
        '--precision',
        choices=('fp32', 'fp16'),
        default='',
        help='of the convolutions (default: as MODEL has it)',
    )
    action.add_argument(
        '--start',
        action='store_true',
        help='take an earlier output at half the size to start from, as the next files of the '
        'zoo do, and do only the last pass',
    )
    action.add_argument(
        '--out',
        type=Path,
        metavar='FILE',
        help='(default: NAME_HEIGHTxWIDTH_iterN.onnx in the current folder)',
    )
    action.set_defaults(run=freeze_model)


def list_models(options: argparse.Namespace) -> None:
    """Print a line for each model: name, state, licence and, if it is here, its size and path."""
    shipped, cached = shipped_models(), cached_models()
    rows: list[tuple[str, str, Path | None]] = [
        (name, 'included', path) for name, path in shipped.items()
    ]
    rows += [(name, 'cached', path) for name, path in cached.items() if name not in shipped]
    rows += [(name, 'fetchable', None) for name in NAMES if name not in cached]
    described = shipped_descriptions()
    for name, x in described.items():
        if x.address and name not in cached:
            rows.append((name, 'fetchable', None))
        elif not (x.cannot_run or x.outputs.channels or name in cached):
            rows.append((name, 'described', None))
    width = max(len(name) for name, *_ in rows)
    for name, state, path in rows:
        ours = name in shipped or name in NAMES
        try:
            description = (path and written_beside(path)) or described.get(name)
            licence = _licence(description) if description else OURS if ours else UNKNOWN
        except DescriptionError as error:
            licence = f'{UNKNOWN}: {error}'
        size_and_path = f'  {size_of(path) / 1e6:6.1f} MB  {path}' if path else ''
        print(f'{name:{width}}  {state:9}  {licence}{size_and_path}')


def fetch_model(options: argparse.Namespace) -> None:
    """Download a file into the cache."""
    name, description = options.name, shipped_descriptions().get(options.name)
    if name.endswith('.yaml'):
        name, description = Path(name).stem, read_description(Path(name))
    cached = cached_models()
    if description is not None:
        print(f'{description.name or name}: licence {_licence(description)}')
    elif name in NAMES:
        print(f'CREStereo, PINTO_model_zoo 284: licence {OURS}')
    with progress_bar(name, sys.stderr) as report:
        if description is not None:
            path = fetch_described(name, description, cache_directory(), report)
        else:
            path = fetch(name, cache_directory(), report, options.address)
    print(f'{name}: {"already here:" if name in cached else "wrote"} {path}')


def _licence(description: Description) -> str:
    return description.licence + (' (research only)' if description.research_only else '')


def import_model(options: argparse.Namespace) -> None:
    """Write the model into the cache."""
    file = cached_models().get(options.file, Path(options.file).expanduser())
    name = options.name or file.stem
    path = _new_file(name)
    if not file.is_file():
        kind = 'is a folder' if file.is_dir() else 'does not exist'
        raise CommandError(f'{file} {kind}: name a file of weights, or a model that was fetched')
    build = _from_zoo_file if file.suffix == '.onnx' else _from_state_dict
    try:
        with log_warnings('crestereo models'):
            content = build(file, name, options.device)
    except ImportError as error:
        raise CommandError(
            f'{error}: pip install onnx safetensors spox (the extra `models`)'
        ) from error
    write_atomically(path, content)
    print(f'{name}: wrote {path}')


def freeze_model(options: argparse.Namespace) -> None:
    """Write a file of fixed size."""
    path = find_model(options.model)
    contract = contract_of(open_session(path, Engine('cpu', threads=1)).session, path)
    if contract.resolution:
        raise CommandError(f'{path} has one size already: name the model that it was made of')
    if not contract.has_passes:
        raise CommandError(
            f'{path} is of {contract.description.name or "another network"}, and only files of '
            'this project can be frozen: export it with one size'
        )
    resolution = parse_resolution(options.resolution)
    if not isinstance(resolution, tuple):
        raise CommandError('--resolution must be HEIGHTxWIDTH: the file has one size')
    multiple = contract.description.size.multiple
    wanted = tuple(-(-side // multiple) * multiple for side in resolution)
    if wanted != resolution or min(resolution) < SMALLEST_SIDE:
        height, width = (max(side, SMALLEST_SIDE) for side in wanted)
        raise CommandError(
            f'--resolution must have multiples of {multiple} from {SMALLEST_SIDE} on: '
            f'use {height}x{width}'
        )
    iterations = options.iterations or contract.iterations
    if iterations not in ITERATIONS:
        raise CommandError(f'--iterations must be 1 to {ITERATIONS[-1]}: {iterations}')
    out = options.out or Path(f'{path.stem}_{options.resolution}_iter{iterations}.onnx')
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise CommandError(f'{out} cannot be written: name a file in a folder that exists')
    if out.exists() and out.samefile(path):
        raise CommandError(f'{out} cannot be written: it is the model itself')
    sizes = tuple(contract.sizes(resolution))
    target = Target(sizes, iterations, options.start, options.precision)
    write_atomically(out, freeze(path, target))
    print(f'wrote {out} ({out.stat().st_size / 1e6:.1f} MB)')


def _from_state_dict(file: Path, name: str, device: str) -> bytes:
    return _build(read_state_dict(file), name, DEFAULT_ITERATIONS, device)


def _from_zoo_file(file: Path, name: str, device: str) -> bytes:
    from crestereo_ros.weights.agreement import outputs_of_both
    from crestereo_ros.weights.onnx_file import read_zoo_file

    zoo = read_zoo_file(file)
    iterations = min(zoo.iterations, ITERATIONS[-1])
    if iterations < zoo.iterations:
        print(f'{file.name} runs {zoo.iterations} iterations, the model at most {iterations}')
    model = _build(zoo.weights, name, iterations, device)
    expected, output = outputs_of_both(file, model, zoo.iterations, zoo.two_passes)
    difference = abs(output - expected).max()
    if not difference <= TOLERANCE * abs(expected).max():
        raise CommandError(
            f'{file} has weights of the right shapes, but a model with them differs from it by '
            f'{difference:.2g} px: either it is not the published network, or the tool that '
            'exported or simplified it changed its numbers. Import the state dict instead'
        )
    print(f'Differs from {file.name} by at most {difference:.2g} px')
    return model


def _build(weights: Mapping[str, np.ndarray], name: str, iterations: int, device: str) -> bytes:
    from crestereo_ros.network import build_model, Float32, Winograd

    metadata = {
        'crestereo.name': name,
        'crestereo.iterations': str(iterations),
        'crestereo.device': device,
    }
    arithmetic = {'cpu': Winograd(), 'gpu': Float32()}[device]
    model = build_model(weights, sign_flips=True, metadata=metadata, arithmetic=arithmetic)
    return model.SerializeToString()


def _new_file(name: str) -> Path:
    # Where a model of this name goes, if it is a name and still free.
    if not name or name != Path(name).name or name.endswith('.onnx'):
        raise CommandError(f'{name!r} cannot be a name: use --name, without / and .onnx')
    if name in NAMES:
        raise CommandError(f'{name} is the name of a file to fetch: use another --name')
    taken = shipped_models() | cached_models()
    if name in taken:
        raise CommandError(
            f'there is a model {name!r} already: choose another --name, or delete {taken[name]}'
        )
    return cache_directory() / f'{name}.onnx'
