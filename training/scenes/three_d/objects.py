# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Objects of scenes. Each is a list of parts: a mesh and its material.

All stand on y = 0 around the origin and are about `size` metres high or wide.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from training.scenes.three_d.materials import (
    bare,
    glass,
    grained,
    Material,
    polished,
    random_colour,
    random_material,
    textured,
)
from training.scenes.three_d.meshes import (
    box,
    boxes,
    copies,
    ellipsoid,
    join,
    lattice,
    leaf,
    Mesh,
    random_turns,
    revolved,
    sheet,
    shift,
    surface,
    tube,
    turn,
)

Parts = list[tuple[Mesh, Material]]
Maker = Callable[[np.random.Generator, float], Parts]


def _smooth(rng: np.random.Generator, points: np.ndarray, rows: int = 14) -> np.ndarray:
    # Returns a rounded profile through a few radii and heights.
    at = np.linspace(0, len(points) - 1, rows)
    sharp = np.stack([np.interp(at, np.arange(len(points)), p) for p in np.transpose(points)], 1)
    if rng.random() < 0.4:
        return sharp
    soft = sharp.copy()
    soft[1:-1] = 0.25 * sharp[:-2] + 0.5 * sharp[1:-1] + 0.25 * sharp[2:]
    return soft


def bottle(rng: np.random.Generator, size: float) -> Parts:
    """Return a bottle, a vase or a can, sometimes of glass, sometimes with a label and a cap."""
    radius = size * rng.uniform(0.12, 0.25)
    neck = radius * rng.uniform(0.25, 1.0)
    shoulder = rng.uniform(0.45, 0.8)
    profile = [
        (0, 0),
        (radius, 0),
        (radius * rng.uniform(0.8, 1.25), size * shoulder * 0.5),
        (radius, size * shoulder),
        (neck, size * rng.uniform(shoulder + 0.05, 0.92)),
        (neck, size),
        (0, size),
    ]
    clear = rng.random() < 0.3
    material = glass(rng) if clear else random_material(rng, size)
    if not clear and rng.random() < 0.4:
        material = polished(rng, material)
    parts = [(revolved(_smooth(rng, np.array(profile))), material)]
    if rng.random() < 0.35:
        low, high = np.sort(rng.uniform(0.1, shoulder, 2)) * size
        band = [(radius * 1.27, low), (radius * 1.27, high)]
        parts.append((revolved(band), textured(rng, size)))
    if rng.random() < 0.4:
        cap = revolved(_cap(neck * 1.15, size, 0.08 * size))
        parts.append((cap, bare(rng, 0.6)))
    return parts


def _cap(radius: float, bottom: float, height: float) -> np.ndarray:
    return np.array([(radius, bottom), (radius, bottom + height), (0, bottom + height)])


def cup(rng: np.random.Generator, size: float) -> Parts:
    """Return a cup, a bowl, a glass or a plate, open at the top."""
    flat = rng.choice([1, 1, rng.uniform(0.15, 0.6)])
    radius, height = 0.4 * size * rng.uniform(0.7, 1.3), size * flat
    foot = radius * rng.uniform(0.4, 1)
    wall = 0.05 * radius
    profile = [
        (0, 0),
        (foot, 0),
        (0.5 * (foot + radius) * rng.uniform(0.9, 1.15), 0.4 * height),
        (radius, height),
        (radius - wall, height),
        (0.5 * (foot + radius) - wall, 0.4 * height),
        (0.8 * foot, 0.06 * height),
        (0, 0.06 * height),
    ]
    material = glass(rng) if rng.random() < 0.3 else random_material(rng, size, 0.6)
    parts = [(revolved(_smooth(rng, np.array(profile), 16)), material)]
    if flat == 1 and rng.random() < 0.5:
        angles = np.linspace(-1.6, 1.6, 10)
        path = np.stack(
            (
                0.9 * radius + 0.4 * radius * np.cos(angles),
                height * (0.5 + 0.28 * np.sin(angles)),
                0 * angles,
            ),
            1,
        )
        parts.append((tube(path, 0.08 * radius, 6), material))
    return parts


