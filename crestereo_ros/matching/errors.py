# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a model file, a provider, the settings or a pair of images."""

from crestereo_ros.errors import CrestereoError


class StereoError(CrestereoError):
    """Anything that keeps a pair from being matched; the text says what and the fix."""


class ImagePairError(StereoError):
    """A pair of images that cannot be matched."""


class ImageTypeError(ImagePairError):
    """An image that is no uint8 array of a BGR or grey image."""


class ImageSizeError(ImagePairError):
    """An image that is empty or too small."""


class UnequalPairError(ImagePairError):
    """A left and a right image that differ in shape."""


class ModelFileError(StereoError):
    """A model that cannot be used."""


class ModelNotFoundError(ModelFileError):
    """A model that is not there."""


class NotOnnxError(ModelFileError):
    """A model file that ONNX Runtime cannot read."""


class NotStereoModelError(ModelFileError):
    """An ONNX file with other inputs and outputs than those of a stereo network."""


class ProviderError(StereoError):
    """An execution provider that is not available, or does not run the model."""


class SettingsError(StereoError):
    """Iterations, a resolution, a start or a number of threads that cannot be."""


class InferenceError(StereoError):
    """A network that fails while it runs: an error of ONNX Runtime, or too little memory."""


class ProviderFailedError(InferenceError):
    """A provider other than the CPU's that fails while it runs, though memory suffices."""


class MatchCancelledError(StereoError):
    """A match that was stopped by `StereoMatcher.cancel`."""
