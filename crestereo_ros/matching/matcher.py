# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stereo matcher: two images in, disparity out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import logging
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
    output_problem,
    shifted,
    start_to_network,
    to_network,
)
from crestereo_ros.matching.resolution import (
    FAST,
    FINE,
    IMAGE,
    MOST_PIXELS,
    most_pixels,
    resolution_for,
    RESOLUTION_WORDS,
)
from crestereo_ros.models.contracts import contract_of, ITERATIONS, SMALLEST_SIDE
from crestereo_ros.models.description import Description
from crestereo_ros.models.errors import OutputError
from crestereo_ros.models.model_files import DEFAULT_MODEL, find_model, size_of
from crestereo_ros.models.tensors import Array
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

LARGE_FILE = 12e6  # bytes; the published network has 42 MB, those made here less than 4
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Match:
    """
    What came of one pair.

    `disparity`: float32 (H, W), pixels of the left image. The pixel of the right image that
    matches left (x, y) is (x - disparity, y + vertical).

    It is NaN where the network gives no number, and beyond the largest disparity that it can give.

    `vertical`: float32 (H, W), pixels: how much lower the match lies in the right image. In a
    well rectified pair it is about zero. None where the network does not say.

    `confidence`: float32 (H, W), 0 to 1; None where the model has none. Where a network says what
    the right camera does not see, that counts here.

    `iterations`: those used; 0 where the file does not say how many it has.

    `resolution`: the network's, (height, width).

    `seconds`: how long the match took.

    `provider`: what the network ran on, a name of `OFFICIAL_NAMES`.

    `placement`: how much of the network that provider took; None for 'cpu', and where ONNX Runtime
    does not say.
    """

    disparity: np.ndarray
    vertical: np.ndarray | None
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

    Attributes: `model`, the name or path; `description`, of the network; `provider`, what runs a
    match unless a frozen graph does (`Match` has the one that was used); `placement`, of that
    provider, as in `Match`; `fixed_resolution`, the (height, width) of a file that has but one,
    else None; `fixed_iterations`, their number in a file that has but one (0 where it does not
    say), else None; `takes_start`, whether `match` can begin with an earlier disparity;
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
        description: Description | None = None,
    ) -> None:
        """
        Open a model.

        :param model: '' for the default, the name of a shipped or cached model, or the path of an
            .onnx file that is described in `config/networks` or in FILE.yaml beside it
        :param provider: one of `PROVIDERS`, as for `open_session`
        :param threads: 0 leaves their number to ONNX Runtime
        :param device: of the provider, as for `Engine`
        :param precision: '', 'fp32' or 'fp16', as for `Engine`
        :param cuda_graph: whether an NVIDIA GPU repeats one recorded sequence of work
        :param wait: what a match does while a graph of fixed size is made for it, see `provider`:
            wait for it, or go on without it
        :param description: of the network, in place of the one that is found for the file
        :raises ModelFileError: ModelNotFoundError, NotOnnxError or NotStereoModelError
        :raises ProviderError: where the provider is not available or does not run the model
        :raises SettingsError: for `threads`, and for `cuda_graph` with a file of any size
        """
        path = find_model(model)
        engine = Engine(provider, threads, device, precision, cuda_graph)
        opened = open_flexible_session(path, engine, description)
        self._contract = contract = contract_of(opened.session, path, description)
        self._frozen = frozen_graphs_of(path, opened, self._contract, engine)
        if self._frozen is not None:
            weakref.finalize(self, self._frozen.close)  # nobody waits for a graph any more
        self._wait = wait
        if cuda_graph and self._contract.resolution is None:
            raise SettingsError(f'cuda_graph needs a file of one size, which {path.name} is not')
        self.provider, self.placement = opened.engine.provider, opened.placement
        runner = runner_of(opened.session, opened.engine, contract.outputs)
        self._graph = Graph(self._contract, runner, self.provider, self.placement)
        self._run_options = onnxruntime.RunOptions()  # of all runs, so that one flag ends them
        self.model = model or DEFAULT_MODEL
        self.description = contract.description
        self.fixed_resolution = contract.resolution
        self.fixed_iterations = contract.iterations if contract.fixed_iterations else None
        self.takes_start = contract.takes_start
        if contract.takes_start and contract.fixed_iterations:
            _logger.warning(
                'Model %s is the second of two passes: without an earlier disparity it starts '
                'from zero, and finds only what is far. Use a combined file, or models import',
                self.model,
            )
        size = size_of(path)
        self._most_pixels = most_pixels(size) if self.provider == 'cpu' else MOST_PIXELS
        if self.provider == 'cpu' and size > LARGE_FILE:
            _logger.warning(
                'Model %s has %.0f MB: on a CPU a pair may take many seconds. A smaller '
                'resolution or fewer iterations take less',
                self.model,
                size / 1e6,
            )
        self.builds_engines = engine.provider == 'tensorrt'

    def match(
        self,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int | None = None,
        resolution: tuple[int, int] | str | None = None,
        start: np.ndarray | None = None,
        offset: float = 0.0,
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
        :param offset: the disparity of what is infinitely far, in pixels: cx of the left camera
            less that of the right one. Networks are made for a search from zero on, so the right
            image is shifted by it before they see it
        :raises ImagePairError: ImageTypeError, ImageSizeError or UnequalPairError
        :raises SettingsError: where this model cannot do what is asked
        :raises InferenceError: where ONNX Runtime fails or memory does not suffice
        :raises MatchCancelledError: after `cancel`
        """
        begin = perf_counter()
        check_pair(left, right)
        iterations, size = self.resolved(left.shape, iterations, resolution)
        self._check_start(start, left.shape)
        if not abs(offset) < left.shape[1]:
            raise SettingsError(
                f'offset must be less than the width of the images, {left.shape[1]}: {offset}'
            )
        placement = self._contract.place(size)
        provider = self.provider
        try:
            earlier = None
            if start is not None and np.isfinite(start).any():
                earlier = start_to_network(start - np.float32(offset), placement)
            network_left, network_right = (
                to_network(image, placement) for image in (left, shifted(right, offset))
            )
            graph = self._graph_for(placement.network, iterations, earlier is not None)
            provider = graph.provider
            planes = graph.contract.run(
                lambda inputs: self._infer(graph, inputs, size),
                network_left,
                network_right,
                iterations,
                earlier,
            )
        except (MemoryError, cv2.error) as error:
            raise self._failure(provider, size, error) from error
        except OutputError as error:
            raise InferenceError(str(error)) from error
        largest = self.description.outputs.largest
        if problem := output_problem(planes.disparity, network_left, network_right, largest):
            raise self._broken(provider, size, problem)
        height, width = left.shape[:2]
        disparity, vertical, confidence = (
            None if plane is None else from_network(plane, placement, left.shape)
            for plane in planes
        )
        assert disparity is not None
        # Above it less one it is what the network gives for all that is nearer.
        known = np.isfinite(disparity)
        if largest is not None:
            known &= disparity < largest - 1
        disparity[~known] = np.nan
        return Match(
            disparity=disparity * np.float32(width / size[1]) + np.float32(offset),
            vertical=None if vertical is None else vertical * np.float32(-height / size[0]),
            confidence=confidence,
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
            if self._contract.fixed_iterations:
                return own
            if resolution == FAST:
                return min(own, max(own // 2, FEWEST_ITERATIONS))
            return min(2 * own, ITERATIONS[-1]) if resolution == FINE else own
        if self._contract.fixed_iterations and asked != own:
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
            wanted = shape if own else resolution_for(word, shape[0], shape[1], self._most_pixels)
            return self._contract.place(self._contract.within(wanted)).size
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
        most = self.description.size.largest
        if max(height, width) > most:
            raise SettingsError(
                f'resolution cannot be {height}x{width}: model {self.model} takes sides of at '
                f'most {most} pixels'
            )
        wanted = shape if own else (int(height), int(width))
        return self._contract.place(self._contract.within(wanted)).size

    def _check_start(self, start: np.ndarray | None, shape: tuple[int, ...]) -> None:
        if start is None:
            return
        if not self.takes_start:
            raise SettingsError(
                f'start must be None: model {self.model}, {self.description.name}, has no input '
                'for an earlier disparity'
            )
        if start.shape != shape[:2]:
            raise SettingsError(
                'start must be as large as the images, {}x{}: {}'.format(
                    *shape[:2], 'x'.join(map(str, start.shape))
                )
            )

    def _graph_for(self, size: tuple[int, int], iterations: int, takes_start: bool) -> Graph:
        if self._frozen is None:
            return self._graph
        return self._frozen.find(size, iterations, takes_start, self._wait) or self._graph

    def _infer(self, graph: Graph, inputs: list[Array], size: tuple[int, int]) -> Sequence[Array]:
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
        return _error(
            f'model {self.model} failed on {provider} at {resolution}: {reason}', provider
        )

    def _broken(self, provider: str, size: tuple[int, int], problem: str) -> InferenceError:
        text = f'model {self.model} is broken on {provider} at {size[0]}x{size[1]}: {problem}. '
        if provider == 'cpu':
            return InferenceError(
                f'{text}Its weights are damaged or it is described wrongly: crestereo models '
                'check says which'
            )
        return ProviderFailedError(
            f'{text}Half precision is the usual cause: use precision fp32, or another provider',
            provider,
        )


def _error(text: str, provider: str) -> InferenceError:
    return InferenceError(text) if provider == 'cpu' else ProviderFailedError(text, provider)
