# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes that build engines without TensorRT."""

import pytest


@pytest.fixture
def builder(monkeypatch, tmp_path):
    """
    Make the processes that build engines write 'whole' as an engine.

    Returns a function that sets a line of Python that they also run.
    """
    folder = tmp_path / 'builder'
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def builder(line):
        # Python imports a module with this name when it starts.
        (folder / 'sitecustomize.py').write_text(f"""
from pathlib import Path
import onnxruntime

class Session(onnxruntime.InferenceSession):
    def __init__(self, path, options=None, providers=(), **others):
        super().__init__(path, options, providers=['CPUExecutionProvider'], **others)
        {line}
        engines = Path(providers[0][1]['trt_engine_cache_path'])
        (engines / f'{{Path(path).stem}}.engine').write_text('whole')

onnxruntime.InferenceSession = Session
""")

    builder('pass')
    return builder
