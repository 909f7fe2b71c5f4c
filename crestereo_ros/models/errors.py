# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a model file."""

from crestereo_ros.errors import StereoError


class ModelFileError(StereoError):
    """A model that cannot be used."""


class ModelNotFoundError(ModelFileError):
    """A model that is not there."""


class ChangedFileError(ModelFileError):
    """A model file that is not the one that was fetched."""


class NotOnnxError(ModelFileError):
    """A model file that ONNX Runtime cannot read."""


class NotStereoModelError(ModelFileError):
    """An ONNX file with other inputs and outputs than those of a stereo network."""


class DescriptionError(NotStereoModelError):
    """A description of a network that cannot be used."""


class OutputError(ModelFileError):
    """An output of a network that is not as its description says."""
