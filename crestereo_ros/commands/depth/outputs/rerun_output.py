# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Results in the Rerun viewer: in its window, on a web page, or in a file for it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
import shutil
import socket
import sys
import sysconfig
from typing import TYPE_CHECKING
from urllib.parse import quote

import cv2
import numpy as np

from crestereo_ros.calibration import millimetres, StereoCalibration
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs.files import require_writable
from crestereo_ros.commands.depth.outputs.output import View
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.pipeline import DepthResult
from crestereo_ros.sources import StereoSource

if TYPE_CHECKING:  # it is an extra, and imported when it is asked for
    from rerun import RecordingStream
    from rerun.blueprint import Blueprint

INSTALL = 'pip install rerun-sdk (the extra `rerun`)'
WINDOW, WEB, FILE = 'window', 'web', '.rrd'
WEB_PORT, DATA_PORT = 9090, 9876  # those of Rerun itself; others if they are in use
TIMELINE = 'time'
JPEG_QUALITY = 90
MOST_POINTS = 100_000  # in a cloud; a browser stays fluent with them
FARTHEST = 10.0  # the end of the colours of depth, as a multiple of their beginning
# The entities: what is below the camera is drawn on its image in the 3D view.
CAMERA, LEFT, DISPARITY, DEPTH, POINTS = (
    'camera',
    'camera/left',
    'disparity',
    'depth',
    'points',
)


