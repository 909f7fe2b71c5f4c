# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of a grid."""

import onnx
import pytest

from crestereo_ros.benchmarking import grid
from crestereo_ros.benchmarking.grid import default_models, Grid, Job, Setting, Skip
from crestereo_ros.matching import available_providers
from crestereo_ros.models.model_files import DEFAULT_MODEL, shipped_models
from training.zoo_model import build_zoo_model

SHAPES = ((64, 96, 3),)


def jobs(
    models=(DEFAULT_MODEL,),
    iterations=(),
    resolutions=('image',),
    providers=('cpu',),
    shapes=SHAPES,
):
    grid = Grid(tuple(models), iterations, resolutions, providers, (1,))
    return list(grid.jobs(shapes))


def settings(*arguments, **options):
    return [job.setting for job in jobs(*arguments, **options)]


def test_yields_every_combination():
    found = settings(iterations=(1, 2), resolutions=('32x48', '48x64'))
    assert [(x.iterations, x.resolution) for x in found] == [
        (1, '32x48'),
        (2, '32x48'),
        (1, '48x64'),
        (2, '48x64'),
    ]


def test_each_model_runs_numbers_around_its_default():
    one, own, two = (setting.iterations for setting in settings())
    assert one == own // 2 and two == 2 * own


def test_equal_work_is_yielded_once():
    # For an image this small, fast is the size of the image.
    same = {'iterations': (2,), 'resolutions': ('fast', 'image', '64x96')}
    assert len(settings(**same)) == 1
    assert len(settings(**same, shapes=(*SHAPES, (480, 640, 3)))) == 3


@pytest.fixture(scope='module')
def fixed_model(small_weights, tmp_path_factory):
    path = tmp_path_factory.mktemp('models') / 'fixed.onnx'
    size = {'height': 64, 'width': 96, 'iterations': 2}
    model = build_zoo_model(small_weights, kind='combined', **size, sign_flips=False)
    onnx.helper.set_model_props(model, {'crestereo.iterations': '2'})
    onnx.save(model, path)
    return str(path)


def test_a_fixed_model_runs_with_its_own_values(fixed_model):
    (job,) = jobs([fixed_model], resolutions=('fast', 'image'))
    assert (job.setting.iterations, job.sizes) == (2, ((64, 96),))


def test_reports_once_what_cannot_run_and_yields_the_rest(fixed_model):
    models = fixed_model, DEFAULT_MODEL
    found = jobs(models, iterations=(2, 3), resolutions=('image', '32x48'))
    skips = [job.reason for job in found if isinstance(job, Skip)]
    assert len(skips) == len(set(skips)) == 2
    assert 'iterations cannot be 3' in skips[0] and 'resolution cannot be 32x48' in skips[1]
    measured = [job.setting.model for job in found if isinstance(job, Job)]
    assert measured == [fixed_model] + 4 * [DEFAULT_MODEL]


def test_skips_a_provider_that_is_not_installed():
    missing = next(x for x in ('cuda', 'tensorrt', 'openvino') if x not in available_providers())
    skip, *rest = jobs(providers=(missing, 'cpu'), iterations=(2,))
    assert missing in skip.reason
    assert [job.setting.provider for job in rest] == ['cpu']


def test_measures_half_precision_only_with_a_gpu(monkeypatch):
    names = default_models()
    assert names[0] == DEFAULT_MODEL
    assert set(names) == {name for name in shipped_models() if not name.endswith('_fp16')}
    monkeypatch.setattr(grid, 'available_providers', lambda: ['cuda', 'cpu'])
    assert set(default_models()) == set(shipped_models())


def test_the_text_of_a_setting_is_launch_arguments():
    assert str(Setting('net', 4, 'fast', 'cpu', 0)) == (
        'model:=net iterations:=4 resolution:=fast'
    )
    assert str(Setting('net', 4, 'fast', 'cuda', 2)) == (
        'model:=net iterations:=4 resolution:=fast provider:=cuda threads:=2'
    )
