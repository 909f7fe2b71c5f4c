# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Write everything that follows from the declarations of the parameters.

These are the YAML files in config/ and the tables of parameters in docs/nodes.md; also
config/stereo_player.rviz, which follows from config/stereo_depth.rviz. Run by `make docs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
import textwrap

from crestereo_ros.parameters import DEPTH_PARAMETERS, ParameterDeclaration, PLAYER_PARAMETERS

ROOT = Path(__file__).parents[1]
NODES = {'stereo_depth': DEPTH_PARAMETERS, 'stereo_player': PLAYER_PARAMETERS}
WIDTH = 99
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
    return files


def configuration(node: str) -> str:
    """Return a YAML file that sets every parameter of a node to its default."""
    lines = [
        f'# The parameters of {node} with their defaults. Written by `make docs`.',
        '/**:',
        '  ros__parameters:',
    ]
    comment = textwrap.TextWrapper(WIDTH, initial_indent='    # ', subsequent_indent='    # ')
    for x in NODES[node]:
        lines += [*comment.wrap(x.text), f'    {x.name}: {yaml_value(x.default)}']
    return '\n'.join(lines) + '\n'


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
        begin, end = f'<!-- parameters of {node}: written by make docs -->\n', '<!-- end -->\n'
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = before + begin + parameter_table(declarations) + end + after
    return page


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


def yaml_value(value: bool | int | float | str) -> str:
    """Return a default as YAML has it; text in quotes, so that it stays text."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


if __name__ == '__main__':
    main()
