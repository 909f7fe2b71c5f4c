# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Arrangements of objects: rooms, tables, bare boards, floating objects, roads and gardens."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from training.scenes.three_d import objects
from training.scenes.three_d.materials import (
    bare,
    grained,
    Material,
    mirror,
    polished,
    random_colour,
    random_material,
    textured,
)
from training.scenes.three_d.meshes import boxes, ellipsoid, Mesh, random_turns, sheet, shift, turn
from training.scenes.three_d.scene import (
    Camera,
    Light,
    looking,
    Motion,
    Scene,
    STILL,
    Surroundings,
    Thing,
)


def _place(parts: objects.Parts, pose: np.ndarray, motion: Motion = STILL) -> list[Thing]:
    return [Thing(mesh, material, pose, motion) for mesh, material in parts]


def _slab(size: tuple[float, float, float], centre: tuple[float, float, float]) -> Mesh:
    return boxes([size], [centre])


def _motion(rng: np.random.Generator, distance: float, chance: float = 0.35) -> Motion:
    """Return the motion of an object at `distance` metres, up to a tenth of that distance."""
    if rng.random() > chance:
        return STILL
    pace = rng.normal(0, 0.03 * distance, 3) * [1, 0.3, 1]
    return Motion(tuple(pace.tolist()), tuple(rng.normal(0, 0.1, 3) * [1, 0.1, 0.1]))


def _camera(
    rng: np.random.Generator, pose: np.ndarray, distance: float, narrow: float = 0.5
) -> Camera:
    pace = rng.normal(0, 0.025 * distance, 3) * [1, 0.4, 1.5]
    motion = Motion(tuple(pace.tolist()), tuple(rng.normal(0, 0.012, 3)))
    return Camera(pose, float(rng.uniform(narrow, 1.35)), motion)


def _lamp(
    rng: np.random.Generator, position: np.ndarray, target: np.ndarray, reach: float
) -> Light:
    distance = float(np.linalg.norm(target - position))
    strength = rng.uniform(0.2, 0.7)
    ambient = rng.uniform(0.35, 0.75)
    tint = rng.uniform(0.85, 1.15, 3)
    falloff = float(rng.choice([0, rng.uniform(0, 0.4) / distance**2]))
    return Light(
        position,
        target,
        reach,
        True,
        strength * (1 + falloff * distance**2) * rng.uniform(0.9, 1.1, 3),
        ambient * tint,
        ambient * rng.uniform(0.5, 1) * tint,
        falloff,
        softness=float(np.exp(rng.uniform(np.log(0.001), np.log(0.012)))),
        dots=float(rng.uniform(0.6, 2)) if rng.random() < 0.06 else 0.0,
    )


def _sun(rng: np.random.Generator, target: np.ndarray, reach: float) -> Light:
    direction = np.array([rng.normal(), rng.uniform(0.4, 2), rng.normal()])
    direction /= np.linalg.norm(direction)
    cloudy = rng.random() < 0.4
    ambient = rng.uniform(0.45, 0.8)
    return Light(
        target + direction * 2 * reach,
        target,
        reach,
        False,
        np.full(3, rng.uniform(0, 0.25) if cloudy else rng.uniform(0.4, 0.9)),
        ambient * np.array([1.08, 1.0, 0.95]),
        ambient * np.array([0.7, 0.75, 0.8]),
        softness=float(np.exp(rng.uniform(np.log(0.0008), np.log(0.004)))),
    )


def _indoors(
    rng: np.random.Generator, room: tuple[np.ndarray, np.ndarray], corners: float
) -> Surroundings:
    grey = rng.uniform(0.2, 0.7)
    window = rng.normal(size=3) * [1, 0.5, 1] + [0, 0.4, -0.5]
    return Surroundings(
        grey * rng.uniform(0.9, 1.1, 3),
        grey * rng.uniform(0.9, 1.3, 3),
        window=window / np.linalg.norm(window),
        room=room,
        corners=corners,
        brightness=float(rng.choice([0, rng.uniform(0.3, 1)])),
    )