def crate(rng: np.random.Generator, size: float) -> Parts:
    """Return a box, sometimes with a print on its front or a lid."""
    width, height, depth = size * np.exp(rng.uniform(np.log(0.35), np.log(1.2), 3))
    parts = [(box(width, height, depth), random_material(rng, size, 0.5))]
    if rng.random() < 0.3:
        panel = boxes([[0.7 * width, 0.6 * height, 1.01 * depth]], [[0, 0.5 * height, 0]])
        parts.append((panel, random_material(rng, size, 0.3)))
    if rng.random() < 0.2:
        lid = boxes([[1.05 * width, 0.1 * height, 1.05 * depth]], [[0, height, 0]])
        parts.append((lid, bare(rng)))
    return parts


def board(rng: np.random.Generator, size: float) -> Parts:
    """Return a thin upright board, mostly without texture: a screen, a door, a sign."""
    width, height = size * np.exp(rng.uniform(np.log(0.4), np.log(1.6), 2))
    thickness = size * rng.uniform(0.01, 0.06)
    parts = [(box(width, height, thickness), random_material(rng, size, 0.7))]
    if rng.random() < 0.5:
        rim = 0.04 * size
        sizes = [(width, rim, 2 * thickness)] * 2 + [(rim, height, 2 * thickness)] * 2
        centres = [
            (0, rim / 2, 0),
            (0, height - rim / 2, 0),
            (-width / 2 + rim / 2, height / 2, 0),
            (width / 2 - rim / 2, height / 2, 0),
        ]
        parts.append((boxes(sizes, centres), bare(rng)))
    return parts


def books(rng: np.random.Generator, size: float) -> Parts:
    """Return a row or a stack of books."""
    count = int(rng.integers(2, 7))
    thick = size * rng.uniform(0.06, 0.2, count)
    tall, deep = size * rng.uniform(0.6, 1, count), size * rng.uniform(0.4, 0.7, count)
    ends = np.cumsum(thick)
    middle = ends - thick / 2
    parts = []
    lying = rng.random() < 0.4
    for index in range(count):
        if lying:
            part = boxes(
                [[tall[index], thick[index], deep[index]]],
                [[rng.normal(0, 0.03 * size), middle[index], rng.normal(0, 0.03 * size)]],
            )
        else:
            part = boxes(
                [[thick[index], tall[index], deep[index]]],
                [[middle[index] - ends[-1] / 2, tall[index] / 2, 0]],
            )
        parts.append((part, random_material(rng, 0.5 * size, 0.4)))
    return parts


def ball(rng: np.random.Generator, size: float) -> Parts:
    """Return a ball, a fruit, a stone, a cushion or another soft shape."""
    radii = 0.5 * size * rng.choice([np.ones(3), rng.uniform(0.4, 1, 3)])
    bumps = rng.choice([0, rng.uniform(0.1, 0.5)])
    mesh = ellipsoid(rng, radii, float(bumps)).moved(shift(0, radii[1] * (1 - bumps), 0))
    material = glass(rng) if rng.random() < 0.06 else random_material(rng, size)
    return [(mesh, material)]


