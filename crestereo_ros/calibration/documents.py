# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration files of any syntax as nested mappings."""

from __future__ import annotations

from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import yaml

from crestereo_ros.calibration.errors import CalibrationError

Content = dict[str, Any]

ASSIGNMENT = re.compile(r'^\s*([A-Za-z]\w*)\s*[=:]\s*(\[?[-+.\d][^\n]*)$', re.MULTILINE)


class CalibrationLoader(yaml.SafeLoader):
    """Reads what OpenCV writes as well: its matrices are mappings with a tag."""


def _mapping(loader: CalibrationLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


CalibrationLoader.add_constructor('tag:yaml.org,2002:opencv-matrix', _mapping)


def load(path: str | Path) -> Content:
    """
    Read a file of YAML, JSON, XML of OpenCV, INI, or lines of a name and numbers.

    :raises CalibrationError: if it cannot be read, or is none of these
    """
    try:
        text = Path(path).expanduser().read_text(encoding='utf-8-sig')
    except OSError as error:
        raise CalibrationError(f'cannot be read: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise CalibrationError('is not a text file: name a calibration') from error
    if re.match(r'\s*# oST version', text):
        raise CalibrationError(
            'is the text form of camera_calibration: name left.yaml and right.yaml beside it'
        )
    if text.lstrip().startswith('<'):
        return _xml(text)
    if re.match(r'\s*(#[^\n]*\n\s*)*\[\w+\]\s*\n', text):
        return _ini(text)
    lines = _lines(text)
    return lines if lines is not None else _yaml(text)


def _yaml(text: str) -> Content:
    # OpenCV writes %YAML:1.0, which YAML itself knows with a space only.
    text = text.replace('%YAML:1.0', '%YAML 1.0', 1).lstrip()
    if text.startswith('%YAML') and '---' not in text:
        text = text.partition('\n')[2]
    try:
        content = yaml.load(text.replace('\t', ' '), CalibrationLoader)
    except yaml.YAMLError as error:
        reason = ' '.join(f'{error}'.split())
        raise CalibrationError(f'is not YAML that can be read: {reason}') from error
    if not isinstance(content, dict):
        raise CalibrationError(
            'has no keys such as image_width: give a calibration as docs/calibration.md lists them'
        )
    return content


def _xml(text: str) -> Content:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise CalibrationError(f'is not XML that can be read: {error}') from error
    content = _element(root)
    return content if isinstance(content, dict) else {}


def _element(element: ElementTree.Element) -> object:
    if element.get('type_id') == 'opencv-matrix':
        rows, columns, data = (element.findtext(x, '') for x in ('rows', 'cols', 'data'))
        return {'rows': int(rows), 'cols': int(columns), 'data': _numbers(data)}
    if len(element):
        return {child.tag: _element(child) for child in element}
    text = (element.text or '').strip()
    numbers = _numbers(text)
    if len(numbers) == 1:
        return int(numbers[0]) if float(numbers[0]).is_integer() else numbers[0]
    return numbers or text.strip('"')


def _numbers(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        return []


def _ini(text: str) -> Content:
    parser = ConfigParser(strict=False)
    try:
        parser.read_string(text)
    except ConfigError as error:
        reason = ' '.join(error.message.split())
        raise CalibrationError(f'is not INI that can be read: {reason}') from error
    return {
        section: {
            key: next(iter(_numbers(value)), value) for key, value in parser[section].items()
        }
        for section in parser.sections()
    }


def _lines(text: str) -> Content | None:
    """
    Return lines such as `P0: 7.2e+02 0 ...` and `cam0=[1 0 2; 0 1 3; 0 0 1]`, None without them.

    YAML has a comma between the numbers of a list.
    """
    content: Content = {}
    has_lists = False
    for name, value in ASSIGNMENT.findall(text):
        if ',' in value:
            return None
        numbers = _numbers(re.sub(r'[\[\];]', ' ', value))
        if numbers:
            content[name] = numbers if len(numbers) > 1 else numbers[0]
            has_lists = has_lists or len(numbers) > 1
    return content if has_lists else None


def matrix(value: object, *shapes: tuple[int, ...]) -> np.ndarray | None:
    """Return an array of one of some shapes, None if the value has none of them."""
    if isinstance(value, dict):
        value = value.get('data')
    try:
        numbers = np.array(value, float)
    except (TypeError, ValueError):
        return None
    if not np.isfinite(numbers).all():
        return None
    for shape in shapes:
        if numbers.size == np.prod(shape):
            return numbers.reshape(shape)
    return None


def vector(value: object) -> np.ndarray | None:
    """Return an array of one axis, None for what is not a list of finite numbers."""
    if isinstance(value, dict):
        value = value.get('data')
    try:
        numbers = np.array(value, float).ravel()
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(numbers).all() else None