def _sky(rng: np.random.Generator) -> Surroundings:
    grey = rng.uniform(0.5, 1)
    blue = np.clip(np.array([1.0, 0.75, 0.5]) * rng.uniform(0.5, 1.1), 0, 1)
    overcast = rng.random() < 0.4
    return Surroundings(
        np.full(3, grey),
        np.full(3, grey * rng.uniform(0.8, 1)) if overcast else blue,
        clouds=float(rng.choice([0, 0, rng.uniform(0.2, 0.9)])),
        haze=float(rng.choice([0, rng.uniform(0, 0.02)])),
        window=np.array([0.3, 0.8, 0.5]),
    )


def _wall_material(rng: np.random.Generator) -> Material:
    chance = rng.random()
    if chance < 0.55:
        return replace(bare(rng, 0.15), gloss=float(rng.choice([0, 0, 0.1])), reflection=0.0)
    if chance < 0.63:
        return grained(rng, 1.5)
    return objects.tiled(rng, 2.5) if chance < 0.77 else textured(rng, 2.5)


def _floor_material(rng: np.random.Generator) -> Material:
    material = random_material(rng, 1.5, 0.35)
    chance = rng.random()
    if chance < 0.3:
        material = objects.tiled(rng, 2)
    elif chance < 0.4:
        material = grained(rng, 1.5)
    return polished(rng, material) if rng.random() < 0.25 else material


def room(rng: np.random.Generator) -> Scene:
    """Return a furnished room with the camera inside, looking to the far side."""
    wide, tall, deep = rng.uniform(2.6, 7), rng.uniform(2.3, 3.6), rng.uniform(2.5, 8)
    half = wide / 2
    walls = _wall_material(rng)
    things = []
    slabs = [
        (_slab((wide, 0.1, deep + 4), (0, -0.05, deep / 2)), _floor_material(rng)),
        (_slab((wide, 0.1, deep + 4), (0, tall + 0.05, deep / 2)), bare(rng, 0.05)),
        (_slab((wide + 0.4, tall, 0.1), (0, tall / 2, deep + 0.05)), walls),
    ]
    for side in (-1, 1):
        material = walls if rng.random() < 0.7 else _wall_material(rng)
        mesh = _slab((0.1, tall, deep + 4), (side * (half + 0.05), tall / 2, deep / 2))
        slabs.append((mesh, material))
    things += _place(slabs, np.eye(4))
    if rng.random() < 0.6:
        skirting = boxes(
            [[wide, 0.1, 0.02], [0.02, 0.1, deep], [0.02, 0.1, deep]],
            [[0, 0.05, deep], [-half, 0.05, deep / 2], [half, 0.05, deep / 2]],
        )
        things += _place([(skirting, bare(rng))], np.eye(4))
    things += _on_walls(rng, half, tall, deep)
    height = rng.uniform(0.5, min(1.9, tall - 0.4))
    x, z = rng.uniform(-0.5, 0.5) * half, rng.uniform(0.1, 0.8)
    for _ in range(int(rng.integers(3, 10))):
        maker = objects.FURNITURE[rng.integers(len(objects.FURNITURE))]
        size = rng.uniform(0.6, 1.3) if maker is not objects.shelf else rng.uniform(1, 2)
        at = rng.uniform((-0.85 * half, z + 0.9), (0.85 * half, max(deep - 0.3, z + 1.2)))
        against = rng.random() < 0.4
        if against:
            at[1] = max(deep - 0.4 * size, z + 1)
        yaw = rng.normal(0, 0.1) if against else rng.uniform(0, 2 * np.pi)
        motion = _motion(rng, at[1], 0.2)
        pose = shift(at[0], 0, at[1]) @ turn(yaw)
        things += _place(maker(rng, size), pose, motion)
        if maker is objects.table:
            for _ in range(int(rng.integers(1, 5))):
                small = objects.SMALL[rng.integers(len(objects.SMALL))]
                across, along = rng.uniform(-0.33, 0.33, 2) * size
                on = pose @ shift(across, size, along)
                things += _place(small(rng, rng.uniform(0.1, 0.35)), on, motion)
    for _ in range(int(rng.integers(0, 4))):
        at = shift(rng.uniform(-half, half) * 0.7, 0, rng.uniform(z + 0.8, deep))
        things += _place(objects.cables(rng, rng.uniform(0.3, 1.2)), at)
    for _ in range(int(rng.integers(0, 3))):
        # Near objects at the edge of the view.
        near = rng.uniform(0.5, 1.1)
        at = shift(x + rng.uniform(-0.6, 0.6) * near, 0, z + near)
        maker = objects.FREE[rng.integers(len(objects.FREE))]
        high = shift(0, height - rng.uniform(0.1, 0.6), 0)
        things += _place(
            maker(rng, rng.uniform(0.15, 0.5)),
            at @ high @ turn(rng.uniform(0, 6)),
            _motion(rng, near),
        )
    pose = looking((x, height, z), rng.normal(0, 0.3), rng.normal(0.15, 0.18), rng.normal(0, 0.03))
    lamp = _lamp(
        rng,
        np.array([rng.uniform(-0.6, 0.6) * half, tall - 0.15, rng.uniform(0.2, 0.8) * deep]),
        np.array([0, 0, 0.55 * deep]),
        1.7 * tall,
    )
    around = _indoors(
        rng,
        room=(np.array([-half, 0, -2.0]), np.array([half, tall, deep])),
        corners=float(rng.uniform(0, 0.6)),
    )
    return Scene(things, lamp, around, _camera(rng, pose, 2.0))