def plant(rng: np.random.Generator, size: float) -> Parts:
    """Return a plant: stalks with leaves, sometimes in a pot."""
    pot = size * rng.choice([0, rng.uniform(0.15, 0.3)])
    stalks, leaves = int(rng.integers(1, 5)), int(rng.integers(3, 14))
    green = np.array([0.2, 0.5, 0.25]) * rng.uniform(0.5, 1.6) * rng.uniform(0.6, 1.4, 3)
    parts: Parts = []
    if pot:
        profile = [(0.6 * pot, 0), (0.8 * pot, 0.9 * pot), (0.7 * pot, 0.9 * pot), (0, 0.8 * pot)]
        parts.append((revolved(profile), random_material(rng, pot, 0.7)))
    stems, places = [], []
    for _ in range(stalks):
        lean = rng.normal(0, 0.25, 2) * size
        t = np.linspace(0, 1, 8)[:, None]
        end = np.array([lean[0], (size - pot) * rng.uniform(0.6, 1), lean[1]])
        path = t * end + (t * (1 - t)) * rng.normal(0, 0.15, 3) * size + [0, 0.8 * pot, 0]
        stems.append(tube(path, size * rng.uniform(0.006, 0.02), 5))
        at = rng.uniform(0.15, 1, leaves)
        places.append(np.stack([np.interp(at, t[:, 0], p) for p in path.T], 1))
    at_stalks = np.concatenate(places)
    parts.append((join(stems), replace(bare(rng), colours=np.tile(0.7 * green, (3, 1)))))
    matrices = np.stack(
        [
            turn(a, p, r)
            for a, p, r in zip(
                rng.uniform(0, 2 * np.pi, len(at_stalks)),
                rng.uniform(-1.1, 0.5, len(at_stalks)),
                rng.normal(0, 0.3, len(at_stalks)),
                strict=True,
            )
        ]
    )
    length = size * rng.uniform(0.1, 0.35)
    matrices[:, :3, :3] *= length * rng.uniform(0.6, 1.2, len(at_stalks))[:, None, None]
    matrices[:, :3, 3] = at_stalks
    foliage = copies(leaf(rng.uniform(0.08, 0.4), rng.normal(-0.2, 0.3)), matrices)
    material = random_material(rng, length, 0.5)
    tint = np.clip(green * rng.uniform(0.7, 1.3, (3, 1)), 0.02, 1)
    parts.append((foliage, replace(material, colours=tint)))
    return parts


def tree(rng: np.random.Generator, size: float) -> Parts:
    """Return a tree or a bush: a trunk with boughs and a cloud of leaves."""
    trunk = size * rng.choice([0.05, rng.uniform(0.2, 0.5)])
    green = np.array([0.2, 0.5, 0.25]) * rng.uniform(0.3, 1.4) * rng.uniform(0.6, 1.4, 3)
    count = int(rng.integers(60, 320))
    crown = (size - trunk) / 2
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    places = directions * rng.uniform(0.3, 1, (count, 1)) ** 0.5 * crown
    places = places * [rng.uniform(0.5, 1.1), 1, rng.uniform(0.5, 1.1)]
    places[:, 1] += trunk + crown
    matrices = random_turns(rng, count)
    matrices[:, :3, :3] *= size * rng.uniform(0.05, 0.16)
    matrices[:, :3, 3] = places
    foliage = copies(leaf(rng.uniform(0.2, 0.5), rng.normal(0, 0.2)), matrices)
    boughs = [np.array([[0, 0, 0], [0, trunk, 0], [0, trunk + crown, 0]])]
    boughs += [np.array([[0, trunk, 0], 0.6 * p + [0, 0.4 * trunk, 0], p]) for p in places[:4]]
    wood = join([tube(path, size * rng.uniform(0.008, 0.03)) for path in boughs])
    tint = np.clip(green * rng.uniform(0.6, 1.4, (3, 1)), 0.02, 1)
    return [
        (wood, random_material(rng, size)),
        (foliage, replace(random_material(rng, 0.1 * size, 0.5), colours=tint)),
    ]


def grass(rng: np.random.Generator, size: float) -> Parts:
    """Return a tuft of blades."""
    count = int(rng.integers(20, 120))
    matrices = np.stack([turn(a, p) for a, p in rng.normal((0, -1.2), (3, 0.3), (count, 2))])
    matrices[:, :3, :3] *= size * rng.uniform(0.5, 1, (count, 1, 1))
    matrices[:, [0, 2], 3] = rng.normal(0, 0.25 * size, (count, 2))
    green = np.array([0.2, 0.55, 0.3]) * rng.uniform(0.5, 1.5) * rng.uniform(0.6, 1.4, 3)
    blades = copies(leaf(rng.uniform(0.015, 0.05), rng.normal(0, 0.3)), matrices)
    tint = np.clip(green * rng.uniform(0.6, 1.4, (3, 1)), 0.02, 1)
    return [(blades, replace(bare(rng), colours=tint))]


