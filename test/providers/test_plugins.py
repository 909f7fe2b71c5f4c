# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Providers that are plugins: the real packages, on a machine without what they need.

`make test-plugins` installs them. What no machine here has is a device that a plugin offers; its
place takes ONNX Runtime's own CPU, which it offers in the same way.
"""

import logging
import re
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest

from crestereo_ros.matching import ProviderError, StereoMatcher
from crestereo_ros.providers import plugins, sessions
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.opening import available_providers, check_engine
from crestereo_ros.providers.sessions import create_session

ALL = sorted(plugins.PLUGINS)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


@pytest.fixture
def without_device():
    """Return a function that skips unless a plugin is installed and has no device here."""

    def without_device(provider):
        if not plugins.PLUGINS[provider].is_installed:
            pytest.skip(f'needs {plugins.PLUGINS[provider].package}: make test-plugins')
        if plugins.plugin_devices(provider):
            pytest.skip(f'{provider} has a device here')

    return without_device


@pytest.mark.parametrize('provider', ALL)
def test_a_plugin_that_offers_no_device_says_so(provider, without_device):
    without_device(provider)
    assert provider not in available_providers()
    with pytest.raises(ProviderError) as told:
        check_engine(Engine(provider))
    plugin = plugins.PLUGINS[provider]
    assert re.fullmatch(
        f'provider {provider} cannot run: {plugin.package} [\\d.]+ is installed and registers, '
        f'but offers no device on this machine: it needs {plugin.hardware}, and ONNX Runtime sees '
        r'CPU of .+; available: cpu.*',
        str(told.value),
    )


def test_auto_goes_on_with_the_cpu_and_names_the_plugins(small_model, make_pair, caplog):
    installed = [name for name in ALL if plugins.PLUGINS[name].is_installed]
    without = [name for name in installed if not plugins.plugin_devices(name)]
    if not without:
        pytest.skip('needs a plugin without a device: make test-plugins')
    with caplog.at_level(logging.WARNING):
        match = StereoMatcher(str(small_model), 'auto').match(*make_pair(64, 96), iterations=1)
    assert match.provider == 'cpu'
    for name in without:
        assert f'Continuing without {name}: {plugins.PLUGINS[name].package} ' in caplog.text


@pytest.mark.parametrize('provider', ALL)
def test_a_process_that_asked_a_plugin_ends_cleanly(provider, without_device):
    without_device(provider)
    program = f'from crestereo_ros.providers.plugins import *; print(plugin_problem({provider!r}))'
    ended = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert 'offers no device' in ended.stdout


@pytest.mark.parametrize('provider', ALL)
def test_a_plugin_that_is_not_installed_is_advised(provider):
    if plugins.PLUGINS[provider].is_installed or provider in available_providers():
        pytest.skip('it is installed')
    assert plugins.plugin_problem(provider) == ''
    with pytest.raises(ProviderError, match=f'Install {plugins.PLUGINS[provider].package}'):
        check_engine(Engine(provider))


@pytest.fixture
def cpu_devices():
    if not hasattr(onnxruntime, 'get_ep_devices'):
        pytest.skip(f'onnxruntime {onnxruntime.__version__} has no devices')
    return [x for x in onnxruntime.get_ep_devices() if x.ep_name == 'CPUExecutionProvider'][:1]


def test_a_session_on_a_device_that_is_offered(small_model, make_pair, cpu_devices, monkeypatch):
    monkeypatch.setattr(sessions, 'plugin_devices', lambda *_: cpu_devices)
    session = create_session(small_model, Engine('webgpu', threads=1), None)
    assert session.get_providers() == ['CPUExecutionProvider']
    names = [x.name for x in session.get_inputs()]
    expected = create_session(small_model, Engine('cpu', threads=1), None)
    assert names == [x.name for x in expected.get_inputs()]


def test_devices_are_chosen_by_their_kind_and_number(monkeypatch, cpu_devices):
    monkeypatch.setattr(plugins, '_load', lambda _: (cpu_devices, ''))
    assert plugins.plugin_devices('openvino') == cpu_devices
    assert plugins.plugin_devices('openvino', 'CPU') == cpu_devices
    assert plugins.plugin_devices('openvino', 'GPU') == []
    assert plugins.plugin_devices('openvino', 'CPU.1') == []
    assert plugins.plugin_devices('cuda') == []


def test_a_library_that_cannot_be_loaded_is_told(tmp_path, monkeypatch):
    module = tmp_path / 'onnxruntime_ep_broken.py'
    module.write_text(
        'def get_ep_names(): return ["Broken"]\n'
        'def get_library_path(): return "/no/such/library.so"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(
        plugins.PLUGINS, 'broken', plugins.Plugin('onnxruntime-ep-broken', 'nothing')
    )
    problem = plugins.plugin_problem('broken')
    assert problem.startswith('onnxruntime-ep-broken of unknown version is installed, but ')
    assert '/no/such/library.so' in problem or 'takes no plugins' in problem


def test_webgpu_has_to_pass_the_trial_even_if_named(small_model, pretend_provider, monkeypatch):
    """The provider is pretended, and what it computes is wrong."""
    pretend_provider('webgpu')
    matcher = StereoMatcher(str(small_model), 'webgpu')
    image = np.zeros((64, 96, 3), np.uint8)
    assert matcher.match(image, image, iterations=1).provider == 'webgpu'

    def wrong(*_):
        raise ProviderError('provider webgpu computes small.onnx wrongly')

    monkeypatch.setattr('crestereo_ros.providers.opening.check_agreement', wrong)
    monkeypatch.setattr('crestereo_ros.providers.opening.has_agreed', lambda _: False)
    with pytest.raises(ProviderError, match='computes small.onnx wrongly'):
        StereoMatcher(str(small_model), 'webgpu')
