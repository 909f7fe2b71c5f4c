# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files whose fields are declared: mistakes, what is written, and the schema."""

import json
from pathlib import Path
import re

import pytest

from crestereo_ros.models.description import Description
from crestereo_ros.models.description_files import shipped_descriptions
from crestereo_ros.models.entries import EntryError, read_entries, write_entries

GOOD = 'licence: MIT\ninputs: {left: 0, right: 1}\noutputs: {disparity: 0}\n'
SCHEMA = Path(__file__).parents[2] / 'config/networks/schema.json'


@pytest.mark.parametrize('name', shipped_descriptions())
def test_what_is_written_is_read_again(name):
    description = shipped_descriptions()[name]

    assert read_entries(Description, write_entries(description)) == description


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('', 'it is empty; it must have licence, inputs, outputs'),
        ('- 1\n', 'line 1: the file must be fields with values: licence,'),
        (GOOD + 'image: 3\n', 'line 4: image is no field; there may be licence, inputs'),
        (GOOD + 'licence: BSD\n', 'line 4: licence is there twice'),
        (GOOD + 'size:\n  multiple: 0\n', 'line 5: size.multiple must be a whole number from 1'),
        (GOOD + 'size: {multiple: 2.5}\n', 'must be a whole number from 1 to 256, not 2.5'),
        (GOOD + 'size: {multiple: true}\n', 'must be a whole number from 1 to 256, not True'),
        (GOOD + 'images: {range: [0, .inf]}\n', 'images.range must be a list of 2 times a number'),
        (GOOD + 'images: {mean: [1, 2]}\n', 'images.mean must be a list of 1 or 3 times'),
        (GOOD + 'images: RGB\n', 'line 4: images must be fields with values'),
        (GOOD + 'research_only: yes please\n', 'must be true or false'),
        (GOOD + 'address: http://example.com/x.onnx\n', 'address must be an https address'),
        (GOOD.replace('left: 0', 'left: -1'), 'inputs.left must be the name of one in the ONNX'),
        (GOOD.replace(', right: 1', ''), 'line 2: inputs must have left and right, or pair alone'),
        (GOOD.replace(', right: 1', ', right: 1, pair: 0'), 'left and right, or pair alone'),
        (GOOD.replace('disparity: 0', 'sign: positive'), 'line 3: outputs.disparity is missing'),
        (GOOD + '1: 2\n', 'line 4: 1 is no name of a field'),
        (GOOD + 'name: "x\n', 'line 5: it is no YAML'),
        (GOOD + 'name: !!python/object:os.system {}\n', 'it is no YAML'),
    ],
)
def test_a_mistake_is_answered_with_its_place(text, reason):
    with pytest.raises(EntryError, match=re.escape(reason)):
        read_entries(Description, text)


def test_the_schema_knows_every_field():
    schema = json.loads(SCHEMA.read_text())

    assert schema['required'] == ['licence', 'inputs', 'outputs']
    assert schema['additionalProperties'] is False
    assert schema['properties']['images']['properties']['colour']['enum'] == ['RGB', 'BGR', 'GREY']
    assert schema['properties']['size']['properties']['multiple']['maximum'] == 256