def _on_walls(rng: np.random.Generator, half: float, tall: float, deep: float) -> list[Thing]:
    # Pictures, doors, cupboards, windows, curtains, and perhaps a mirror.
    things = []
    mirrored = rng.random() < 0.15
    for _ in range(int(rng.integers(0, 6)) + mirrored):
        wall = rng.integers(3)
        wide, high = rng.uniform(0.25, 1.2), rng.uniform(0.25, 1.2)
        thick = rng.choice([0.02, 0.03, rng.uniform(0.05, 0.4)])
        across = rng.uniform(-0.8, 0.8) * half
        if rng.random() < 0.2:
            high, up = min(2.0, tall - 0.1), 0.0
        else:
            up = rng.uniform(0.4, max(tall - high, 0.5))
        pose = shift(across, up, deep - thick / 2 - 0.001)
        if wall:
            side = 1 if wall == 1 else -1
            along = rng.uniform(0.35, 0.95) * deep
            pose = shift(side * (half - thick / 2 - 0.001), up, along) @ turn(side * np.pi / 2)
        if mirrored:
            mirrored = False
            normal = -pose[:3, 2]
            point = pose[:3, 3] + normal * thick / 2
            glass = Thing(
                _slab((wide, high, thick), (0, high / 2, 0)),
                mirror(rng),
                pose,
                STILL,
                (point, normal),
            )
            things.append(glass)
            rim = boxes(
                [[wide + 0.08, 0.04, thick + 0.03]] * 2 + [[0.04, high, thick + 0.03]] * 2,
                [(0.0, y, 0.0) for y in (0.0, high)]
                + [(x, high / 2, 0.0) for x in (-wide / 2, wide / 2)],
            )
            things += _place([(rim, bare(rng))], pose)
        elif rng.random() < 0.14:
            things += _place(_window(rng, wide, high), pose)
        elif rng.random() < 0.15:
            things += _place(objects.curtain(rng, tall * 0.95), pose @ shift(0, -up, -0.12))
        else:
            material = random_material(rng, wide, 0.45)
            things += _place([(_slab((wide, high, thick), (0, high / 2, 0)), material)], pose)
    return things


