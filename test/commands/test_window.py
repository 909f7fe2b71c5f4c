# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The end of a window, and the errors without a display."""

import cv2
import pytest

from crestereo_ros.commands import window as module
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.commands.window import require_window

HEADLESS = 'GUI:                           NONE' in cv2.getBuildInformation()


def test_a_window_that_qt_has_closed_counts_as_ended(screen, monkeypatch):
    """After Qt has closed its last window, OpenCV's functions raise an error."""
    with module.Window('title') as window:
        assert not window.ended(), 'it may need time to open'

        def closed(*_):
            raise cv2.error('NULL guiReceiver')

        monkeypatch.setattr(cv2, 'getWindowProperty', closed)
        assert window.ended()


@pytest.mark.skipif(not HEADLESS, reason='this OpenCV has windows')
def test_the_error_without_windows_in_opencv_names_the_fix():
    with pytest.raises(CommandError, match='pip install opencv-python; or .* --color'):
        require_window()


def test_the_error_without_a_display_names_the_fix(monkeypatch, screen):
    """Qt aborts a process that finds no display; the replaced trial fails in the same way."""
    trial = 'import sys; sys.exit("qt.qpa.xcb: could not connect to display :7")'
    monkeypatch.setattr(module, 'TRIAL', trial)
    with pytest.raises(CommandError, match=r'\(qt.qpa.xcb: could not .* :7\): use a desktop'):
        require_window()
    monkeypatch.setattr(module, 'TRIAL', 'pass')
    require_window()