def cables(rng: np.random.Generator, size: float) -> Parts:
    """Return hanging, coiled or loose cables or wires."""
    material = bare(rng, 0.5)
    paths = []
    for _ in range(int(rng.integers(1, 5))):
        t = np.linspace(0, 1, 22)[:, None]
        ends = rng.uniform(-1, 1, (2, 3)) * size * [0.9, 0.4, 0.6] + [0, 0.5 * size, 0]
        sag = rng.uniform(0, 0.5) * size * np.array([0, 1, 0])
        waves = rng.normal(0, 0.12, (3, 3)) * size
        path = ends[0] + t * (ends[1] - ends[0]) - 4 * t * (1 - t) * sag
        for number, wave in enumerate(waves):
            path = path + np.sin((number + 1) * np.pi * 1.7 * t) * wave / (number + 1)
        path[:, 1] = np.maximum(path[:, 1], 0.01 * size)
        paths.append(tube(path, size * np.exp(rng.uniform(np.log(0.003), np.log(0.02))), 5))
    return [(join(paths), material)]


def fence(rng: np.random.Generator, size: float) -> Parts:
    """Return a fence, a grille or a net."""
    columns, rows = int(rng.integers(4, 26)), int(rng.choice([0, 2, 3, int(rng.integers(4, 16))]))
    width = size * rng.uniform(0.8, 2)
    thickness = width / columns * rng.uniform(0.06, 0.45)
    mesh = lattice(width, size, columns, rows, thickness, rng.choice([0, 0.8]))
    if rng.random() < 0.2:
        mesh = mesh.moved(turn(0, 0, np.pi / 4))
    return [(mesh, random_material(rng, size, 0.75))]


def shelf(rng: np.random.Generator, size: float) -> Parts:
    """Return a shelf with objects on it."""
    width, depth = size * rng.uniform(0.4, 1.2), size * rng.uniform(0.12, 0.25)
    levels = int(rng.integers(2, 6))
    board_thick = 0.015 * size
    heights = np.linspace(board_thick, size - board_thick / 2, levels)
    sizes = [(width, board_thick, depth)] * levels + [(board_thick, size, depth)] * 2
    centres = [(0.0, float(h), 0.0) for h in heights]
    centres += [(-width / 2, size / 2, 0.0), (width / 2, size / 2, 0.0)]
    if rng.random() < 0.5:
        sizes.append((width, size, 0.01 * size))
        centres.append((0.0, size / 2, depth / 2))
    parts = [(boxes(sizes, centres), random_material(rng, size, 0.6))]
    room = size / levels
    for _ in range(int(rng.integers(2, 9))):
        maker = SMALL[rng.integers(len(SMALL))]
        at = shift(
            rng.uniform(-0.42, 0.42) * width,
            heights[rng.integers(levels - 1)] + board_thick / 2,
            rng.uniform(-0.2, 0.1) * depth,
        )
        for mesh, material in maker(rng, min(room, depth) * rng.uniform(0.4, 0.85)):
            parts.append((mesh.moved(at), material))
    return parts


def table(rng: np.random.Generator, size: float) -> Parts:
    """Return a table, a desk or a stool."""
    width, depth = size * rng.uniform(0.7, 2.2), size * rng.uniform(0.7, 1.3)
    top = 0.04 * size
    leg = size * rng.uniform(0.02, 0.08)
    x, z = width / 2 - leg, depth / 2 - leg
    legs = boxes(
        np.tile([leg, size - top, leg], (4, 1)),
        np.array([(a, (size - top) / 2, b) for a in (-x, x) for b in (-z, z)]),
    )
    plate = boxes([[width, top, depth]], [[0, size - top / 2, 0]])
    return [(plate, random_material(rng, size, 0.55)), (legs, bare(rng))]