def _window(rng: np.random.Generator, wide: float, high: float) -> objects.Parts:
    # By day, white from overexposure; at night, black.
    brightness = rng.choice([0.01, rng.uniform(1.2, 5)], p=[0.2, 0.8])
    light = Material('plain', np.full((3, 3), brightness, np.float32))
    bars = boxes(
        [[wide + 0.08, 0.05, 0.06]] * 3 + [[0.05, high, 0.06]] * 3,
        [(0.0, y, 0.0) for y in (0.0, high / 2, high)]
        + [(x, high / 2, 0.0) for x in (-wide / 2, 0.0, wide / 2)],
    )
    return [(_slab((wide, high, 0.02), (0, high / 2, 0)), light), (bars, bare(rng, 0.1))]


def tabletop(rng: np.random.Generator) -> Scene:
    """Return objects on a table, seen from above, with a wall behind it."""
    wide, deep = rng.uniform(0.8, 2.2), rng.uniform(0.6, 1.4)
    material = random_material(rng, 0.8, 0.5)
    things = []
    plate = _slab((wide, 0.04, deep), (0, -0.02, deep / 2))
    chance = rng.random()
    if chance < 0.2:
        # Glass and polished stone reflect the scene; the true disparity is that of their surface.
        surface = replace(polished(rng, material), reflection=float(rng.uniform(0.08, 0.6)))
        plane = (np.zeros(3), np.array([0.0, 1.0, 0.0]))
        things.append(Thing(plate, surface, np.eye(4), STILL, plane))
    else:
        surface = polished(rng, material) if chance < 0.4 else material
        things += _place([(plate, surface)], np.eye(4))
    behind = deep + rng.choice([0.02, rng.uniform(0.1, 2.5)])
    wall = _slab((12, 8, 0.1), (0, 0, behind + 0.05))
    things += _place([(wall, _wall_material(rng))], turn(0))
    if rng.random() < 0.4:
        side = rng.choice([-1, 1])
        near = _slab((0.1, 8, 8), (side * (wide / 2 + rng.uniform(0.05, 1)), 0, 0))
        things += _place([(near, _wall_material(rng))], np.eye(4))
    floor = _slab((14, 0.1, 14), (0, -rng.uniform(0.5, 0.9), 0))
    things += _place([(floor, _floor_material(rng))], np.eye(4))
    large = rng.uniform(0.08, 0.3)
    for _ in range(int(rng.integers(4, 20))):
        maker = objects.SMALL[rng.integers(len(objects.SMALL))]
        size = large * rng.uniform(0.4, 1.3)
        at = shift(rng.uniform(-0.45, 0.45) * wide, 0.0, rng.uniform(0.12, 0.92) * deep)
        pose = at @ turn(rng.uniform(0, 2 * np.pi))
        if rng.random() < 0.1:
            pose = pose @ shift(0, 0.2 * size, 0) @ turn(0, np.pi / 2)
        things += _place(maker(rng, size), pose, _motion(rng, 0.8))
    for _ in range(int(rng.choice([0, 1, 2]))):
        at = shift(rng.uniform(-0.3, 0.3) * wide, 0.004, rng.uniform(0.2, 0.8) * deep)
        things += _place(objects.cables(rng, rng.uniform(0.15, 0.5)), at)
    for _ in range(int(rng.choice([0, 0, 1, 2]))):
        maker = [objects.fence, objects.sticks, objects.pane, objects.lamp, objects.hand][
            rng.integers(5)
        ]
        at = shift(rng.uniform(-0.4, 0.4) * wide, 0, rng.uniform(0.3, 0.8) * deep)
        things += _place(maker(rng, rng.uniform(0.2, 0.5)), at @ turn(rng.normal(0, 0.6)))
    pitch = rng.uniform(0.12, 0.95)
    distance = rng.uniform(0.5, 1.3)
    target = np.array([rng.normal(0, 0.1), 0.05, deep * rng.uniform(0.35, 0.6)])
    yaw = rng.normal(0, 0.25)
    back = turn(yaw, pitch)[:3, 2] * distance
    pose = looking(target - back, yaw, pitch, rng.normal(0, 0.04))
    lamp = _lamp(
        rng,
        target + [rng.normal(0, 0.6), rng.uniform(0.6, 1.6), rng.uniform(-1.2, 0.1)],
        target,
        rng.uniform(0.9, 1.5),
    )
    around = _indoors(
        rng,
        room=(np.array([-50, 0, -50.0]), np.array([50, 50, behind])),
        corners=float(rng.uniform(0, 0.5)),
    )
    return Scene(things, lamp, around, _camera(rng, pose, 0.8, 0.7))


