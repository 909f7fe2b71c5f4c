# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A window with a picture, and the ways to close it."""

from contextlib import suppress
import subprocess
import sys

import cv2
import numpy as np

from crestereo_ros.commands.errors import CommandError

LARGEST = 1600, 900  # width and height at first; it can be made larger
KEYS = (ord('q'), ord('Q'), 27)  # 27: Esc
# Qt ends the process where it finds no display, so another one tries.
TRIAL = 'import cv2; cv2.namedWindow("crestereo"); cv2.waitKey(1)'
TRIAL_TIME = 60  # s
POLL = 0.02  # s at most from one look at the window to the next
EMPTY = 360, 640, 3  # before there is a picture


def require_window():
    """Raise CommandError if no window can be opened here."""
    try:
        cv2.destroyAllWindows()
    except cv2.error as error:
        raise CommandError(
            'this OpenCV opens no windows: pip uninstall opencv-python-headless, then '
            'pip install opencv-python; or write a file with --color'
        ) from error
    command = [sys.executable, '-c', TRIAL]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=TRIAL_TIME)
    except subprocess.TimeoutExpired as error:
        raise CommandError(
            f'no window opened within {TRIAL_TIME} s: does the display answer?'
        ) from error
    if tried.returncode:
        lines = [line for line in tried.stderr.splitlines() if 'display' in line.lower()]
        raise CommandError(
            f'no window can be opened ({lines[0].strip() if lines else "no display"}): run it on '
            'a desktop, with ssh -X, or write a file with --color'
        )


class Window:
    """
    A window that `q`, Esc and its close button end.

    `ended` has to be asked every `POLL` seconds: only then is it drawn and answers. It must be
    used in the main thread.
    """

    def __init__(self, title: str):
        self._title = title
        self._size = None
        self._opened = False  # which a window manager takes its time for

    def __enter__(self) -> 'Window':
        cv2.namedWindow(
            self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
        )
        cv2.imshow(self._title, np.zeros(EMPTY, np.uint8))
        return self

    def __exit__(self, *_):
        with suppress(cv2.error):  # Qt has none any more where the user has closed the last one
            cv2.destroyAllWindows()
            cv2.waitKey(1)  # when it is really gone

    def show(self, picture: np.ndarray):
        """Show a picture, uint8 (H, W, 3), BGR, in place of the one before."""
        if picture.shape != self._size:
            height, width = picture.shape[:2]
            scale = min(1, LARGEST[0] / width, LARGEST[1] / height)
            cv2.resizeWindow(self._title, int(scale * width), int(scale * height))
            self._size = picture.shape
        cv2.imshow(self._title, picture)

    def ended(self) -> bool:
        """Tell whether the user has ended it; answers within some milliseconds."""
        try:
            key = cv2.waitKey(1)
            visible = cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # Qt's, where there is none any more
            return True
        self._opened = self._opened or visible
        return (key >= 0 and key & 0xFF in KEYS) or (self._opened and not visible)
