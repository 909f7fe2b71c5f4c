# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Draw scenes by OpenGL for both cameras of a rectified pair, with their true disparities.

The OpenGL context belongs to one process, so create a Renderer in the process that draws. It needs
EGL, which the driver of a graphics card or Mesa provides (Debian: libegl1 libgl1-mesa-dri).
"""

from dataclasses import dataclass
import os

import cv2
import moderngl
import numpy as np

from training.scenes.three_d import images, shaders
from training.scenes.three_d.meshes import shift
from training.scenes.three_d.scene import Light, Scene, Thing

SUPERSAMPLING = 1.5
SHADOW_SIZE = 1024
MAX_THINGS = 512
_CLIP_DISTANCE_0 = 0x3000
_THING = np.dtype(
    [
        ('model', np.float32, (4, 4)),
        ('colours', np.float32, (3, 4)),
        ('placing', np.float32, 4),
        ('tile', np.float32, 4),
        ('finish', np.float32, 4),
        ('checked', np.float32, 4),
        ('padding', np.float32, 20),
    ]
)
_EVERYTHING = (0.0, 0.0, 0.0, 0.0)


class NoDisplay(RuntimeError):
    """OpenGL is not available on this machine."""


@dataclass(frozen=True)
class View:
    """
    The image of one camera and its true disparity.

    `colour`: (H, W, 3) uint8 BGR; `disparity`: (H, W) float32 in pixels, 0 for the sky.
    """

    colour: np.ndarray
    disparity: np.ndarray


class Renderer:
    """
    Draws pairs of one size.

    :raises NoDisplay: if OpenGL is not available
    """

    def __init__(self, height: int, width: int) -> None:
        # Mesa's threads would slow other processes that render or train.
        os.environ.setdefault('LP_NUM_THREADS', '1')
        try:
            self._context = moderngl.create_standalone_context(backend='egl')
        except Exception as error:
            raise NoDisplay(
                f'OpenGL needs EGL (Debian: libegl1 libgl1-mesa-dri): {error}'
            ) from error
        self.height, self.width = height, width
        context, size = self._context, (width, height)
        large = round(SUPERSAMPLING * width), round(SUPERSAMPLING * height)
        self._colour = context.framebuffer(
            [context.renderbuffer(large, 4)], context.depth_renderbuffer(large)
        )
        self._truth_depth = context.depth_texture(size)
        self._truth = context.framebuffer(depth_attachment=self._truth_depth)
        self._reflected = context.texture(large, 4)
        self._reflection = context.framebuffer(
            [self._reflected], context.depth_renderbuffer(large)
        )
        shadow = context.depth_texture((SHADOW_SIZE, SHADOW_SIZE))
        shadow.compare_func = '<='
        shadow.repeat_x = shadow.repeat_y = False
        self._shadow = context.framebuffer(depth_attachment=shadow)
        shadow.use(0)
        self._use_images()
        self._reflected.use(3)
        self._frame = context.buffer(reserve=544)
        self._frame.bind_to_uniform_block(0)
        self._things = context.buffer(reserve=MAX_THINGS * _THING.itemsize)
        self._programs: dict[tuple[str, bool, bool, bool], moderngl.Program] = {}
        self._depth_program = self._program(shaders.DEPTH_VERTEX, shaders.DEPTH_FRAGMENT)
        sky = self._program(shaders.SKY_VERTEX, shaders.SKY_FRAGMENT)
        corners = context.buffer(np.array([[-1, -1], [3, -1], [-1, 3]], np.float32).tobytes())
        self._sky = context.vertex_array(sky, [(corners, '2f', 'corner')])

    def _use_images(self) -> None:
        context = self._context
        for unit, (layers, components) in {
            1: (images.patterns(), 1),
            2: (images.prints(), 3),
        }.items():
            count, height, width = layers.shape[:3]
            array = context.texture_array(
                (width, height, count), components, np.ascontiguousarray(layers).tobytes()
            )
            array.build_mipmaps()
            array.filter = moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR
            array.use(unit)
        spots = images.dots()
        texture = context.texture(spots.shape, 1, spots.tobytes())
        texture.build_mipmaps()
        texture.use(4)

    def _program(self, vertex: str, fragment: str) -> moderngl.Program:
        program = self._context.program(vertex_shader=vertex, fragment_shader=fragment)
        units = {'shadows': 0, 'patterns': 1, 'prints': 2, 'reflected': 3, 'dots': 4}
        for name in program:
            if name in units:
                program[name] = units[name]
        for block, binding in (('Frame', 0), ('Thing', 1)):
            if block in program:
                program[block].binding = binding
        return program

    def render(self, scene: Scene, largest: float, times: list[float]) -> list[tuple[View, View]]:
        """
        Draw the pair at each of the times.

        :param times: in frames, which is the unit of time of all motions
        :param largest: largest disparity in the first left view, pixels, which determines the
            baseline
        :returns: left and right view for each time
        """
        with self._context:
            drawing = _Drawing(self, scene)
            baseline = 1.0
            reach = drawing.truth(times[0], 0.0, baseline)
            baseline = largest / max(float(np.quantile(reach, 0.998)), 1e-6)
            pairs = []
            for time in times:
                drawing.cast_shadows(time)
                left, right = (
                    View(drawing.colours(time, offset), drawing.truth(time, offset, baseline))
                    for offset in (0.0, baseline)
                )
                pairs.append((left, right))
            drawing.release()
            return pairs


class _Drawing:
    """The meshes of one scene on the device."""

    def __init__(self, renderer: Renderer, scene: Scene) -> None:
        self._renderer, self._scene = renderer, scene
        self._context = renderer._context
        things = scene.things
        self._vertices = self._context.buffer(
            np.concatenate([thing.mesh.vertices for thing in things]).tobytes()
        )
        counts = [len(thing.mesh.vertices) for thing in things]
        firsts = np.concatenate(([0], np.cumsum(counts)))
        self._triangles = self._context.buffer(
            np.concatenate(
                [t.mesh.triangles + f for t, f in zip(things, firsts[:-1], strict=True)],
                dtype=np.int32,
            ).tobytes()
        )
        sizes = [thing.mesh.triangles.size for thing in things]
        self._ranges = list(zip(np.cumsum([0] + sizes[:-1]).tolist(), sizes, strict=True))
        self._arrays: dict[moderngl.Program, moderngl.VertexArray] = {}
        self._poses = np.stack([thing.pose for thing in things])
        centres = [thing.mesh.vertices[:, :3].mean(axis=0) for thing in things]
        self._centres = np.concatenate((centres, np.ones((len(things), 1))), axis=1)
        self._depth_array = self._array(renderer._depth_program, '3f 20x', ['position'])
        self._time = -1.0

    def release(self) -> None:
        for array in [*self._arrays.values(), self._depth_array]:
            array.release()
        self._vertices.release()
        self._triangles.release()

    def _array(
        self, program: moderngl.Program, layout: str, names: list[str]
    ) -> moderngl.VertexArray:
        content = [(self._vertices, layout, *names)]
        return self._context.vertex_array(program, content, self._triangles)

    def _surface_array(self, thing: Thing, reflect: bool) -> moderngl.VertexArray:
        material, renderer = thing.material, self._renderer
        mirror = thing.mirror is not None and not reflect
        key = (material.kind, material.shiny, mirror, self._scene.light.dots > 0)
        if key not in renderer._programs:
            renderer._programs[key] = renderer._program(shaders.VERTEX, shaders.fragment(*key))
        program = renderer._programs[key]
        if program not in self._arrays:
            names = {'position': '3f', 'normal': '3f', 'coordinate': '2f'}
            self._arrays[program] = self._array(program, ' '.join(names.values()), list(names))
        return self._arrays[program]

    def _place(self, time: float) -> None:
        # Writes the poses at this time and the materials.
        if time == self._time:
            return
        self._time = time
        things = self._scene.things
        self._poses = np.stack([thing.motion.at(thing.pose, time) for thing in things])
        table = np.zeros(len(things), _THING)
        table['model'] = self._poses.transpose(0, 2, 1)
        for row, thing in zip(table, things, strict=True):
            m = thing.material
            row['colours'][:, :3] = m.colours
            row['colours'][:, 3] = m.layer, m.scale, m.contrast
            row['placing'] = np.cos(m.angle), np.sin(m.angle), *m.offset
            row['tile'] = m.tile
            row['finish'] = m.gloss, m.shininess, m.reflection, m.opacity
            row['checked'] = m.checked
        self._renderer._things.write(table.tobytes())

    def _camera(self, time: float, offset: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # Returns the matrices from world to clip space and from corners to rays, and the position.
        renderer, camera = self._renderer, self._scene.camera
        pose = camera.motion.at(camera.pose, time) @ shift(offset, 0, 0)
        wide = 2 * camera.focal
        tall = wide * renderer.width / renderer.height
        projection = np.zeros((4, 4))
        # The first row that is read back is the top one, so y points down. The far end of the
        # depth buffer is at infinity, where the disparity is 0.
        projection[0, 0], projection[1, 1] = wide, -tall
        projection[2] = 0, 0, 1, -2 * self.near
        projection[3, 2] = 1
        rays = np.eye(4)
        rays[:3, :3] = pose[:3, :3] @ np.diag((1 / wide, -1 / tall, 1))
        return projection @ np.linalg.inv(pose), rays, pose[:3, 3]

    near = 0.03

    def _write_frame(
        self,
        projection: np.ndarray,
        rays: np.ndarray,
        eye: np.ndarray,
        clip: tuple[float, ...] = _EVERYTHING,
    ) -> None:
        light, around = self._scene.light, self._scene.surroundings
        centre = light.position if light.near else light.position - light.target
        projector = self._projector()
        matrices = [projection, rays, _shadow_projection(light), projector]
        vectors = [
            (*eye, light.softness),
            (*centre, float(light.near)),
            (*light.colour, light.falloff),
            (*light.above, around.corners),
            (*light.below, light.dots),
            (*around.room[0], 0),
            (*around.room[1], 0),
            (*around.horizon, around.haze),
            (*around.zenith, around.clouds),
            (*around.window, around.brightness),
            clip,
            (*self._renderer._colour.size, 3 * light.reach / SHADOW_SIZE, 0),
        ]
        parts = [matrix.T.astype(np.float32).tobytes() for matrix in matrices]
        parts.append(np.array(vectors, np.float32).tobytes())
        data = b''.join(parts)
        self._renderer._frame.write(data)

    def _projector(self) -> np.ndarray:
        # Next to the left camera, as in an active stereo camera.
        camera = self._scene.camera
        matrix = np.linalg.inv(camera.pose @ shift(0.03, 0, 0))
        return np.array([[0.9, 0, 0, 0], [0, 0.9, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]) @ matrix

    def _draw(self, array: moderngl.VertexArray, index: int) -> None:
        start, size = self._ranges[index]
        step = _THING.itemsize
        self._renderer._things.bind_to_uniform_block(1, index * step, step)
        array.render(moderngl.TRIANGLES, vertices=size, first=start)

    def cast_shadows(self, time: float) -> None:
        """Draw the depth map of the light, for shadows."""
        self._place(time)
        light = self._scene.light
        self._renderer._shadow.use()
        self._renderer._shadow.clear()
        self._context.enable_only(moderngl.DEPTH_TEST)
        self._write_frame(_shadow_projection(light), np.eye(4), light.position)
        for index, thing in enumerate(self._scene.things):
            if thing.material.opacity == 1:
                self._draw(self._depth_array, index)

    def truth(self, time: float, offset: float, baseline: float) -> np.ndarray:
        """Return the disparity (H, W) of a camera `offset` metres to the right of the left one."""
        renderer = self._renderer
        self._place(time)
        renderer._truth.use()
        renderer._truth.clear()
        self._context.enable_only(moderngl.DEPTH_TEST)
        self._write_frame(*self._camera(time, offset))
        for index in self._by_distance(offset, time):
            self._draw(self._depth_array, index)
        depth = np.frombuffer(renderer._truth_depth.read(), np.float32)
        depth = depth.reshape(renderer.height, renderer.width)
        # The depth buffer contains 1 - near / z.
        focal = self._scene.camera.focal * renderer.width
        return (1 - depth) * np.float32(focal * baseline / self.near)

    def colours(self, time: float, offset: float) -> np.ndarray:
        """Return the picture (H, W, 3) uint8."""
        renderer = self._renderer
        self._place(time)
        projection, rays, eye = self._camera(time, offset)
        planes = [thing.mirror for thing in self._scene.things if thing.mirror is not None]
        if planes:
            point, normal = planes[0]
            level = normal @ point
            image = np.eye(4)
            image[:3, :3] -= 2 * np.outer(normal, normal)
            image[:3, 3] = 2 * level * normal
            seen = image[:3, :3] @ eye + image[:3, 3]
            self._write_frame(projection @ image, image @ rays, seen, (*normal, 1e-3 - level))
            self._context.enable_direct(_CLIP_DISTANCE_0)
            self._shade(renderer._reflection, offset, time, reflect=True)
            self._context.disable_direct(_CLIP_DISTANCE_0)
        self._write_frame(projection, rays, eye)
        self._shade(renderer._colour, offset, time, reflect=False)
        wide, tall = renderer._colour.size
        data = np.frombuffer(renderer._colour.read(components=3, alignment=1), np.uint8)
        size = renderer.width, renderer.height
        return cv2.resize(data.reshape(tall, wide, 3), size, interpolation=cv2.INTER_AREA)

    def _by_distance(self, offset: float, time: float) -> list[int]:
        # Near objects first, so that hidden fragments are not shaded.
        _, _, eye = self._camera(time, offset)
        centres = np.matmul(self._poses, self._centres[..., None])[:, :3, 0]
        return np.argsort(np.linalg.norm(centres - eye, axis=1)).tolist()

    def _shade(
        self, target: moderngl.Framebuffer, offset: float, time: float, reflect: bool
    ) -> None:
        context, things = self._context, self._scene.things
        target.use()
        target.clear()
        order = self._by_distance(offset, time)
        context.enable_only(moderngl.DEPTH_TEST)
        clear = [index for index in order if things[index].material.opacity < 1]
        for index in order:
            thing = things[index]
            if thing.material.opacity == 1 and not (reflect and thing.mirror is not None):
                self._draw(self._surface_array(thing, reflect), index)
        # The sky is at the far end of the depth buffer.
        context.depth_func = '<='
        self._renderer._sky.render(moderngl.TRIANGLES)
        context.depth_func = '<'
        context.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND)
        context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        target.depth_mask = False
        for index in reversed(clear):
            self._draw(self._surface_array(things[index], reflect), index)
        target.depth_mask = True


def _shadow_projection(light: Light) -> np.ndarray:
    # Returns the matrix from the world to the light's clip space: a cone, or a box for a sun.
    forward = light.target - light.position
    far = np.linalg.norm(forward)
    forward = forward / far
    right = np.cross([0.0, 1.0, 0.01], forward)
    right /= np.linalg.norm(right)
    view = np.eye(4)
    view[:3, :3] = right, np.cross(forward, right), forward
    view[:3, 3] = -view[:3, :3] @ light.position
    if light.near:
        near = 0.05 * far
        projection = np.zeros((4, 4))
        projection[0, 0] = projection[1, 1] = far / light.reach
        projection[2] = 0, 0, 1, -2 * near
        projection[3, 2] = 1
    else:
        # Up to three times the distance of the target, so that there are shadows behind it too.
        projection = np.diag((1 / light.reach, 1 / light.reach, 2 / (3 * far), 1.0))
        projection[2, 3] = -1
    return projection @ view
