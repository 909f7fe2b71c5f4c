# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A window that shows a picture until the user ends it."""

from __future__ import annotations

from contextlib import suppress
import subprocess

import cv2
import numpy as np

from crestereo_ros.commands.errors import CommandError
from crestereo_ros.processes import code_command

LARGEST = 1600, 900  # initial width and height; the user can enlarge the window
KEYS = (ord('q'), ord('Q'), 27)  # 27: Esc
# Qt ends the process if it finds no display, so another process tries first.
TRIAL = 'import cv2; cv2.namedWindow("crestereo"); cv2.waitKey(1)'
TRIAL_TIME = 60  # s
POLL = 0.02  # s between two calls of Window.ended
EMPTY = 360, 640, 3  # the shape of the picture at first


def require_window() -> None:
    """Raise CommandError if no window can be opened here."""
    try:
        cv2.destroyAllWindows()
    except cv2.error as error:
        raise CommandError(
            'this OpenCV cannot open windows: pip uninstall opencv-python-headless, then '
            'pip install opencv-python; or write a file with --color'
        ) from error
    try:
        tried = subprocess.run(
            code_command(TRIAL), capture_output=True, text=True, timeout=TRIAL_TIME
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f'no window opened within {TRIAL_TIME} s: check the display') from error
    if tried.returncode:
        lines = [line for line in tried.stderr.splitlines() if 'display' in line.lower()]
        raise CommandError(
            f'no window can be opened ({lines[0].strip() if lines else "no display"}): use a '
            'desktop or ssh -X, or write a file with --color'
        )


class Window:
    """
    A window that the user ends with q, Esc or the close button.

    Call `ended` every `POLL` seconds: the window is drawn and answers only then. All methods must
    be called in the main thread.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._shape: tuple[int, ...] | None = None
        self._opened = False  # a window manager needs some time to open it

    def __enter__(self) -> Window:
        cv2.namedWindow(
            self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
        )
        cv2.imshow(self._title, np.zeros(EMPTY, np.uint8))
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(cv2.error):  # Qt raises it after the user has closed the last window
            cv2.destroyAllWindows()
            cv2.waitKey(1)  # the window disappears here

    def show(self, picture: np.ndarray) -> None:
        """Show a picture, uint8 (H, W, 3), BGR, instead of the previous one."""
        if picture.shape != self._shape:
            height, width = picture.shape[:2]
            scale = min(1, LARGEST[0] / width, LARGEST[1] / height)
            cv2.resizeWindow(self._title, int(scale * width), int(scale * height))
            self._shape = picture.shape
        cv2.imshow(self._title, picture)

    def ended(self) -> bool:
        """Return whether the user has ended the window; takes a few milliseconds."""
        try:
            key = cv2.waitKey(1)
            visible = cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # Qt raises it after the window was closed
            return True
        self._opened = self._opened or visible
        return (key >= 0 and key & 0xFF in KEYS) or (self._opened and not visible)
