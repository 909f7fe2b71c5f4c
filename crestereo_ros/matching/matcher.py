# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stereo matcher: two images in, disparity out."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
import re
from time import perf_counter
import weakref

import cv2
import numpy as np

from crestereo_ros.errors import SettingsError
from crestereo_ros.matching.errors import (
    InferenceError,
    MatchCancelledError,
    ProviderFailedError,
)
from crestereo_ros.matching.images import (
    check_pair,
    from_network,
    start_to_network,
    to_network,
)
from crestereo_ros.matching.resolution import (
    FAST,
    FINE,
    IMAGE,
    resolution_for,
    RESOLUTION_WORDS,
)
from crestereo_ros.models.contracts import (
    Array,
    contract_of,
    ITERATIONS,
    Output,
    outputs_of,
    SMALLEST_SIDE,
)
from crestereo_ros.models.model_files import DEFAULT_MODEL, find_model
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.frozen_graphs import frozen_graphs_of, Graph, open_flexible_session
from crestereo_ros.providers.node_placement import Placement
from crestereo_ros.providers.runtime import onnxruntime
from crestereo_ros.providers.session_runner import runner_of

FEWEST_ITERATIONS = 2  # with fewer, a smaller resolution is the better choice

# As ONNX Runtime, CUDA and OpenCV say it.
_OUT_OF_MEMORY = re.compile(
    'bad_alloc|failed to allocate|alloc_failed|(insufficient|out ?of) ?memory', re.I
)


@dataclass(frozen=True, eq=False)
class Match:
    """
    What came of one pair.

    `disparity`: float32 (H, W), pixels of the left image. The pixel of the right image that
    matches left (x, y) is (x - disparity, y + vertical).

    `vertical`: float32 (H, W), pixels: how much lower the match lies in the right image. In a
    well rectified pair it is about zero.

    `confidence`: float32 (H, W), 0 to 1; None where the model has none.

    `iterations`: those used; 0 where the file does not say how many it has.

    `resolution`: the network's, (height, width).

    `seconds`: how long the match took.

    `provider`: what the network ran on: 'cpu', 'cuda', 'openvino' or 'tensorrt'.

    `placement`: how much of the network that provider took; None for 'cpu', and where ONNX Runtime
    does not say.
    """

    disparity: np.ndarray
    vertical: np.ndarray
    confidence: np.ndarray | None
    iterations: int
    resolution: tuple[int, int]
    seconds: float
    provider: str
    placement: Placement | None = None


