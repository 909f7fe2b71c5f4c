# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures the whole path from images to depth over ROS, and a plain loop to compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
import importlib.util
import json
import os
from pathlib import Path
import tempfile

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.grid import Setting
from crestereo_ros.benchmarking.plain_loop import LoopJob
from crestereo_ros.benchmarking.processes import node_command, running, unused_domain, wait_for
from crestereo_ros.processes import module_command

WARM_UP = 2.0  # s after the first result
PATIENCE = 120.0  # s; the probe waits this long plus ten times the measured seconds
COLORS = 'disparity/image_color'  # the topic that the plain loop draws
SIZES = ((240, 320), (480, 640), (720, 1280))  # height and width of the images


@dataclass(frozen=True)
class EndToEnd:
    """
    The measurements of one size of images on one path.

    `path`: 'nodes' or 'plain loop'. Rates are pairs a second: played, received by the depth node,
    and results. A latency is the time from a pair's stamp to the receipt of its result; in the
    plain loop, from before a pair is read until it is drawn. `delivery_ms` is the part of it from
    the publication of a result to its receipt, None where ROS does not provide it. `message_kb` is
    the size of a result. `cpu_percent` is the share of one core. `cpu_percent` and `memory_mb` are
    those of the depth node or of the plain loop's process.
    """

    height: int
    width: int
    path: str
    published_hz: float
    in_hz: float
    out_hz: float
    latency_ms: float
    latency_95_ms: float
    inference_ms: float
    cpu_percent: float
    memory_mb: float
    delivery_ms: float | None = None
    message_kb: float | None = None

    @property
    def not_inference(self) -> float:
        """Percentage of the latency that is not the inference."""
        return 100 * (1 - self.inference_ms / self.latency_ms)


def check_ros() -> None:
    """
    Check that ROS is available.

    :raises BenchmarkError: if not
    """
    if importlib.util.find_spec('rclpy') is None:
        raise BenchmarkError(
            'rclpy is missing: source a ROS 2 workspace, or install the extra `ros`'
        )


def end_to_end(
    sources: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    setting: Setting,
    rate: float,
    seconds: float,
    topic: str = COLORS,
) -> Iterator[EndToEnd]:
    """
    Run the plain loop and then the nodes, size by size, in a separate ROS domain.

    :param sources: one or two sources as for `sources.open_source`
    :param sizes: heights and widths to resize the images to
    :param setting: the setting of the network
    :param rate: pairs to play a second
    :param seconds: how long to measure each
    :param topic: the topic of the depth node to subscribe to
    :raises BenchmarkError: if a process fails
    """
    with tempfile.TemporaryDirectory() as folder, own_domain(folder):
        output = Path(folder, 'figures.json')
        for size in sizes:
            _run_loop(sources, size, setting, seconds, output)
            yield EndToEnd(*size, 'plain loop', **json.loads(output.read_text()))
            _run_nodes(sources, size, setting, rate, seconds, output, topic)
            yield EndToEnd(*size, 'nodes', **json.loads(output.read_text()))


@contextmanager
def own_domain(logs: str) -> Iterator[None]:
    """Isolate the ROS processes started in the block from all others."""
    changed = {
        'ROS_DOMAIN_ID': str(unused_domain()),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'ROS_LOCALHOST_ONLY': '1',
        'ROS_LOG_DIR': logs,
    }
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _run_loop(
    sources: Sequence[str],
    size: tuple[int, int],
    setting: Setting,
    seconds: float,
    output: Path,
) -> None:
    job = LoopJob(
        sources=list(sources),
        size=list(size),
        warm_up=WARM_UP,
        seconds=seconds,
        output=str(output),
        **asdict(setting),
    )
    command = module_command('crestereo_ros.benchmarking.plain_loop', json.dumps(asdict(job)))
    with running('plain_loop', command, output.parent) as loop:
        wait_for(loop)


def _run_nodes(
    sources: Sequence[str],
    size: tuple[int, int],
    setting: Setting,
    rate: float,
    seconds: float,
    output: Path,
    topic: str,
) -> None:
    played: dict[str, object] = {'source': sources[0], 'source_right': ''.join(sources[1:])}
    played |= {'resize': '{}x{}'.format(*size), 'rate': rate, 'loop': True, 'align': 'off'}
    played |= {'swap': 'false', 'wait_for_subscribers': PATIENCE}
    remapped = [f'{side}/image_raw:={side}/image_rect' for side in ('left', 'right')]
    probing = {'output': str(output), 'topic': topic, 'seconds': seconds, 'warm_up': WARM_UP}
    probing |= {'patience': PATIENCE + 10 * seconds}
    logs = output.parent
    # So that there are depth and points; their values do not matter.
    matching = {**asdict(setting), 'focal_length': float(size[1]), 'baseline': 0.1}
    with (
        running('stereo_depth', node_command('stereo_depth', matching), logs) as depth,
        running('stereo_player', node_command('stereo_player', played, remapped), logs) as player,
        running(
            'result_probe',
            node_command('result_probe', {**probing, 'pid': depth.process.pid}),
            logs,
        ) as probe,
    ):
        wait_for(probe, [depth, player])
