# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Advises one of the measured settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crestereo_ros.benchmarking.grid import Setting
from crestereo_ros.benchmarking.measurement import Measurement


def pareto_front(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Return the settings that are better than all faster ones, fastest first."""
    front: list[Measurement] = []
    for measurement in sorted(measurements, key=lambda x: (x.time_ms, -x.good)):
        if not front or measurement.good > front[-1].good:
            front.append(measurement)
    return front


def fastest_good(measurements: Sequence[Measurement], within: float) -> Measurement:
    """
    Return the fastest network that is nearly as good as the best one.

    :param measurements: at least one of a network
    :param within: how many percent fewer pixels may be right than at the best setting
    """
    front = pareto_front(x for x in measurements if not x.is_sgbm)
    return next(x for x in front if x.good >= (1 - within / 100) * front[-1].good)


def better_sgbm(measurements: Sequence[Measurement], chosen: Measurement) -> Measurement | None:
    """Return the measurement of SGBM if it is neither slower nor worse than a setting."""
    for x in measurements:
        if x.is_sgbm and x.time_ms <= chosen.time_ms and x.good >= chosen.good:
            return x
    return None


def advice(
    measurements: Sequence[Measurement], within: float, reference: Setting | None = None
) -> str:
    """
    Return one or two sentences that say what to set, and what other settings reach.

    :param reference: the setting that replaces the truth if that is unknown
    """
    chosen = fastest_good(measurements, within)
    best = pareto_front(x for x in measurements if not x.is_sgbm)[-1]
    share = '' if reference is None else 'agree with the best setting '

    def figures(x: Measurement) -> str:
        if x.setting == reference:  # it agrees with itself, which says nothing
            return f'{x.time_ms:.0f} ms'
        return f'{x.good:.1f} % of the pixels {share}within 2 px in {x.time_ms:.0f} ms'

    beside = [f'{figures(x)} with SGBM' for x in measurements if x.is_sgbm]
    if best is not chosen:
        beside.insert(0, f'{figures(best)} at the best setting, {best.setting}')
    setting = f'et {chosen.setting}: {figures(chosen)}'
    setting += f' (against {"; ".join(beside)}).' if beside else '.'
    sgbm = better_sgbm(measurements, chosen)
    if reference is not None or sgbm is None:
        return f'S{setting}'
    return (
        'For images like these, use SGBM (stereo_image_proc, or StereoSGBM of OpenCV): '
        f'{figures(sgbm)}, neither slower nor worse than the network. If you want the network, '
        f's{setting}'
    )