def boards(rng: np.random.Generator) -> Scene:
    """Return large bare faces towards the camera, one behind another, with few other objects."""
    things = []
    deep = rng.uniform(2, 4)
    things += _place([(_slab((14, 9, 0.1), (0, 0, deep)), _wall_material(rng))], turn(0))
    floor = -rng.uniform(0.4, 1.2)
    things += _place([(_slab((14, 0.1, 10), (0, floor - 0.05, 3)), _floor_material(rng))], turn(0))
    bareness = rng.uniform(0.6, 1)
    for _ in range(int(rng.integers(2, 8))):
        z = rng.uniform(0.7, 0.95 * deep)
        width, height, depth = rng.uniform(0.2, 1.1, 3) * [1, 1, 0.5] * (0.5 + 0.4 * z)
        material = random_material(rng, width, bareness)
        x, y = rng.normal(0, 0.35, 2) * z
        if rng.random() < 0.5:
            y = floor + height / 2
        yaw = rng.choice([0, rng.normal(0, 0.25), rng.uniform(-1, 1)])
        pose = shift(x, y, z) @ turn(yaw, 0, rng.choice([0, rng.normal(0, 0.15)]))
        motion = _motion(rng, z)
        things += _place([(_slab((width, height, depth), (0, 0, 0)), material)], pose, motion)
        if rng.random() < 0.35:
            # A small object on the face: a print, a handle, a knob.
            part = rng.uniform(0.1, 0.5)
            across, up = rng.uniform(-0.3, 0.3, 2) * [width, height]
            at = shift(across, up, -depth / 2)
            detail = _slab((part * width, part * height * rng.uniform(0.2, 1), 0.02), (0, 0, 0))
            things += _place([(detail, random_material(rng, 0.3, 0.3))], pose @ at, motion)
    for _ in range(int(rng.integers(0, 6))):
        z = rng.uniform(0.7, 0.9 * deep)
        maker = objects.FREE[rng.integers(len(objects.FREE))]
        at = shift(rng.normal(0, 0.3) * z, rng.choice([floor, rng.normal(-0.2, 0.2) * z]), z)
        things += _place(
            maker(rng, rng.uniform(0.15, 0.5)), at @ turn(rng.uniform(0, 6)), _motion(rng, z)
        )
    pose = looking((0, 0, 0), rng.normal(0, 0.1), rng.normal(0.05, 0.08), rng.normal(0, 0.02))
    lamp = _lamp(
        rng,
        np.array([rng.normal(0, 1), rng.uniform(0.5, 2), rng.uniform(-1, 0.6)]),
        np.array([0, 0, 0.6 * deep]),
        1.2 * deep,
    )
    around = _indoors(
        rng,
        room=(np.array([-50, floor, -50.0]), np.array([50, 50, deep - 0.05])),
        corners=float(rng.uniform(0, 0.6)),
    )
    return Scene(things, lamp, around, _camera(rng, pose, 1.2, 0.6))


