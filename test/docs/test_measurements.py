# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Every picture and every table of figures names the command and the networks that made it.

A comment before it has the included networks with the beginning of their files' SHA-256, and the
command: `<!-- crestereo_fast 0123456789ab: make benchmark-refinement -->`. "no network" means that
none took part. "earlier network" stands where a network has changed since, and the text says so.
"""

import hashlib
from itertools import takewhile
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]
NETWORK = r'(\w+) ([0-9a-f]{12})'
COMMENT = re.compile(rf'<!-- (earlier network|no network|{NETWORK}(?:, {NETWORK})*): \S.* -->')
FIGURE = re.compile(r'\| *[\d.]+ ?(px|%|ms|MB|MiB)')


def measurements(page: Path) -> list[tuple[str, str, str]]:
    """
    Return all pictures and tables of figures of a page.

    :returns: the first line of each, the line before it, and the section that it is in
    """
    text = re.sub(r'```.*?```', '', page.read_text(), flags=re.DOTALL)
    found = []
    for section in re.split(r'^(?=#)', text, flags=re.MULTILINE):
        lines = section.splitlines()
        for number, (before, line) in enumerate(zip(['', *lines], lines, strict=False)):
            rows = []
            if line.startswith('|') and not before.startswith('|'):
                rows = list(takewhile(lambda row: row.startswith('|'), lines[number:]))
            if line.startswith('![') or any(FIGURE.search(row) for row in rows):
                found.append((line, before, section))
    return found


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_every_measurement_names_its_networks_and_its_command(page):
    for shown, comment, section in measurements(page):
        match = COMMENT.fullmatch(comment)
        assert match, f'no comment before {shown}'
        if match[1] == 'earlier network':
            assert 'earlier network' in re.sub('<!--.*?-->', '', section), shown
            continue
        for name, digest in re.findall(NETWORK, match[1]):
            content = (ROOT / f'models/{name}.onnx').read_bytes()
            assert hashlib.sha256(content).hexdigest().startswith(digest), (
                f'{shown} was measured with another {name}: {comment}'
            )


def test_measurements_are_found():
    assert len([shown for page in PAGES for shown in measurements(page)]) > 30
