# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Small files to play, made when a test asks for them, and a server that gives them."""

from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import re
import threading

import cv2
import numpy as np
import pytest

SIZE = (48, 64)  # height, width


@pytest.fixture
def write_image(tmp_path):
    """Return a function that writes an image file of one colour (BGR), or any given array."""

    def write(name, image=(20, 120, 220), size=SIZE):
        if isinstance(image, tuple):
            image = np.full((*size, 3), image, np.uint8)
        path = tmp_path / name
        assert cv2.imwrite(str(path), image)
        return path

    return write


@pytest.fixture
def write_video(tmp_path):
    """
    Return a function that writes a video whose frames tell their number.

    The mean of frame n is 40 + 20 n in the left half and 10 more in the right one, up to the 11th
    frame. The noise around it is the same in all of them and makes the files large enough to cut.
    """

    def write(name, frames=5, rate=20.0, size=SIZE):
        path = tmp_path / name
        code = cv2.VideoWriter_fourcc(*('MJPG' if path.suffix == '.avi' else 'mp4v'))
        writer = cv2.VideoWriter(str(path), code, rate, size[::-1])
        assert writer.isOpened()
        noise = np.random.default_rng(0).normal(0, 8, (*size, 1)).repeat(3, axis=2)
        noise[:, size[1] // 2 :] += 10
        for number in range(frames):
            writer.write((40 + 20 * number + noise).clip(0, 255).astype(np.uint8))
        writer.release()
        return path

    return write


@pytest.fixture
def write_unsteady_video(tmp_path):
    """Return a function that writes H.264 with frames out of order, at given milliseconds."""
    import av

    def write(name, times, far_apart=30):
        clock = Fraction(1, 1000)
        with av.open(str(tmp_path / name), 'w') as container:
            stream = container.add_stream('libx264', rate=30)
            stream.width, stream.height, stream.pix_fmt = 96, 64, 'yuv420p'
            stream.codec_context.time_base = clock
            stream.codec_context.gop_size, stream.codec_context.max_b_frames = far_apart, 2
            noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
            for number, at in enumerate(times):
                picture = np.roll(noise, number, axis=1)
                frame = av.VideoFrame.from_ndarray(picture, format='bgr24')
                frame.pts, frame.time_base = int(at), clock
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return tmp_path / name

    return write


@pytest.fixture
def brightness():
    """Return a function that gives the mean of an image, which shows the number of a frame."""
    return lambda image: float(np.mean(image))


class Server:
    """
    A web server on loopback; what it answers is set path by path.

    `answers` has a function of the request handler for each path without query, `requests` every
    path that was asked for with its headers.
    """

    def __init__(self):
        server = self
        self.answers, self.requests = {}, []
        self.closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                server.requests.append((self.path, self.headers))
                answer = server.answers.get(self.path.partition('?')[0])
                try:
                    answer(self) if answer else self.send_error(404)
                except OSError:
                    pass  # the client has gone

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def url(self, path):
        return f'http://127.0.0.1:{self._server.server_port}{path}'

    def give(self, path, content, **options):
        """Have a path answer a content; see `answering`."""
        self.answers[path] = self.answering(content, **options)
        return self.url(path)

    @staticmethod
    def answering(content, kind='application/octet-stream', parts=True, cut=None):
        """Return an answer: of parts if asked to, and broken off before byte number cut."""

        def answer(handler):
            start, asked = 0, re.match(r'bytes=(\d+)-(\d*)', handler.headers.get('Range', ''))
            end = len(content)
            if asked and parts:
                start = int(asked[1])
                end = min(end, int(asked[2]) + 1) if asked[2] else end
                if start >= len(content):
                    handler.send_error(416)
                    return
                handler.send_response(206)
                handler.send_header('Content-Range', f'bytes {start}-{end - 1}/{len(content)}')
            else:
                handler.send_response(200)
            handler.send_header('Content-Type', kind)
            handler.send_header('Content-Length', end - start)
            handler.end_headers()
            if handler.command == 'GET':
                handler.wfile.write(content[start : end if cut is None else min(end, cut)])

        return answer

    def trickle(self, path, content, kind='application/octet-stream'):
        """Have a path answer one byte in a while of a content."""

        def answer(handler):
            handler.send_response(200)
            handler.send_header('Content-Type', kind)
            handler.send_header('Content-Length', len(content))
            handler.end_headers()
            for byte in content:
                if self.closing.wait(0.05):
                    return
                handler.wfile.write(bytes([byte]))

        self.answers[path] = answer
        return self.url(path)

    def redirect(self, path, to):
        def answer(handler):
            handler.send_response(302)
            handler.send_header('Location', to)
            handler.end_headers()

        self.answers[path] = answer
        return self.url(path)

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()
