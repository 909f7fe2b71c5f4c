# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Write everything that follows from the declarations of parameters and of descriptions.

These are the YAML files in config/, the tables of parameters in docs/nodes.md, the schema of
config/networks and the tables in docs/networks.md; also
config/stereo_player.rviz, which follows from config/stereo_depth.rviz. Run by `make docs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, MISSING
import json
from pathlib import Path

from crestereo_ros.models.description import Description
from crestereo_ros.models.description_files import shipped_descriptions
from crestereo_ros.models.entries import schema_of
from crestereo_ros.parameters import DEPTH_PARAMETERS, ParameterDeclaration, PLAYER_PARAMETERS
from crestereo_ros.parameters.parameter_file import parameter_file, yaml_value

ROOT = Path(__file__).parents[1]
NODES = {'stereo_depth': DEPTH_PARAMETERS, 'stereo_player': PLAYER_PARAMETERS}
TYPES = {bool: 'bool', int: 'integer', float: 'double', str: 'string'}
COLUMNS = ('Name', 'Type', 'Default', 'Range', 'Set', 'What it does')


def main() -> None:
    for path, text in generated().items():
        path.write_text(text)


def generated() -> dict[Path, str]:
    """Return the text of every generated file."""
    files = {ROOT / f'config/{node}.yaml': configuration(node) for node in NODES}
    files[ROOT / 'config/stereo_player.rviz'] = player_rviz()
    page = ROOT / 'docs/nodes.md'
    files[page] = with_tables(page.read_text())
    schema = json.dumps(schema_of(Description, 'Description of a stereo network'), indent=2)
    files[ROOT / 'config/networks/schema.json'] = f'{schema}\n'
    page = ROOT / 'docs/networks.md'
    tables = {'fields': field_table(Description), 'networks': network_table()}
    files[page] = page.read_text()
    for name, table in tables.items():
        files[page] = with_table(files[page], name, table)
    return files


def configuration(node: str) -> str:
    """Return a YAML file that sets every parameter of a node to its default."""
    head = f'# The parameters of {node} with their defaults. Written by `make docs`.\n'
    return head + parameter_file(NODES[node])


def player_rviz() -> str:
    """
    Return the configuration of RViz for the player.

    A camera may offer best effort only, which a reliable subscription does not hear. The player
    is reliable, and best effort would lose most of its large images.
    """
    live = (ROOT / 'config/stereo_depth.rviz').read_text()
    return live.replace('Reliability Policy: Best Effort', 'Reliability Policy: Reliable')


def with_tables(page: str) -> str:
    """Return a page with the table of parameters between each pair of its markers."""
    for node, declarations in NODES.items():
        page = with_table(page, f'parameters of {node}', parameter_table(declarations))
    return page


def with_table(page: str, name: str, table: str) -> str:
    """Return a page with a table between the markers of its name."""
    begin, end = f'<!-- {name}: written by make docs -->\n', '<!-- end -->\n'
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return before + begin + table + end + after


def field_table(kind: type, section: str = '') -> str:
    """Return the table of the fields of a description."""
    rows = (
        [] if section else [('Field', 'What may stand there', 'Default', 'Meaning'), ('---',) * 4]
    )
    below = ''
    for x in fields(kind):
        what, text = x.metadata['kind'], x.metadata['text']
        if isinstance(what, type) and is_dataclass(what):
            below += field_table(what, f'{x.name}.')
            continue
        default = 'required' if x.default is MISSING else shown_default(x.default)
        rows.append((f'`{section}{x.name}`', what.meaning, default, text[0].upper() + text[1:]))
    return ''.join(f'| {" | ".join(row)} |\n' for row in rows) + below


def shown_default(value: object) -> str:
    if value in (None, '', ()):
        return ''
    if isinstance(value, bool):
        return f'`{str(value).lower()}`'
    return f'`{list(value) if isinstance(value, tuple) else value}`'


def network_table() -> str:
    """Return the table of the networks that are described."""
    rows = [('Description', 'Network', 'Licence', 'From'), ('---',) * 4]
    for name, x in sorted(shipped_descriptions().items()):
        licence = x.licence + (', **research only**' if x.research_only else '')
        shown = f'{x.name} (cannot be run)' if x.cannot_run else x.name
        rows.append((f'[`{name}`](../config/networks/{name}.yaml)', shown, licence, x.source))
    return ''.join(f'| {" | ".join(row)} |\n' for row in rows)


def parameter_table(declarations: Iterable[ParameterDeclaration]) -> str:
    rows = [COLUMNS, ('---',) * len(COLUMNS)]
    rows += [
        (
            f'`{x.name}`',
            'string, bool or number' if x.any_type else TYPES[x.value_type],
            f'`{yaml_value(x.default)}`',
            x.range_text,
            'at the start' if x.read_only else 'at any time',
            f'{x.description} {x.constraints}'.strip(),
        )
        for x in declarations
    ]
    return ''.join(f'| {" | ".join(row)} |\n' for row in rows)


if __name__ == '__main__':
    main()