def chair(rng: np.random.Generator, size: float) -> Parts:
    """Return a chair with bars or a board as its back."""
    seat, half, leg = 0.5 * size, 0.22 * size, 0.025 * size
    legs = boxes(
        np.array([[leg, seat, leg]] * 2 + [[leg, size, leg]] * 2),
        np.array(
            [(-half, seat / 2, -half), (half, seat / 2, -half)]
            + [(-half, size / 2, half), (half, size / 2, half)]
        ),
    )
    material = random_material(rng, size, 0.7)
    plate = boxes([[2 * half, 0.05 * size, 2 * half]], [[0, seat, 0]])
    parts = [(legs, material), (plate, random_material(rng, size, 0.6))]
    if rng.random() < 0.5:
        back = lattice(2 * half, 0.45 * size, int(rng.integers(2, 8)), 2, 0.7 * leg)
        parts.append((back.moved(shift(0, 0.53 * size, half)), material))
    else:
        back = boxes([[2 * half, 0.35 * size, 0.03 * size]], [[0, 0.8 * size, half]])
        parts.append((back, random_material(rng, size, 0.6)))
    return parts


def sofa(rng: np.random.Generator, size: float) -> Parts:
    """Return a sofa, an armchair or a bed, of boxes with cushions."""
    width, depth = size * rng.uniform(1, 2.4), size * rng.uniform(0.9, 1.3)
    seat, arm = 0.45 * size, 0.18 * size
    sizes = [
        (width, seat, depth),
        (width, size, arm),
        (arm, 0.7 * size, depth),
    ]
    sizes.append(sizes[-1])
    centres = [(0.0, seat / 2, 0.0), (0.0, size / 2, depth / 2)]
    centres += [(-width / 2, 0.35 * size, 0.0), (width / 2, 0.35 * size, 0.0)]
    parts = [(boxes(sizes, centres), random_material(rng, size, 0.6))]
    for _ in range(int(rng.integers(0, 4))):
        cushion = ellipsoid(rng, np.array([0.25, 0.22, 0.09]) * size, 0.1)
        at = shift(rng.uniform(-0.4, 0.4) * width, seat + 0.2 * size, 0.3 * depth)
        parts.append(
            (cushion.moved(at @ turn(rng.normal(0, 0.3), 0.3)), textured(rng, 0.3 * size))
        )
    return parts


def lamp(rng: np.random.Generator, size: float) -> Parts:
    """Return a lamp with a shade on a thin stand."""
    wide = size * rng.uniform(0.12, 0.3)
    stand = [(0, 0), (0.7 * wide, 0), (0.7 * wide, 0.02 * size), (0.012 * size, 0.03 * size)]
    stand += [(0.012 * size, 0.8 * size)]
    shade = [(wide, 0.7 * size), (wide * rng.uniform(0.3, 1), size)]
    return [
        (revolved(stand), polished(rng, bare(rng))),
        (revolved(shade), random_material(rng, size, 0.7)),
    ]


def curtain(rng: np.random.Generator, size: float) -> Parts:
    """Return hanging cloth with folds."""
    width = size * rng.uniform(0.3, 1.2)
    x = np.linspace(-width / 2, width / 2, 60)
    y = np.linspace(0, size, 5)[:, None]
    folds = rng.uniform(20, 60) / size
    z = 0.03 * size * np.sin(folds * x + rng.uniform(0, 6)) * (1.1 - 0.3 * y / size)
    z = z + 0.02 * size * np.sin(0.37 * folds * x)
    cloth = surface(np.stack(np.broadcast_arrays(x, y, z), -1))
    return [(cloth, random_material(rng, 0.4 * size, 0.55))]


def pole(rng: np.random.Generator, size: float) -> Parts:
    """Return a post, sometimes with a sign, an arm or stripes."""
    radius = size * rng.uniform(0.008, 0.035)
    post = revolved(np.array([(radius, 0), (radius * rng.uniform(0.5, 1), size)]), 10)
    parts = [(post, random_material(rng, 0.4 * size, 0.7))]
    chance = rng.random()
    if chance < 0.4:
        plate = boxes(
            [[size * rng.uniform(0.1, 0.3), size * rng.uniform(0.1, 0.3), 0.01 * size]],
            [[0, 0.88 * size, -1.5 * radius]],
        )
        parts.append((plate, random_material(rng, 0.2 * size, 0.3)))
    elif chance < 0.6:
        arm = np.array([(0, size, 0), (0.15 * size, 1.04 * size, 0), (0.35 * size, size, 0)])
        parts.append((tube(arm, 0.7 * radius), parts[0][1]))
    return parts


