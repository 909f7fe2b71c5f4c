# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Silence for native libraries."""

import os

import pytest

from crestereo_ros.commands.native_stderr import silence_native_stderr


def test_file_descriptor_is_silent_only_inside(capfd):
    os.write(2, b'before ')
    with pytest.raises(ValueError), silence_native_stderr():
        os.write(2, b'inside ')
        raise ValueError
    os.write(2, b'after')
    assert capfd.readouterr().err == 'before after'


def test_no_file_descriptor_is_left_open():
    def opened():
        return len(os.listdir('/proc/self/fd'))

    before = opened()
    with silence_native_stderr():
        pass
    assert opened() == before