class StereoMatcher:
    """
    A stereo network in ONNX Runtime.

    Nothing but `cancel` changes a matcher: several threads may use it at a time.

    OpenVINO and TensorRT want a graph of one size and number of iterations. A run-time-sized file
    is frozen for them in the background, for what `match` is asked for; until the graph is ready,
    matches go on without it: for OpenVINO on the CPU, for TensorRT on CUDA.

    Attributes: `model`, the name or path; `provider`, what runs a match unless a frozen graph does
    ('cpu', 'cuda', 'openvino' or 'tensorrt'; `Match` has the one that was used); `placement`, of
    that provider, as in `Match`; `fixed_resolution`, the (height, width) of a file that has but
    one, else None; `fixed_iterations`, their number in a file that has but one (0 where it does
    not say), else None; `takes_start`, whether `match` can begin with an earlier disparity;
    `builds_engines`, whether TensorRT builds for minutes for each size and number of iterations.
    """

    def __init__(
        self,
        model: str = '',
        provider: str = 'auto',
        threads: int = 0,
        device: str = '',
        precision: str = '',
        cuda_graph: bool = False,
        wait: bool = False,
    ) -> None:
        """
        Open a model.

        :param model: '' for the default, the name of a shipped or cached model, or the path of an
            .onnx file: one of this project, or an `init`, `next` or `combined` file of the ONNX
            zoo
        :param provider: auto, cpu, cuda, openvino or tensorrt, as for `open_session`
        :param threads: 0 leaves their number to ONNX Runtime
        :param device: of the provider, as for `Engine`
        :param precision: '', 'fp32' or 'fp16', as for `Engine`
        :param cuda_graph: whether an NVIDIA GPU repeats one recorded sequence of work
        :param wait: what a match does while a graph of fixed size is made for it, see `provider`:
            wait for it, or go on without it
        :raises ModelFileError: ModelNotFoundError, NotOnnxError or NotStereoModelError
        :raises ProviderError: where the provider is not available or does not run the model
        :raises SettingsError: for `threads`, and for `cuda_graph` with a file of any size
        """
        path = find_model(model)
        engine = Engine(provider, threads, device, precision, cuda_graph)
        opened = open_flexible_session(path, engine)
        self._contract = contract_of(opened.session, path.name)
        self._frozen = frozen_graphs_of(path, opened, self._contract, engine)
        if self._frozen is not None:
            weakref.finalize(self, self._frozen.close)  # nobody waits for a graph any more
        self._wait = wait
        if cuda_graph and self._contract.resolution is None:
            raise SettingsError(f'cuda_graph needs a file of one size, which {path.name} is not')
        self.provider, self.placement = opened.engine.provider, opened.placement
        runner = runner_of(opened.session, opened.engine, outputs_of(opened.session, path.name))
        self._graph = Graph(self._contract, runner, self.provider, self.placement)
        self._run_options = onnxruntime.RunOptions()  # of all runs, so that one flag ends them
        self.model = model or DEFAULT_MODEL
        self.fixed_resolution = self._contract.resolution
        self.fixed_iterations = (
            self._contract.iterations if self._contract.FIXED_ITERATIONS else None
        )
        self.takes_start = self._contract.TAKES_START
        self.builds_engines = engine.provider == 'tensorrt'

    def match(
        self,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int | None = None,
        resolution: tuple[int, int] | str | None = None,
        start: np.ndarray | None = None,
    ) -> Match:
        """
        Match a rectified pair.

        Any resolution will do: what the network needs beyond it is added at the right and at the
        bottom and taken off again.

        :param left: uint8 (H, W, 3) BGR or (H, W) grey
        :param right: the same, of equal shape
        :param iterations: 1 to 32. None or 0: the file's own number, twice as many where the
            resolution is 'fine', half as many where it is 'fast' but not less than
            FEWEST_ITERATIONS
        :param resolution: the network's (height, width), or a word for `resolution_for`. None:
            'image'. A file that has but one resolution is run at it whatever the word
        :param start: an earlier disparity that the search begins with in place of the earlier
            passes: float (H, W), pixels of the image, NaN where it is unknown. None, or nothing
            but NaN: the search begins anew
        :raises ImagePairError: ImageTypeError, ImageSizeError or UnequalPairError
        :raises SettingsError: where this model cannot do what is asked
        :raises InferenceError: where ONNX Runtime fails or memory does not suffice
        :raises MatchCancelledError: after `cancel`
        """
        begin = perf_counter()
        check_pair(left, right)
        iterations, size = self.resolved(left.shape, iterations, resolution)
        self._check_start(start, left.shape)
        provider = self.provider
        try:
            multiple = self._contract.MULTIPLE
            earlier = None
            if start is not None and np.isfinite(start).any():
                earlier = start_to_network(start, size, multiple)
            network_left, network_right = (
                to_network(image, size, multiple) for image in (left, right)
            )
            graph = self._graph_for(network_left.shape, iterations, earlier is not None)
            provider = graph.provider
            output = graph.contract.run(
                lambda inputs: self._infer(graph, inputs, size),
                network_left,
                network_right,
                iterations,
                earlier,
            )
        except (MemoryError, cv2.error) as error:
            raise self._failure(provider, size, error) from error
        height, width = left.shape[:2]
        disparity, vertical = (
            from_network(x, size, left.shape) for x in np.asarray(output.disparity)[0]
        )
        confidence = None if output.confidence is None else np.asarray(output.confidence)
        return Match(
            disparity=disparity * np.float32(width / size[1]),
            vertical=vertical * np.float32(-height / size[0]),
            confidence=(
                None if confidence is None else from_network(confidence[0, 0], size, left.shape)
            ),
            iterations=iterations,
            resolution=size,
            seconds=perf_counter() - begin,
            provider=graph.provider,
            placement=graph.placement,
        )

    def resolved(
        self,
        shape: tuple[int, ...],
        iterations: int | None = None,
        resolution: tuple[int, int] | str | None = None,
    ) -> tuple[int, tuple[int, int]]:
        """
        Return the iterations and the resolution that `match` uses for its arguments.

        :param shape: of the images
        :raises SettingsError: where this model cannot do what is asked
        """
        return self._iterations(iterations, resolution), self._resolution(shape, resolution)

    def check(
        self, iterations: int | None = None, resolution: tuple[int, int] | str | None = None
    ) -> None:
        """
        Check what can be checked of the arguments of `match` without an image.

        :raises SettingsError: where this model cannot do what is asked
        """
        self.resolved((SMALLEST_SIDE, SMALLEST_SIDE), iterations, resolution)

    def cancel(self) -> None:
        """
        End every match in progress, and every later one, with MatchCancelledError.

        Returns at once and may be called from any thread. ONNX Runtime looks at it between two
        operators of the network, so on a CPU a match ends within some ten milliseconds.
        """
        self._run_options.terminate = True
        if self._frozen is not None:
            self._frozen.close()

    def _iterations(self, asked: int | None, resolution: tuple[int, int] | str | None) -> int:
        own = self._contract.iterations
        if asked is None or asked == 0:
            if self._contract.FIXED_ITERATIONS:
                return own
            if resolution == FAST:
                return min(own, max(own // 2, FEWEST_ITERATIONS))
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
            word = asked or IMAGE
            if word not in RESOLUTION_WORDS:
                raise SettingsError(
                    f'resolution must be (height, width) or one of {", ".join(RESOLUTION_WORDS)}: '
                    f'{word}'
                )
            return own or resolution_for(word, shape[0], shape[1])
        height, width = asked
        if own and (height, width) != own:
            raise SettingsError(
                f'resolution cannot be {height}x{width}: model {self.model} runs at '
                f'{own[0]}x{own[1]} only'
            )
        if min(height, width) < SMALLEST_SIDE:
            raise SettingsError(
                f'resolution must be at least {SMALLEST_SIDE}x{SMALLEST_SIDE}: {height}x{width}'
            )
        return int(height), int(width)

    def _check_start(self, start: np.ndarray | None, shape: tuple[int, ...]) -> None:
        if start is None:
            return
        if not self._contract.TAKES_START:
            kind = type(self._contract).__name__.lower()
            raise SettingsError(
                f'start must be None: model {self.model} has inputs of the kind {kind}, which '
                'cannot begin with an earlier disparity'
            )
        if start.shape != shape[:2]:
            raise SettingsError(
                'start must be as large as the images, {}x{}: {}'.format(
                    *shape[:2], 'x'.join(map(str, start.shape))
                )
            )

    def _graph_for(self, shape: tuple[int, ...], iterations: int, takes_start: bool) -> Graph:
        if self._frozen is None:
            return self._graph
        size = shape[0], shape[1]
        return self._frozen.find(size, iterations, takes_start, self._wait) or self._graph

    def _infer(self, graph: Graph, inputs: list[Array], size: tuple[int, int]) -> Output:
        try:
            return graph.run_once(inputs, self._run_options)
        except Exception as error:
            if self._run_options.terminate:
                raise MatchCancelledError(f'a match by {self.model} was cancelled') from error
            raise self._failure(graph.provider, size, error) from error

    def _failure(self, provider: str, size: tuple[int, int], error: Exception) -> InferenceError:
        # ONNX Runtime names every operator around the one that failed before it says why.
        reason = ' '.join(str(error).rpartition('Status Message: ')[2].split())
        resolution = f'resolution {size[0]}x{size[1]}'
        if isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(reason):
            return InferenceError(
                f'there is too little memory for model {self.model} at {resolution}: choose a '
                'smaller one'
            )
        text = f'model {self.model} failed on {provider} at {resolution}: {reason}'
        if provider == 'cpu':
            return InferenceError(text)
        return ProviderFailedError(text, provider)
