# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a pair of images, and while it is matched."""

from crestereo_ros.errors import StereoError


class ImagePairError(StereoError):
    """A pair of images that cannot be matched."""


class ImageTypeError(ImagePairError):
    """An image that is no uint8 array of a BGR or grey image."""


class ImageSizeError(ImagePairError):
    """An image that is empty or too small."""


class UnequalPairError(ImagePairError):
    """A left and a right image that differ in shape."""


class InferenceError(StereoError):
    """A network that fails while it runs: an error of ONNX Runtime, or too little memory."""


class ProviderFailedError(InferenceError):
    """
    A provider other than the CPU's that fails while it runs, though memory suffices.

    Attributes: `provider`, its name.
    """

    def __init__(self, text: str, provider: str) -> None:
        super().__init__(text)
        self.provider = provider


class MatchCancelledError(StereoError):
    """A match that was stopped by `StereoMatcher.cancel`."""
