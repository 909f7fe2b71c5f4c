# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Prints Markdown tables row by row."""


def print_head(title: str, *columns: object) -> None:
    """Start a table."""
    print(f'\n{title}\n')
    print_row(*columns)
    print_row(*('---' for _ in columns))


def print_row(*cells: object) -> None:
    """Print one row at once."""
    print('| ' + ' | '.join(map(str, cells)) + ' |', flush=True)