def car(rng: np.random.Generator, size: float) -> Parts:
    """Return a parked car, about 2.7 times as long (x) as its height `size`."""
    long, wide = 2.7 * size * rng.uniform(0.85, 1.2), 1.15 * size
    paint = polished(rng, bare(rng, 0.5))
    body = boxes([[long, 0.42 * size, wide]], [[0, 0.4 * size, 0]])
    hood = rng.uniform(0.15, 0.3) * long
    x = np.array([-long / 2 + hood, -long / 2 + 1.5 * hood, long * 0.3, long * 0.46])
    y = np.array([0.6, 0.98, 1.0, 0.62]) * size
    side = np.array([-1, -0.999, 0.999, 1])[:, None] * wide * 0.46
    cabin = surface(np.stack(np.broadcast_arrays(x, y, side), -1))
    cabin_sides = []
    for z in (-0.46 * wide, 0.46 * wide):
        low = np.stack((x, np.full(4, 0.55 * size), np.full(4, z)), 1)
        high = np.stack((x, y, np.full(4, z)), 1)
        cabin_sides.append(surface(np.stack((low, high))))
    window = glass(rng)
    window = replace(window, opacity=rng.uniform(0.5, 1), colours=0.2 * window.colours)
    angles = np.linspace(0, 2 * np.pi, 15)
    wheels = []
    for a in (-0.32, 0.32):
        for z in (-0.5 * wide, 0.5 * wide):
            rim = np.stack((np.cos(angles), np.sin(angles), 0 * angles), 1) * 0.13 * size
            wheels.append(tube(rim, 0.1 * size, 6).moved(shift(a * long, 0.22 * size, z * 0.98)))
    return [
        (body, paint),
        (cabin, paint),
        (join(cabin_sides), window),
        (join(wheels), Material('plain', np.full((3, 3), 0.08, np.float32))),
    ]


def building(rng: np.random.Generator, size: float) -> Parts:
    """Return a house front with rows of windows, or a bare block."""
    width, depth = size * rng.uniform(0.6, 2), size * rng.uniform(0.5, 1)
    parts = [(box(width, size, depth), random_material(rng, rng.uniform(1, 4), 0.4))]
    if rng.random() < 0.75:
        columns, rows = int(rng.integers(2, 9)), int(rng.integers(2, 7))
        x = (np.arange(columns) + 0.5) / columns * width - width / 2
        y = (np.arange(rows) + 0.5) / rows * size
        places = np.array([(a, b, 0) for a in x for b in y])
        pane = [width / columns * rng.uniform(0.3, 0.7), size / rows * rng.uniform(0.4, 0.7)]
        panes = boxes(np.tile([*pane, depth * 1.01], (len(places), 1)), places)
        parts.append((panes, polished(rng, random_material(rng, 1.0, 0.8))))
    return parts


def figure(rng: np.random.Generator, size: float) -> Parts:
    """Return a soft shape like a standing person or animal."""
    cloth = [random_material(rng, 0.4 * size, 0.4) for _ in range(3)]
    lean = rng.normal(0, 0.03, 4) * size
    legs = [
        tube(np.array([(x, 0, 0), (x, 0.25 * size, z), (0.6 * x, 0.5 * size, 0)]), 0.05 * size, 8)
        for x, z in ((-0.07 * size, lean[0]), (0.07 * size, lean[1]))
    ]
    trunk = ellipsoid(rng, np.array([0.13, 0.2, 0.09]) * size, 0.1)
    head = ellipsoid(rng, np.array([0.06, 0.085, 0.07]) * size, 0.05)
    arms = [
        tube(
            np.array(
                [
                    (s * 0.11, 0.78, 0),
                    (s * rng.uniform(0.15, 0.28), 0.6, rng.normal(0, 0.08)),
                    (s * rng.uniform(0.1, 0.3), rng.uniform(0.4, 0.8), rng.normal(0, 0.12)),
                ]
            )
            * size,
            0.03 * size,
            7,
        )
        for s in (-1, 1)
    ]
    return [
        (join(legs), cloth[0]),
        (join([trunk.moved(shift(0, 0.64 * size, 0)), *arms]), cloth[1]),
        (head.moved(shift(0, 0.91 * size, 0)), cloth[2]),
    ]