class RerunOutput(View):
    name = 'rerun'

    @classmethod
    def add_argument(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            '--rerun',
            nargs='?',
            const=WINDOW,
            metavar='WHERE',
            help='show left image and disparity in the Rerun viewer, with a calibration depth and '
            'points as well: alone in its window; web, on a web page, until Ctrl-C; OUT.rrd, in a '
            'file that `rerun OUT.rrd` opens',
        )

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self._where: str = options.rerun
        if self._where.endswith(FILE):
            self.path = Path(self._where)
            require_writable(self.path, options)
        elif self._where not in (WINDOW, WEB):
            raise CommandError(
                f'--rerun {self._where} is neither web nor a name that ends in {FILE}: for the '
                'window, put --rerun at the end'
            )
        try:
            import rerun  # noqa: F401
        except ImportError as error:
            raise CommandError(f'--rerun needs Rerun: {INSTALL}') from error
        if self._where == WINDOW:
            require_display()

    def check(self, source: StereoSource) -> None:
        self.stays = self._where == WEB
        self._name = source.name

    def __enter__(self) -> RerunOutput:
        import rerun

        self._recording = rerun.RecordingStream('crestereo')
        self._recording.send_recording_name(self._name)
        self._arranged = False
        if self.path:
            self._recording.save(self.path)
        elif self._where == WEB:
            serve(self._recording)
        else:
            open_window(self._recording)
        return self

    def write(self, frame: MatchedFrame) -> None:
        import rerun

        recording, result = self._recording, frame.result
        if not self._arranged:
            recording.log('/', rerun.ViewCoordinates.RDF, static=True)
            recording.send_blueprint(arrangement(result))
            self._arranged = True
        recording.set_time(TIMELINE, duration=frame.time)
        jpeg = cv2.imencode('.jpg', frame.left, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
        recording.log(
            LEFT, rerun.EncodedImage(contents=jpeg[1].tobytes(), media_type='image/jpeg')
        )
        recording.log(
            DISPARITY,
            rerun.DepthImage(
                result.refined.disparity, meter=1, colormap='turbo', depth_range=result.color_range
            ),
        )
        if result.depth is not None and result.calibration is not None:
            self._write_depth(result, result.depth, result.calibration)

    def _write_depth(
        self, result: DepthResult, depth: np.ndarray, calibration: StereoCalibration
    ) -> None:
        import rerun

        recording = self._recording
        nearest, farthest = depth_range(result, calibration)
        recording.log(
            CAMERA,
            rerun.Pinhole(
                image_from_camera=calibration.left.p[:, :3],
                resolution=(calibration.left.width, calibration.left.height),
                camera_xyz=rerun.ViewCoordinates.RDF,
                image_plane_distance=nearest / 3,
            ),
        )
        recording.log(
            DEPTH,
            rerun.DepthImage(
                millimetres(depth),  # with 0 for unknown, which is black
                meter=1000,
                colormap='inferno',
                depth_range=(0, 1000 * farthest),
            ),
        )
        stride = int(np.ceil(np.sqrt(max(1, depth.size / MOST_POINTS))))
        points = calibration.points(depth, stride)
        colors = result.pair.left[::stride, ::stride, ::-1]
        known = np.isfinite(points[..., 2])
        # Twice as wide as the pixels that it stands for, so that no gaps show from other sides.
        radii = stride * points[..., 2][known] / calibration.focal_length
        recording.log(
            POINTS,
            rerun.Points3D(points[known], colors=colors[known], radii=radii, point_shading='flat'),
        )

    def ended(self) -> bool:
        return False

    def __exit__(self, *_: object) -> None:
        self._recording.disconnect()  # after everything has arrived


def require_display() -> None:
    """Raise CommandError if there is no display for a window."""
    names = 'DISPLAY', 'WAYLAND_DISPLAY'
    if sys.platform == 'linux' and not any(map(os.environ.get, names)):
        raise CommandError(
            'the window of Rerun needs a display: use --rerun web for a web page, or --rerun '
            f'OUT{FILE} for a file'
        )


def open_window(recording: RecordingStream) -> None:
    """Show a recording in Rerun's window; raise CommandError if its program is missing."""
    import rerun

    # With Python's own folder, which is not on the path unless the environment is active.
    path = os.pathsep.join([sysconfig.get_path('scripts'), os.environ.get('PATH', '')])
    try:
        rerun.spawn(recording=recording, executable_path=shutil.which('rerun', path=path))
    except RuntimeError as error:
        raise CommandError(f'the window of Rerun cannot be opened: {INSTALL}') from error


def serve(recording: RecordingStream) -> None:
    """Serve a recording, and a page that shows it, on all addresses; print those of the page."""
    import rerun

    web_port, data_port = free_port(WEB_PORT), free_port(DATA_PORT)
    # The page is from another origin than the data, which have another port.
    origin = f'http://*:{web_port}'
    recording.serve_grpc(grpc_port=data_port, cors_allow_origin=[origin])
    rerun.serve_web_viewer(web_port=web_port, open_browser=False)
    for where, host in (('here', 'localhost'), ('from other computers', socket.gethostname())):
        data = quote(f'rerun+http://{host}:{data_port}/proxy', safe='')
        print(f'page {where}: http://{host}:{web_port}/?url={data}', flush=True)
    print('Ctrl-C ends it', flush=True)


def free_port(preferred: int) -> int:
    """Return a TCP port that is free on all addresses, the preferred one if it is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('', preferred))
        except OSError:
            probe.bind(('', 0))
        return int(probe.getsockname()[1])


def depth_range(result: DepthResult, calibration: StereoCalibration) -> tuple[float, float]:
    """Return the depths in metres that colours span, those of the disparities in colours."""
    lowest, highest = result.color_range
    scene = calibration.focal_length * calibration.baseline
    nearest = scene / max(highest - calibration.principal_offset, 1.0)
    shift = max(lowest - calibration.principal_offset, 0.0)
    return nearest, min(scene / shift if shift else np.inf, FARTHEST * nearest)


def arrangement(result: DepthResult) -> Blueprint:
    """Return which views there are, and from where the cloud is seen at first."""
    from rerun import blueprint

    images = [
        blueprint.Spatial2DView(origin=LEFT, name='Left image'),
        blueprint.Spatial2DView(origin=DISPARITY, name='Disparity (px)'),
    ]
    views: blueprint.Container = blueprint.Horizontal(*images)
    if result.calibration:
        images.append(blueprint.Spatial2DView(origin=DEPTH, name='Depth (m)'))
        nearest, farthest = depth_range(result, result.calibration)
        middle = (nearest + farthest) / 2
        cloud = blueprint.Spatial3DView(
            origin='/',
            contents=[f'+ /{CAMERA}/**', f'+ /{POINTS}'],
            name='Points',
            eye_controls=blueprint.EyeControls3D(
                position=(0.35 * middle, -0.3 * middle, -0.35 * middle),
                look_target=(0, 0, middle),
                eye_up=(0, -1, 0),
            ),
        )
        views = blueprint.Horizontal(blueprint.Vertical(*images), cloud, column_shares=[1, 2])
    return blueprint.Blueprint(
        views,
        blueprint.BlueprintPanel(state='collapsed'),
        blueprint.SelectionPanel(state='collapsed'),
        blueprint.TimePanel(state='collapsed', timeline=TIMELINE),
    )
