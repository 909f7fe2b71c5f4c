# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Values of options."""

import argparse

import pytest

from crestereo_ros.commands.option_values import image_size, in_range, listed


def test_a_list_has_each_value_once_in_its_order():
    assert listed(int)('3, 1,3') == (3, 1)
    with pytest.raises(argparse.ArgumentTypeError, match='empty'):
        listed(str)('a,')


def test_numbers_are_checked():
    read = in_range(float, 0, 2.5)
    assert (read('0'), read('2.5')) == (0, 2.5)
    for text in '-0.1', '2.6', 'nan':
        with pytest.raises(argparse.ArgumentTypeError, match=f'{text} is not 0 to 2.5'):
            read(text)
    with pytest.raises(argparse.ArgumentTypeError, match='0 is not 1 or more'):
        in_range(int, 1)('0')


def test_a_size_is_height_and_width():
    assert image_size('48x64') == (48, 64)
    with pytest.raises(argparse.ArgumentTypeError, match='not HEIGHTxWIDTH'):
        image_size('0.5')