def sticks(rng: np.random.Generator, size: float) -> Parts:
    """Return thin bars that cross each other: tripods, twigs, scaffolds, pens."""
    bars = []
    for _ in range(int(rng.integers(2, 10))):
        ends = rng.normal(0, 0.4, (2, 3)) * size + [0, 0.5 * size, 0]
        path = np.linspace(ends[0], ends[1], 3)
        bars.append(tube(path, size * np.exp(rng.uniform(np.log(0.006), np.log(0.04)))))
    return [(join(bars), random_material(rng, size, 0.6))]


def railing(rng: np.random.Generator, size: float) -> Parts:
    """Return a railing or a bannister: thin bars, straight or turned, under a handrail."""
    count, width = int(rng.integers(5, 24)), size * rng.uniform(0.8, 2.5)
    radius = size * np.exp(rng.uniform(np.log(0.004), np.log(0.02)))
    heights = np.linspace(0, size, 14)
    waves = rng.choice([0, rng.uniform(0.2, 0.7)]) * np.sin(heights * rng.uniform(5, 20) / size)
    bar = revolved(np.stack([radius * (1 + waves), heights], axis=1), 8)
    places = np.stack([shift(x, 0, 0) for x in np.linspace(-width / 2, width / 2, count)])
    rails = boxes(
        [[width, 0.03 * size, 0.05 * size]] * 2,
        [[0, size, 0], [0, rng.uniform(0, 0.15) * size, 0]],
    )
    material = random_material(rng, size, 0.75)
    rail = material if rng.random() < 0.5 else grained(rng, size)
    return [(copies(bar, places), material), (rails, rail)]


def stems(rng: np.random.Generator, size: float) -> Parts:
    """Return grasses or flowers: thin stems, each with something at its end."""
    count = int(rng.integers(4, 18))
    t = np.linspace(0, 1, 9)[:, None]
    paths, ends = [], []
    for lean in rng.normal(0, 0.22, (count, 2)) * size:
        end = np.array([lean[0], size * rng.uniform(0.6, 1), lean[1]])
        path = t * end * [1, 1, 1] + t * (1 - t) * rng.normal(0, 0.1, 3) * size
        paths.append(tube(path, size * np.exp(rng.uniform(np.log(0.002), np.log(0.008))), 5))
        ends.append(end)
    green = np.array([0.2, 0.5, 0.3]) * rng.uniform(0.4, 1.6) * rng.uniform(0.6, 1.4, 3)
    parts = [(join(paths), replace(bare(rng), colours=np.clip(np.tile(green, (3, 1)), 0.02, 1)))]
    if rng.random() < 0.8:
        bud = ellipsoid(rng, size * rng.uniform(0.012, 0.05, 3), 0.3)
        parts.append((copies(bud, np.stack([shift(*end) for end in ends])), bare(rng, 0.7)))
    return parts


def hand(rng: np.random.Generator, size: float) -> Parts:
    """Return an arm and a hand that reach up from below."""
    skin = np.array([0.45, 0.55, 0.8]) * rng.uniform(0.3, 1.15) * rng.uniform(0.95, 1.05, 3)
    material = replace(bare(rng), colours=np.clip(np.tile(skin, (3, 1)), 0.02, 1))
    arm = tube(np.array([(0, 0, 0), (0, 0.3, 0), (0, 0.55, 0)]) * size, 0.07 * size, 10)
    palm = ellipsoid(rng, np.array([0.11, 0.14, 0.045]) * size).moved(shift(0, 0.64 * size, 0))
    fingers = []
    for x, length in ((-0.08, 0.2), (-0.03, 0.24), (0.03, 0.23), (0.08, 0.18)):
        curl, spread = rng.uniform(-0.02, 0.18), x * rng.uniform(1, 2)
        path = [(x, 0.72, 0), (spread, 0.72 + 0.6 * length, -0.4 * curl)]
        path.append((1.2 * spread, 0.72 + length * (1 - 2 * curl), -curl))
        fingers.append(tube(np.array(path) * size, 0.022 * size, 8))
    thumb = np.array([(0.08, 0.6, 0), (0.16, 0.68, -0.03), (0.17, 0.78, -0.05)])
    fingers.append(tube(thumb * size, 0.026 * size, 8))
    sleeve = revolved(np.array([(0.085, 0), (0.09, 0.3)]) * size)
    parts = [(join([arm, palm, *fingers]), material)]
    return [*parts, (sleeve, random_material(rng, size, 0.5))] if rng.random() < 0.7 else parts


