# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Model files of a small network, and pairs to match."""

import cv2
import numpy as np
import onnx
import pytest

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.model_files import shipped_models
from crestereo_ros.network import build_model, build_zoo_model

METADATA = {'crestereo.name': 'small', 'crestereo.iterations': '2'}


@pytest.fixture(scope='session')
def small_model(small_weights, tmp_path_factory):
    """Path of a small run-time-sized file."""
    path = tmp_path_factory.mktemp('models') / 'small.onnx'
    onnx.save(build_model(small_weights, sign_flips=False, metadata=METADATA), path)
    return path


@pytest.fixture(scope='session')
def zoo_model(small_weights, tmp_path_factory):
    """Path of a zoo file of a kind, height and width, built once."""
    directory = tmp_path_factory.mktemp('zoo')

    def zoo_model(kind, height, width, iterations=2):
        path = directory / f'crestereo_{kind}_iter{iterations}_{height}x{width}.onnx'
        if not path.exists():
            model = build_zoo_model(
                small_weights,
                kind=kind,
                height=height,
                width=width,
                iterations=iterations,
                sign_flips=False,
            )
            onnx.save(model, path)
        return path

    return zoo_model


@pytest.fixture(scope='session')
def make_pair():
    """Make a pair of smooth noise: uint8 BGR, the right one three pixels to the left."""

    def make_pair(height, width, seed=0):
        noise = np.random.default_rng(seed).uniform(0, 255, (height, width + 3, 3))
        scene = cv2.GaussianBlur(noise, (0, 0), 1.5)
        scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
        return scene[:, :-3].copy(), scene[:, 3:].copy()

    return make_pair


@pytest.fixture(scope='session', params=shipped_models())
def shipped_matcher(request):
    """Matchers of all shipped models, one after another."""
    return StereoMatcher(request.param, provider='cpu', threads=1)


@pytest.fixture
def builder(monkeypatch, tmp_path):
    """
    Let the processes that build engines write 'whole' as an engine.

    Returns a function for what else they are to do, a line of Python.
    """
    folder = tmp_path / 'builder'
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def builder(line):
        # Python imports a module of this name when it starts.
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
