# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
YAML files whose fields are declared in dataclasses: read with the line of each mistake, written.

A field of a dataclass is declared by `entry`, which says what may stand there. A field whose kind
is a dataclass is a section of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, MISSING
import math
import re
from typing import Any, TypeVar

import yaml

T = TypeVar('T')


class EntryError(ValueError):
    """A mistake in a file; the text names the line, the field and what may stand there."""


@dataclass(frozen=True)
class Text:
    """A text that is not empty."""

    pattern: str = r'.+'
    meaning: str = 'a text'

    def read(self, value: object) -> object:
        if isinstance(value, str) and re.fullmatch(self.pattern, value, re.DOTALL):
            return value
        raise ValueError

    def schema(self) -> dict[str, Any]:
        return {'type': 'string', 'pattern': f'^(?:{self.pattern})$'}


@dataclass(frozen=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    @property
    def meaning(self) -> str:
        return f'one of {", ".join(self.words)}'

    def read(self, value: object) -> object:
        if isinstance(value, str) and value in self.words:
            return value
        raise ValueError

    def schema(self) -> dict[str, Any]:
        return {'enum': list(self.words)}


@dataclass(frozen=True)
class Number:
    """A number in a range, or so many of them in a list."""

    lowest: float = -math.inf
    highest: float = math.inf
    whole: bool = False
    count: tuple[int, ...] = ()

    @property
    def meaning(self) -> str:
        kind = 'whole number' if self.whole else 'number'
        limits = [f'{word} {limit:g}' for word, limit in self._limits if math.isfinite(limit)]
        text = ' '.join([kind, *limits])
        if self.count:
            return f'a list of {" or ".join(map(str, self.count))} times a {text}'
        return f'a {text}'

    @property
    def _limits(self) -> tuple[tuple[str, float], ...]:
        return ('from', self.lowest), ('to', self.highest)

    def read(self, value: object) -> object:
        if not self.count:
            return self._one(value)
        if isinstance(value, list) and len(value) in self.count:
            return tuple(map(self._one, value))
        raise ValueError

    def _one(self, value: object) -> float:
        kinds = int if self.whole else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError
        if math.isfinite(value) and self.lowest <= value <= self.highest:
            return value
        raise ValueError

    def schema(self) -> dict[str, Any]:
        number: dict[str, Any] = {'type': 'integer' if self.whole else 'number'}
        keys = zip(('minimum', 'maximum'), self._limits, strict=True)
        number |= {key: limit for key, (_, limit) in keys if math.isfinite(limit)}
        if not self.count:
            return number
        ends = {'minItems': min(self.count), 'maxItems': max(self.count)}
        return {'type': 'array', 'items': number, **ends}


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    meaning: str = 'true or false'

    def read(self, value: object) -> object:
        if isinstance(value, bool):
            return value
        raise ValueError

    def schema(self) -> dict[str, Any]:
        return {'type': 'boolean'}


@dataclass(frozen=True)
class Tensor:
    """An input or output of an ONNX file: its name, or its place."""

    meaning: str = 'the name of one in the ONNX file, or its place from 0 on'

    def read(self, value: object) -> object:
        is_place = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if is_place or (isinstance(value, str) and value):
            return value
        raise ValueError

    def schema(self) -> dict[str, Any]:
        return {'type': ['string', 'integer'], 'minimum': 0, 'minLength': 1}


@dataclass(frozen=True)
class Texts:
    """A list of texts."""

    meaning: str = 'a list of texts'

    def read(self, value: object) -> object:
        if isinstance(value, list) and value and all(isinstance(x, str) for x in value):
            return tuple(value)
        raise ValueError

    def schema(self) -> dict[str, Any]:
        return {'type': 'array', 'items': {'type': 'string'}, 'minItems': 1}


def entry(kind: Any, text: str, default: Any = MISSING) -> Any:  # noqa: ANN401
    """
    Declare a field.

    :param kind: what may stand there: one of the classes above, or a dataclass for a section
    :param text: what the field means, for the schema
    :param default: where the file leaves it out; without one it must stand there
    """
    return field(default=default, metadata={'kind': kind, 'text': text})


def read_entries(kind: type[T], text: str) -> T:
    """
    Read a file.

    :param kind: the dataclass that declares its fields
    :param text: YAML
    :raises EntryError: where it is not as declared
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise EntryError(f'it is empty; it must have {_required(kind)}')
        return _section(loader, kind, node, '')
    except yaml.YAMLError as error:
        mark = getattr(error, 'problem_mark', None)
        line = f'line {mark.line + 1}: ' if mark else ''
        problem = getattr(error, 'problem', None) or error
        raise EntryError(f'{line}it is no YAML: {problem}') from error
    finally:
        loader.dispose()


def write_entries(value: object) -> str:
    """Return a file with the fields of a dataclass that differ from their defaults."""
    return yaml.safe_dump(_plain(value), sort_keys=False, allow_unicode=True, width=99)


def schema_of(kind: type, title: str = '') -> dict[str, Any]:
    """Return the JSON schema of files with the fields of a dataclass."""
    properties: dict[str, Any] = {}
    for x in fields(kind):
        what, text, default = x.metadata['kind'], x.metadata['text'], x.default
        allowed = schema_of(what) if _is_section(what) else what.schema()
        properties[x.name] = {**allowed, 'description': text}
        if default not in (MISSING, None, '', ()) and not _is_section(what):
            shown = list(default) if isinstance(default, tuple) else default
            properties[x.name]['default'] = shown
    schema: dict[str, Any] = {
        'type': 'object',
        'properties': properties,
        'additionalProperties': False,
    }
    if required := [x.name for x in fields(kind) if x.default is MISSING]:
        schema['required'] = required
    if title:
        return {'$schema': 'http://json-schema.org/draft-07/schema#', 'title': title, **schema}
    return schema


def _section(loader: yaml.SafeLoader, kind: type[T], node: yaml.Node, path: str) -> T:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        what = path.rstrip('.') or 'the file'
        raise EntryError(f'line {line}: {what} must be fields with values: {_names(kind)}')
    declared = {x.name: x for x in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value_node in _items(loader, node, path):
        place = f'line {value_node.start_mark.line + 1}: {path}{name}'
        if name not in declared:
            raise EntryError(f'{place} is no field; there may be {_names(kind)}')
        if name in values:
            raise EntryError(f'{place} is there twice')
        what = declared[name].metadata['kind']
        if _is_section(what):
            values[name] = _section(loader, what, value_node, f'{path}{name}.')
            continue
        value = loader.construct_object(value_node, deep=True)
        try:
            values[name] = what.read(value)
        except ValueError:
            raise EntryError(f'{place} must be {what.meaning}, not {value!r}') from None
    missing = [name for name, x in declared.items() if x.default is MISSING and name not in values]
    if missing:
        about = declared[missing[0]].metadata
        meaning = getattr(about['kind'], 'meaning', 'a section')
        raise EntryError(
            f'line {line}: {path}{missing[0]} is missing: {meaning}. It is {about["text"]}'
        )
    try:
        return kind(**values)
    except ValueError as error:  # what the parts say together
        raise EntryError(f'line {line}: {error}') from error


def _items(
    loader: yaml.SafeLoader, node: yaml.MappingNode, path: str
) -> Iterator[tuple[str, yaml.Node]]:
    for key, value in node.value:
        name = loader.construct_object(key)
        if not isinstance(name, str):
            line = key.start_mark.line + 1
            raise EntryError(f'line {line}: {path}{name} is no name of a field')
        yield name, value


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and is_dataclass(kind)


def _names(kind: type) -> str:
    return ', '.join(x.name for x in fields(kind))


def _required(kind: type) -> str:
    return ', '.join(x.name for x in fields(kind) if x.default is MISSING)


def _plain(value: object) -> Any:  # noqa: ANN401
    if is_dataclass(value):
        parts = {x.name: (getattr(value, x.name), x.default) for x in fields(value)}
        return {name: _plain(part) for name, (part, default) in parts.items() if part != default}
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return list(value) if isinstance(value, tuple) else value
