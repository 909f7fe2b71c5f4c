# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Matchers of all shipped models."""

import pytest

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.models.model_files import shipped_models


@pytest.fixture(scope='session', params=shipped_models())
def shipped_matcher(request):
    """Matchers of all shipped models, one after another."""
    return StereoMatcher(request.param, provider='cpu', threads=1)
