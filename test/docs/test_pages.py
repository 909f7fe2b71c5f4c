# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pages lead where they say, and the table of rooms is complete."""

from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob('*.md'), *ROOT.glob('docs/*.md')]


def anchors(page: Path) -> set[str]:
    """Return the names that a page's headings have as targets of links."""
    headings = re.findall(r'^#+ (.+)$', page.read_text(), re.MULTILINE)
    return {re.sub(r'[^\w -]', '', heading.lower()).replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for link in re.findall(r'\]\((?!https?:)([^)]+)\)', page.read_text()):
        path, _, anchor = link.partition('#')
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_room_is_in_the_table():
    package = ROOT / 'crestereo_ros'
    rooms = {f'{path.parent.relative_to(package)}/' for path in package.glob('*/__init__.py')}
    named = re.findall(r'^\|[^|]*\| `([\w/]+/)` \|', (ROOT / 'docs/design.md').read_text(), re.M)
    assert rooms <= set(named)


def test_every_preset_of_a_camera_has_a_section():
    presets = {path.stem for path in (ROOT / 'config/cameras').glob('*.yaml')}
    sections = set(re.findall(r'^## (\w+)$', (ROOT / 'docs/cameras.md').read_text(), re.M))
    assert presets <= sections
    page = (ROOT / 'docs/cameras.md').read_text()
    for preset in presets:
        assert f'stereo_depth.launch.py camera:={preset}\n' in page
