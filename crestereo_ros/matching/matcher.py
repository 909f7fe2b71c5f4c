# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stereo matcher: two images in, disparity out."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from crestereo_ros.matching.contracts import contract_of, output_of
from crestereo_ros.matching.errors import MatchCancelledError, SettingsError
from crestereo_ros.matching.images import check_pair, from_network, SMALLEST, to_network
from crestereo_ros.matching.model_files import DEFAULT_MODEL, find_model
from crestereo_ros.matching.providers import onnxruntime, open_session
from crestereo_ros.matching.resolution import FAST, FINE, IMAGE, resolution_for

ITERATIONS = range(1, 33)


class StereoMatcher:
    """
    A stereo network in ONNX Runtime.

    `model` is '' for the default, the name of a shipped or cached model, or the path of an .onnx
    file: one of this project, or an `init`, `next` or `combined` file of the ONNX zoo. `provider`
    is auto, cpu, cuda, openvino or tensorrt, as `open_session` has it; `threads` 0 leaves their
    number to ONNX Runtime.

    Raises ModelNotFoundError, NotOnnxError or NotStereoModelError (all of them ModelFileError),
    ProviderError, and SettingsError for `threads`.

    Nothing but `cancel` changes a matcher: any thread may use it, several at a time.

    Attributes: `model`, the name or path; `provider`, what the model really runs on ('cpu',
    'cuda', 'openvino' or 'tensorrt'); `fixed_resolution`, the (height, width) of a file that has
    but one, else None; `fixed_iterations`, their number in a file that has but one (0 where it
    does not say), else None.
    """

    def __init__(self, model: str = '', provider: str = 'auto', threads: int = 0) -> None:
        path = find_model(model)
        self._session, self.provider = open_session(path, provider, threads)
        self._contract = contract_of(self._session, path.name)
        self._inputs = [x.name for x in self._session.get_inputs()]
        self._output = output_of(self._session, path.name)
        self._run_options = onnxruntime.RunOptions()  # of all runs, so that one flag ends them
        self.model = model or DEFAULT_MODEL
        self.fixed_resolution = self._contract.resolution
        self.fixed_iterations = (
            self._contract.iterations if self._contract.FIXED_ITERATIONS else None
        )

    def match(
        self,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int | None = None,
        resolution: tuple[int, int] | str | None = None,
    ) -> np.ndarray:
        """
        Return the disparity of a rectified pair: float32 (H, W), pixels of the left image.

        `left`, `right`: uint8 (H, W, 3) BGR or (H, W) grey, equal in shape. The pixel of the
        right image that matches left (x, y) is (x - disparity, y).

        `iterations` and `resolution` are the network's; None, and 0 iterations, stand for what
        `effective` says. A resolution is (height, width), or a word for `resolution_for`. Any
        size will do: what the network needs beyond it is added at the right and at the bottom
        and taken off again.

        Raises ImageTypeError, ImageSizeError or UnequalPairError (all of them ImagePairError),
        SettingsError where this model cannot do what is asked, and MatchCancelledError.
        """
        check_pair(left, right)
        iterations, size = self.effective(left.shape, iterations, resolution)
        left_input, right_input = (
            to_network(image, size, self._contract.multiple(size)) for image in (left, right)
        )
        output = self._contract.run(self._infer, left_input, right_input, iterations)
        return from_network(output, size, left.shape)

    def cancel(self) -> None:
        """
        End every match in progress, and every later one, with MatchCancelledError.

        Returns at once and may be called from any thread. ONNX Runtime looks at it between two
        operators of the network, so on a CPU a match ends within some ten milliseconds.
        """
        self._run_options.terminate = True

    def effective(
        self,
        left_shape: tuple[int, ...],
        iterations: int | None = None,
        resolution: tuple[int, int] | str | None = None,
    ) -> tuple[int, tuple[int, int]]:
        """
        Return the iterations and the resolution (height, width) that `match` would use.

        By default these are the file's own (half as many iterations where the resolution is
        'fast', twice as many where it is 'fine'), and where it has no resolution of its own that
        of the image. A file that has but one resolution is run at it whatever the word. The
        iterations of a file that does not say how many it has are 0.

        Raises SettingsError where this model cannot do what is asked.
        """
        return self._iterations(iterations, resolution), self._resolution(left_shape, resolution)

    def _iterations(self, asked: int | None, resolution: tuple[int, int] | str | None) -> int:
        own = self._contract.iterations
        if asked is None or asked == 0:
            if self._contract.FIXED_ITERATIONS:
                return own
            if resolution == FAST:
                return max(own // 2, ITERATIONS[0])
            return min(2 * own, ITERATIONS[-1]) if resolution == FINE else own
        if self._contract.FIXED_ITERATIONS and asked != own:
            raise SettingsError(
                f'iterations cannot be {asked}: model {self.model} has a fixed number of them'
                + (f', {own}' if own else '')
            )
        if not isinstance(asked, Integral) or asked not in ITERATIONS:
            raise SettingsError(
                f'iterations must be {ITERATIONS[0]} to {ITERATIONS[-1]}, or 0 for the default '
                f'of model {self.model}, {own}: {asked}'
            )
        return int(asked)

    def _resolution(
        self, shape: tuple[int, ...], asked: tuple[int, int] | str | None
    ) -> tuple[int, int]:
        own = self._contract.resolution
        if asked is None or isinstance(asked, str):
            return own or resolution_for(asked or IMAGE, shape[0], shape[1])
        height, width = asked
        if own and (height, width) != own:
            raise SettingsError(
                f'resolution cannot be {height}x{width}: model {self.model} runs at '
                f'{own[0]}x{own[1]} only'
            )
        if min(height, width) < SMALLEST:
            raise SettingsError(
                f'resolution must be at least {SMALLEST}x{SMALLEST}: {height}x{width}'
            )
        return int(height), int(width)

    def _infer(self, inputs: list[np.ndarray]) -> np.ndarray:
        feeds = dict(zip(self._inputs, inputs, strict=True))
        try:
            return self._session.run([self._output], feeds, self._run_options)[0]
        except Exception as error:
            if self._run_options.terminate:
                raise MatchCancelledError(f'model {self.model} was told to end') from error
            raise
