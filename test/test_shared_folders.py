# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the files are that the package ships beside its code."""

from pathlib import Path

from crestereo_ros.shared_folders import shared_folders


def test_the_checkout_comes_first_and_workspaces_last_in_their_order(monkeypatch):
    monkeypatch.setenv('AMENT_PREFIX_PATH', '/ws/install:/opt/ros/jazzy')
    folders = list(shared_folders('config'))
    assert folders[0] == Path(__file__).parents[1] / 'config'
    assert folders[-2:] == [
        Path(prefix, 'share/crestereo_ros/config') for prefix in ('/ws/install', '/opt/ros/jazzy')
    ]
