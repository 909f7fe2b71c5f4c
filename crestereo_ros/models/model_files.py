# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where model files are: those that are shipped or in the user's cache by name, others by path."""

from __future__ import annotations

import os
from pathlib import Path

from crestereo_ros.models.errors import ModelNotFoundError
from crestereo_ros.shared_folders import shared_folders

#: Files of weights alone, whatever is in them.
WEIGHTS = ('.pth', '.pt', '.ckpt', '.mge', '.pkl', '.safetensors')
DEFAULT_MODEL = 'crestereo_compact'


def find_model(model: str) -> Path:
    """
    Find the file of a model.

    :param model: '' for the default, a name, or a path. What ends in .onnx or has a directory in
        it is a path. A name is that of a shipped model or, if there is none of that name, of one
        in the user's cache
    :raises ModelNotFoundError: where there is none
    """
    if model.endswith(WEIGHTS):
        raise ModelNotFoundError(
            f'{model} holds weights, not a model: crestereo models import {model} makes one'
        )
    if model.endswith('.onnx') or os.path.dirname(model):
        path = Path(model).expanduser()
        if path.is_dir():
            raise ModelNotFoundError(f'model {path} is a directory: name an .onnx file in it')
        if not path.is_file():
            raise ModelNotFoundError(f'model file {path} does not exist')
        return path
    name = model or DEFAULT_MODEL
    models = cached_models() | shipped_models()
    if name not in models:
        raise ModelNotFoundError(
            f'there is no model {name!r}: name the path of an .onnx file, or one of '
            f'{", ".join(sorted(models)) or "none, since none is installed"}'
        )
    return models[name]


def shipped_models() -> dict[str, Path]:
    """Return the names and files of the models that were installed with the package."""
    files = [file for folder in shared_folders('models') for file in sorted(folder.glob('*.onnx'))]
    return {file.stem: file for file in reversed(files)}


def cached_models() -> dict[str, Path]:
    """Return the names and files of the models in the user's cache."""
    return {file.stem: file for file in sorted(cache_directory().glob('*.onnx'))}


def size_of(path: Path) -> int:
    """Return the bytes of a model, with the weights that exporters put into a file beside it."""
    beside = path.with_name(f'{path.name}.data')
    return path.stat().st_size + (beside.stat().st_size if beside.is_file() else 0)


def cache_directory(kind: str = 'models') -> Path:
    """
    Return the directory of what the user imported or fetched; it need not exist.

    It is in XDG_CACHE_HOME, or ~/.cache (specifications.freedesktop.org/basedir-spec).

    :param kind: of the files
    """
    base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    return Path(base) / 'crestereo_ros' / kind