def ring(rng: np.random.Generator, size: float) -> Parts:
    """Return a ring, a tyre or a wheel with spokes."""
    angles = np.linspace(0, 2 * np.pi, 25)
    radius = 0.42 * size
    circle = np.stack((np.cos(angles), np.sin(angles), 0 * angles), 1) * radius
    parts = [tube(circle, size * rng.uniform(0.015, 0.08), 7)]
    if rng.random() < 0.5:
        for angle in np.linspace(0, 2 * np.pi, int(rng.integers(4, 16)))[:-1]:
            end = np.array([np.cos(angle), np.sin(angle), 0]) * radius
            parts.append(tube(np.array([0 * end, end]), 0.008 * size, 4))
    return [(join(parts).moved(shift(0, 0.5 * size, 0)), random_material(rng, size, 0.6))]


def pane(rng: np.random.Generator, size: float) -> Parts:
    """Return a pane of glass in a frame."""
    width, height = size * rng.uniform(0.4, 1.2), size * rng.uniform(0.6, 1)
    rim = 0.03 * size
    sizes = [(width, rim, rim)] * 2 + [(rim, height, rim)] * 2
    centres = [
        (0, 0, 0),
        (0, height, 0),
        (-width / 2, height / 2, 0),
        (width / 2, height / 2, 0),
    ]
    return [
        (boxes(sizes, centres), bare(rng)),
        (box(width, height, 0.005 * size), glass(rng)),
    ]


def cloth(rng: np.random.Generator, size: float) -> Parts:
    """Return a crumpled cloth on the ground."""
    y, x = np.mgrid[0:1:14j, 0:1:14j]
    heights = sum(
        rng.normal(0, 0.02) * np.sin(rng.normal(0, 9) * x + rng.normal(0, 9) * y + k)
        for k in range(6)
    )
    heights = (heights - heights.min()) * size + 0.004 * size
    mesh = sheet(size, size * rng.uniform(0.5, 1), heights)
    return [(mesh, random_material(rng, 0.5 * size, 0.45))]


def tiled(rng: np.random.Generator, size: float) -> Material:
    """Return bricks, tiles or planks of usual sizes, independent of the wall's size."""
    width = float(np.exp(rng.uniform(np.log(0.08), np.log(0.8))))
    joint = float(rng.choice([0.004, 0.01, 0.02]))
    colours = np.stack([random_colour(rng) for _ in range(3)])
    colours[1] = np.clip(colours[0] * rng.uniform(0.75, 1.25), 0, 1)
    return replace(
        textured(rng, size),
        kind='tiles',
        colours=colours,
        tile=(width, width * float(rng.choice([1, 0.3, 6])), joint, float(rng.choice([0, 0.5]))),
        checked=bool(rng.random() < 0.2),
        contrast=float(rng.uniform(0, 0.5)),
        scale=1.5,
        angle=0.0,
    )


SMALL: list[Maker] = [
    bottle, bottle, cup, cup, crate, crate, books, ball, plant, ring, cloth, stems,
]  # fmt: skip
FURNITURE: list[Maker] = [
    shelf, table, chair, chair, sofa, lamp, crate, plant, board, figure, railing,
]  # fmt: skip
OUTDOORS: list[Maker] = [pole, pole, car, car, tree, tree, crate, fence, figure, board]
FREE: list[Maker] = [
    bottle, cup, crate, board, books, ball, ball, plant, cables, fence, sticks, ring, table,
    chair, pane, cloth, railing, stems, hand,
]  # fmt: skip
