# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Plots quality against time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crestereo_ros.benchmarking.advice import fastest_good, pareto_front
from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.measurement import Measurement

if TYPE_CHECKING:  # an extra, imported only to draw a plot
    from matplotlib.lines import Line2D

SIZE = 8.3, 5.0  # inches
DPI = 200
SHAPES = 'osD^vPXhp'  # of the models
FRONT = '0.55'  # grey
HEADINGS = 'Resolution', 'Iterations', 'Model'  # in the legend


def require_matplotlib() -> None:
    """
    Check that plots can be drawn.

    :raises BenchmarkError: if not
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise BenchmarkError(
            'the plot needs matplotlib: pip install matplotlib (the extra `plots`), or use '
            '--no-plot'
        ) from error


def draw(path: Path, measurements: Sequence[Measurement], title: str, within: float) -> None:
    """
    Plot the share of good pixels against the time of a pair.

    The colour shows the resolution, the shape the model, and the size of a point the iterations.
    The line is the Pareto front of the networks, and the ring is the advised setting.

    :param path: the PNG file
    :param within: as for `advice`
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, LogLocator

    networks = [x for x in measurements if not x.is_sgbm]
    figure = Figure(SIZE, dpi=DPI, layout='constrained')
    axes = figure.add_subplot()
    axes.set_xscale('log')
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:g}'))
    axes.xaxis.set_minor_formatter('')
    axes.margins(0.1)
    axes.grid(color='0.9')
    axes.set_axisbelow(True)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel('Time of a pair (ms)')
    axes.set_ylabel('Pixels within 2 px (%)')

    front = pareto_front(networks)
    axes.plot(
        [x.time_ms for x in front],
        [x.good for x in front],
        color=FRONT,
        linewidth=1.5,
        drawstyle='steps-post',
        zorder=1,
    )
    resolutions = list(dict.fromkeys(x.resolution for x in networks))
    models = list(dict.fromkeys(x.model for x in networks))
    colors = {x: f'C{index % 10}' for index, x in enumerate(resolutions)}
    shapes = {x: SHAPES[index % len(SHAPES)] for index, x in enumerate(models)}
    for x in sorted(networks, key=lambda x: -x.iterations):  # small ones on top
        axes.plot(
            x.time_ms,
            x.good,
            shapes[x.model],
            color=colors[x.resolution],
            markersize=_diameter(x.iterations),
            markeredgecolor='white',
            alpha=0.85,
        )
    for x in measurements:
        if x.is_sgbm:
            axes.plot(x.time_ms, x.good, '*', color='black', markersize=15)
    chosen = fastest_good(measurements, within)
    ring = _diameter(chosen.iterations) + 8
    axes.plot(chosen.time_ms, chosen.good, 'o', color='black', markersize=ring, fillstyle='none')

    entries = [_entry(HEADINGS[0])]
    entries += [_entry(text, 's', color) for text, color in colors.items()]
    entries += [_entry(HEADINGS[1])]
    entries += [
        _entry(str(count), 'o', '0.4', _diameter(count))
        for count in sorted({x.iterations for x in networks})
    ]
    entries += [_entry(HEADINGS[2])]
    entries += [_entry(Path(model).stem, shape, '0.4') for model, shape in shapes.items()]
    entries += [_entry('SGBM', '*', 'black', 12), _entry('advised', 'o', 'black', 12)]
    entries[-1].set_fillstyle('none')
    entries += [Line2D([], [], color=FRONT, label='Pareto front')]
    legend = figure.legend(
        handles=entries, loc='outside right upper', fontsize=9, labelspacing=0.8, frameon=False
    )
    for text in legend.get_texts():
        if text.get_text() in HEADINGS:
            text.set_fontweight('bold')
    figure.savefig(path)


def _diameter(iterations: int) -> float:
    # In points; the area grows with the iterations.
    return 4 + 4 * iterations**0.5


def _entry(label: str, shape: str = '', color: str = 'none', size: float = 8) -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle='', marker=shape, color=color, markersize=size, label=label)