def faces(rng: np.random.Generator) -> Scene:
    """Return one to three bare or grained faces that fill most of the view, and a wall."""
    deep = rng.uniform(1.2, 4)
    things = _place([(_slab((14, 9, 0.1), (0, 0, deep)), _wall_material(rng))], turn(0))
    for _ in range(int(rng.integers(1, 4))):
        z = deep * rng.uniform(0.35, 0.92)
        width, height = rng.uniform(0.3, 1.1, 2) * z
        depth = rng.choice([0.02, rng.uniform(0.05, 0.4)]) * z
        x, y = rng.normal(0, 0.25, 2) * z
        material = bare(rng) if rng.random() < 0.6 else grained(rng, width)
        if rng.random() < 0.2:
            material = random_material(rng, width)
        yaw, pitch = rng.choice([0, 1, 4], 2) * rng.normal(0, 0.12, 2)
        pose = shift(x, y, z) @ turn(yaw, pitch, rng.choice([0, 0, rng.normal(0, 0.1)]))
        motion = _motion(rng, z)
        if rng.random() < 0.25:
            # Horizontal planks: a stack, or slats with gaps.
            count = int(rng.integers(2, 9))
            gap = rng.choice([0.002, 0.06]) * height
            tall = height / count
            middles = (np.arange(count) + 0.5) * tall - height / 2
            out = rng.normal(0, rng.choice([0, 0.02]), count) * z
            mesh = boxes(
                np.tile([width, tall - gap, depth], (count, 1)),
                np.stack([np.zeros(count), middles, out], axis=1),
            )
        else:
            mesh = _slab((width, height, depth), (0, 0, 0))
        things += _place([(mesh, material)], pose, motion)
        for _ in range(int(rng.choice([0, 0, 1, 3]))):
            # A small object on the face or in front of it.
            part = rng.uniform(0.05, 0.3) * min(width, height)
            across, up = rng.uniform(-0.4, 0.4, 2) * [width, height]
            maker = objects.SMALL[rng.integers(len(objects.SMALL))]
            before = shift(across, up, -depth / 2 - rng.choice([0, 0.6]) * part)
            things += _place(maker(rng, part), pose @ before, motion)
    if rng.random() < 0.5:
        ground = _slab((14, 0.1, 10), (0, -rng.uniform(0.3, 0.9), 3))
        things += _place([(ground, _floor_material(rng))], turn(0))
    for _ in range(int(rng.choice([0, 1, 3]))):
        z = rng.uniform(0.3, 0.9) * deep
        maker = objects.FREE[rng.integers(len(objects.FREE))]
        at = shift(rng.normal(0, 0.35) * z, rng.normal(-0.2, 0.2) * z, z)
        things += _place(maker(rng, rng.uniform(0.1, 0.4) * z), at @ turn(rng.uniform(0, 6)))
    pose = looking((0, 0, 0), rng.normal(0, 0.06), rng.normal(0, 0.06), rng.normal(0, 0.02))
    lamp = _lamp(
        rng,
        np.array([rng.normal(0, 1.5), rng.uniform(0.3, 2.5), rng.uniform(-1, 0.6 * deep)]),
        np.array([0, 0, 0.6 * deep]),
        1.2 * deep,
    )
    around = _indoors(
        rng, room=(np.array([-7.0, -4.5, -9.0]), np.array([7.0, 4.5, deep])), corners=0.0
    )
    return Scene(things, lamp, around, _camera(rng, pose, 1.5, 0.6))


def floating(rng: np.random.Generator) -> Scene:
    """Return objects in all orientations in front of a wall, hilly ground or the sky."""
    things = []
    deep = rng.uniform(3, 9)
    chance = rng.random()
    if chance < 0.75:
        wall = _slab((40, 40, 0.1), (0, 0, 0))
        pose = shift(0, 0, deep) @ turn(rng.normal(0, 0.35), rng.normal(0, 0.35))
        things += _place([(wall, random_material(rng, 2.5, 0.4))], pose)
    if chance > 0.6:
        things += _hills(rng, -rng.uniform(0.7, 1.5), 0.2)
    for turned in random_turns(rng, int(rng.integers(8, 30))):
        z = rng.uniform(0.25, 1) ** 1.3 * deep
        maker = objects.FREE[rng.integers(len(objects.FREE))]
        at = shift(rng.normal(0, 0.4) * z, rng.normal(0, 0.3) * z, z)
        upright = turn(rng.uniform(0, 6), rng.normal(0, 0.3))
        size = rng.uniform(0.15, 0.5) * z
        middle = shift(0, -size / 2, 0)
        pose = at @ (turned if rng.random() < 0.6 else upright) @ middle
        things += _place(maker(rng, size), pose, _motion(rng, z, 0.6))
    lamp = _lamp(rng, rng.normal(0, 1.5, 3) + [0, 2, -1], np.array([0, 0, 0.5 * deep]), deep)
    pose = looking((0, 0, 0), rng.normal(0, 0.05), rng.normal(0, 0.05), rng.normal(0, 0.3))
    return Scene(things, lamp, _sky(rng), _camera(rng, pose, 1.5, 0.6))


