# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which of the measured settings to take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crestereo_ros.benchmarking.measurement import Measurement


def pareto_front(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Return the settings that are better than all faster ones, the fastest first."""
    front: list[Measurement] = []
    for measurement in sorted(measurements, key=lambda x: (x.time_ms, -x.good)):
        if not front or measurement.good > front[-1].good:
            front.append(measurement)
    return front


def fastest_good(measurements: Sequence[Measurement], within: float) -> Measurement:
    """
    Return the fastest network that is nearly as good as the best one.

    :param measurements: at least one that is not SGBM's
    :param within: how many percent fewer pixels than at the best setting may be right
    """
    front = pareto_front(x for x in measurements if not x.is_sgbm)
    return next(x for x in front if x.good >= (1 - within / 100) * front[-1].good)


def advice(measurements: Sequence[Measurement], within: float) -> str:
    """Return one sentence that says what to set, and what that brings beside the best and SGBM."""
    chosen = fastest_good(measurements, within)
    best = pareto_front(x for x in measurements if not x.is_sgbm)[-1]
    beside = [f'{_figures(x)} with SGBM' for x in measurements if x.is_sgbm]
    if best is not chosen:
        beside.insert(0, f'{_figures(best)} at the best setting, {best.setting}')
    return (
        f'Set {chosen.setting}: {_figures(chosen)}'
        + (f' (against {"; ".join(beside)})' if beside else '')
        + '.'
    )


def _figures(measurement: Measurement) -> str:
    return f'{measurement.good:.1f} % of the pixels right in {measurement.time_ms:.0f} ms'
