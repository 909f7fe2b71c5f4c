# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The result in a window."""

from __future__ import annotations

import argparse

from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.output import View
from crestereo_ros.commands.window import require_window, Window
from crestereo_ros.sources import StereoSource


class ShowOutput(View):
    name = 'show'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--show',
            action='store_true',
            help='show the result in a window; q, Esc or closing the window ends the command',
        )

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        require_window()

    def check(self, source: StereoSource) -> None:
        self._window = Window(source.name)
        self.stays = source.length == 1
        self.is_live = not self.stays

    def __enter__(self) -> ShowOutput:
        self._window.__enter__()
        return self

    def write(self, frame: MatchedFrame) -> None:
        self._window.show(frame.picture)

    def ended(self) -> bool:
        return self._window.ended()

    def __exit__(self, *exception: object) -> None:
        self._window.__exit__(*exception)