def _hills(rng: np.random.Generator, level: float, height: float) -> list[Thing]:
    y, x = np.mgrid[-1:1:40j, -1:1:40j]
    heights = sum(
        rng.normal(0, height) * np.sin(rng.normal(0, 6) * x + rng.normal(0, 6) * y + k) / (1 + k)
        for k in range(5)
    )
    ground = sheet(60, 60, heights)
    material = textured(rng, 2) if rng.random() < 0.75 else bare(rng)
    return _place([(ground, material)], shift(0, level, 20))


_METRES: dict[objects.Maker, float] = {
    objects.car: 1.5,
    objects.pole: 4.0,
    objects.tree: 5.0,
    objects.figure: 1.7,
}


def _along_road(rng: np.random.Generator, count: int, half: float, reach: float) -> list[Thing]:
    things = []
    for _ in range(count):
        maker = objects.OUTDOORS[rng.integers(len(objects.OUTDOORS))]
        z = 2.5 * np.exp(rng.uniform(0, np.log(reach / 2.5)))
        side = rng.choice([-1, 1])
        x = side * (half + rng.uniform(-0.8, 4)) if maker is not objects.car else side * half
        if rng.random() < 0.12:
            x = rng.uniform(-half, half)
        size = _METRES.get(maker, 1.2)
        yaw = np.pi / 2 + rng.normal(0, 0.08)
        if maker is not objects.car and rng.random() < 0.7:
            yaw = rng.uniform(0, 6.3)
        velocity = rng.uniform(-0.6, 0.6) if rng.random() < 0.4 else 0
        motion = (
            Motion((0, 0, float(velocity))) if maker in (objects.car, objects.figure) else STILL
        )
        pose = shift(x, 0, z) @ turn(yaw)
        things += _place(maker(rng, size * rng.uniform(0.7, 1.3)), pose, motion)
    return things


def road(rng: np.random.Generator) -> Scene:
    """Return a street with parked cars, poles, trees, houses, overhead wires and a sky."""
    half = rng.uniform(2, 5)
    asphalt = replace(
        random_material(rng, 1.0, 0.5),
        colours=np.clip(rng.uniform(0.15, 0.5) * rng.uniform(0.9, 1.1, (3, 1)) * np.ones(3), 0, 1),
    )
    asphalt = asphalt if asphalt.kind != 'print' else bare(rng, 0)
    things = _place([(_slab((300, 0.1, 600), (0, -0.2, 250)), _floor_material(rng))], np.eye(4))
    things += _place([(_slab((2 * half, 0.14, 600), (0, -0.07, 290)), asphalt)], np.eye(4))
    if rng.random() < 0.7:
        count = 40
        dashes = np.tile([0.14, 0.02, rng.choice([2, 3, 15])], (count, 1))
        places = np.stack(
            (
                np.full(count, rng.choice([0, half / 3])),
                np.full(count, 0.004),
                np.arange(count) * 7.0,
            ),
            1,
        )
        paint = Material('plain', np.full((3, 3), rng.uniform(0.6, 0.95), np.float32))
        things += _place([(boxes(dashes, places), paint)], np.eye(4))
    if rng.random() < 0.7:
        kerbs = boxes(
            [[3, 0.3, 600], [3, 0.3, 600]], [[-half - 1.5, 0, 290], [half + 1.5, 0, 290]]
        )
        things += _place([(kerbs, random_material(rng, 1.0, 0.4))], np.eye(4))
    things += _along_road(rng, int(rng.integers(6, 18)), half, 45)
    for side in (-1, 1):
        z = rng.uniform(5, 15)
        while z < 90 and rng.random() < 0.85:
            tall = rng.uniform(4, 14)
            pose = shift(side * (half + rng.uniform(5, 9) + tall / 2), 0, z) @ turn(
                side * np.pi / 2
            )
            things += _place(objects.building(rng, tall), pose)
            z += tall * rng.uniform(1, 3)
    if rng.random() < 0.5:
        far = ellipsoid(rng, np.array([150, rng.uniform(8, 40), 60]), 0.4)
        tint = replace(bare(rng), colours=np.tile(random_colour(rng, 0.1) * 0.6, (3, 1)))
        things += _place([(far, tint)], shift(rng.normal(0, 60), 0, 300))
    for _ in range(int(rng.choice([0, 0, 2, 5]))):
        path = np.stack(
            (np.linspace(-20, 20, 24), 5 + 0.003 * np.linspace(-20, 20, 24) ** 2, np.zeros(24)), 1
        )
        wire = objects.tube(path, rng.uniform(0.01, 0.04), 5)
        pose = shift(0, rng.uniform(-1, 2), rng.uniform(5, 30)) @ turn(rng.normal(0, 1))
        things += _place([(wire, bare(rng))], pose)
    height = rng.uniform(1.1, 2.0)
    pose = looking(
        (rng.uniform(-0.5, 0.5) * half, height, 0), rng.normal(0, 0.2), rng.normal(0.06, 0.07)
    )
    camera = replace(
        _camera(rng, pose, 4.0, 0.6), motion=Motion((0, 0, rng.uniform(0, 1.2)), (0.01, 0, 0))
    )
    light = _sun(rng, np.array([0, 0, 14.0]), 16.0)
    return Scene(things, light, _sky(rng), camera)


