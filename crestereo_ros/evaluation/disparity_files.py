# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads disparities from files: NumPy arrays, PFM, and images with a scale."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
import re
import zipfile
import zlib

import cv2
import numpy as np

from crestereo_ros.evaluation.errors import EvaluationError
from crestereo_ros.sources.still_image import looks_like_image

ARRAY = 'disparity'  # its name in a .npz file
NUMPY_MAGIC = b'\x93NUMPY', b'PK'  # .npy and .npz
PFM_MAGIC = b'Pf', b'PF'  # one channel and three
PFM_HEADER = re.compile(rb'P[fF]\s+(\d+)\s+(\d+)\s+([-+.\deE]+)(?:\r\n|\s)')


def read_disparity(path: Path, scale: float | None = None) -> np.ndarray | None:
    """
    Read a disparity. The content of the file decides what it is, not its name.

    :param path: a NumPy array, a .npz file with the array `disparity`, PFM, or an image with one
        channel
    :param scale: the divisor of images of integers, in which 0 is unknown. If it is None, an image
        of 8 bits is a picture
    :returns: float32 (H, W), pixels, not finite where unknown; None for other kinds of files
    :raises EvaluationError: if it is damaged, has another shape, or has 16 bits and no scale
    :raises OSError: if it cannot be read
    """
    content = path.read_bytes()
    if content.startswith(NUMPY_MAGIC):
        return read_array(path)
    if content.startswith(PFM_MAGIC):
        return _read_pfm(path, content)
    return _read_image(path, content, scale) if looks_like_image(content) else None


def read_array(path: Path) -> np.ndarray:
    """
    Read a NumPy array, or the array `disparity` of a .npz file.

    :returns: float32 (H, W), without other axes of length 1
    :raises EvaluationError: if it is damaged, missing or of another shape
    """
    try:
        array = np.load(BytesIO(path.read_bytes()))  # NumPy may leave a file open
        if not isinstance(array, np.ndarray):
            with array as arrays:
                if ARRAY not in arrays:
                    names = ', '.join(arrays.files) or 'nothing'
                    raise EvaluationError(f'{path} has no array `{ARRAY}`, only {names}')
                array = arrays[ARRAY]
    # What NumPy raises for a file that is cut off or contains Python objects.
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise EvaluationError(f'{path} is not a readable NumPy file: {error}') from error
    plane = array.squeeze()
    if plane.ndim != 2 or plane.dtype.kind not in 'fiu':
        raise EvaluationError(
            f'{path} is not a disparity: it is an array of {array.dtype} with the shape '
            f'{array.shape}, not of numbers with (height, width)'
        )
    return plane.astype(np.float32)


def _read_pfm(path: Path, content: bytes) -> np.ndarray:
    # OpenCV's reader divides by the scale, which is 1/255 in Middlebury's files although their
    # values are pixels. Only its sign is used, as in other tools for such files.
    header = PFM_HEADER.match(content)
    try:
        if header is None:
            raise ValueError('its header is incomplete')
        width, height, scale = int(header[1]), int(header[2]), float(header[3])
        order = '<' if scale < 0 else '>'
        values = np.frombuffer(content, f'{order}f4', width * height, header.end())
    except ValueError as error:
        raise EvaluationError(f'{path} is a damaged PFM file: {error}') from error
    if content.startswith(b'PF'):
        raise EvaluationError(f'{path} has three channels, a disparity has one')
    return values.reshape(height, width)[::-1].astype(np.float32)  # the lowest row comes first


def _read_image(path: Path, content: bytes, scale: float | None) -> np.ndarray | None:
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:  # more pixels than OpenCV accepts
        image = None
    if image is None:
        raise EvaluationError(f'{path} cannot be decoded: it is damaged or cut off')
    if image.ndim != 2 or (image.dtype == np.uint8 and scale is None):
        return None
    if image.dtype.kind == 'f':  # TIFF
        return image.astype(np.float32)
    if scale is None:
        raise EvaluationError(
            f'{path} has 16 bits: give the scale of its disparities (--scale 256 for KITTI, '
            '--scale 1 for whole pixels), or convert it to 8 bits if it is a picture'
        )
    return np.where(image == 0, np.nan, image / scale).astype(np.float32)