def garden(rng: np.random.Generator) -> Scene:
    """Return plants, stones, nets and fences on uneven ground, with or without a hedge behind."""
    things = _hills(rng, 0, 0.15)
    if rng.random() < 0.6:
        deep = rng.uniform(4, 14)
        wall = _slab((40, rng.uniform(1, 6), 0.3), (0, 1, deep))
        things += _place([(wall, random_material(rng, 1.5, 0.3))], turn(rng.normal(0, 0.2)))
    makers = [objects.plant, objects.tree, objects.grass, objects.ball, objects.fence]
    makers += [objects.sticks, objects.crate, objects.cables, objects.pole, objects.grass]
    makers += [objects.stems, objects.railing]
    for _ in range(int(rng.integers(8, 22))):
        maker = makers[rng.integers(len(makers))]
        z = 1.0 * np.exp(rng.uniform(0, np.log(9)))
        size = rng.uniform(0.3, 1.4)
        if maker is objects.tree:
            size *= 1.5
        pose = shift(rng.normal(0, 0.45) * z, -0.08, z) @ turn(rng.uniform(0, 6.3))
        things += _place(maker(rng, size), pose, _motion(rng, z, 0.15))
    height = rng.uniform(0.4, 1.5)
    pose = looking(
        (0, height, -0.3), rng.normal(0, 0.2), rng.normal(0.15, 0.15), rng.normal(0, 0.04)
    )
    light = _sun(rng, np.array([0, 0, 4.0]), 6.0)
    return Scene(things, light, _sky(rng), _camera(rng, pose, 2.0, 0.6))


LAYOUTS: dict[str, tuple[Callable[[np.random.Generator], Scene], float]] = {
    'room': (room, 0.23),
    'tabletop': (tabletop, 0.21),
    'boards': (boards, 0.14),
    'faces': (faces, 0.12),
    'floating': (floating, 0.08),
    'road': (road, 0.14),
    'garden': (garden, 0.08),
}


def random_scene(rng: np.random.Generator, layout: str | None = None) -> Scene:
    """Return a scene of the named layout, or of a random one."""
    if layout is None:
        shares = np.array([share for _, share in LAYOUTS.values()])
        layout = list(LAYOUTS)[rng.choice(len(shares), p=shares / shares.sum())]
    return LAYOUTS[layout][0](rng)
