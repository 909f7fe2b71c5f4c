# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Render the demo's room, or a sheet of training samples.

    python -m training.scenes --seed 4 --output demo/data
    python -m training.scenes --samples 12 --seed 0 --size 288 448 --output /tmp/samples.png

The room is written as left.png, right.png, their calibrations left.yaml and right.yaml, and
disparity.npz (`disparity`, pixels) in a folder. The sheet is one picture with the left image, the
right image and the disparity (red is near) of each sample.
"""

import argparse
from itertools import islice
from pathlib import Path

import cv2
import numpy as np


def write_room(seed: int, height: int, width: int, folder: Path) -> None:
    """Write the demo's pair, its calibrations and its true disparity to a folder."""
    from training.scenes.still_life import BASELINE, FOCAL_LENGTH, render_still_life

    room = render_still_life(seed, height, width)
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / 'left.png'), room.left)
    cv2.imwrite(str(folder / 'right.png'), room.right)
    truth = room.disparity.astype(np.float16)
    np.savez_compressed(folder / 'disparity.npz', disparity=truth)
    focal_length = FOCAL_LENGTH * width
    for side, offset in (('left', 0.0), ('right', -focal_length * BASELINE)):
        text = calibration_text(side, width, height, focal_length, offset)
        (folder / f'{side}.yaml').write_text(text)


def calibration_text(
    side: str, width: int, height: int, focal_length: float, offset: float
) -> str:
    """
    Return the calibration of a camera without distortion, in the format of camera_calibration.

    :param offset: `P[3]`, which is `-focal_length * baseline` for a right camera
    """
    cx, cy = (width - 1) / 2, (height - 1) / 2
    k = [focal_length, 0.0, cx, 0.0, focal_length, cy, 0.0, 0.0, 1.0]
    p = [*k[:3], offset, *k[3:6], 0.0, *k[6:], 0.0]

    def matrix(name: str, rows: int, data: list[float]) -> str:
        return f'{name}:\n  rows: {rows}\n  cols: {len(data) // rows}\n  data: {data}\n'

    return (
        f'image_width: {width}\nimage_height: {height}\ncamera_name: {side}\n'
        'distortion_model: plumb_bob\n'
        + matrix('camera_matrix', 3, k)
        + matrix('distortion_coefficients', 1, [0.0] * 5)
        + matrix('rectification_matrix', 3, np.eye(3).ravel().tolist())
        + matrix('projection_matrix', 3, p)
    )


def write_sheet(count: int, first: int, height: int, width: int, path: Path) -> None:
    """Write a picture of `count` samples of the stream that starts at `first`, two per row."""
    # Only this function needs PyTorch.
    from training.scenes.stream import SceneStream

    strips = []
    for left, right, truth in islice(SceneStream(height, width, first), count):
        images = [x.numpy().transpose(1, 2, 0).astype(np.uint8) for x in (left, right)]
        disparity = truth[0].numpy()
        shade = (255 * disparity / max(float(disparity.max()), 1e-6)).astype(np.uint8)
        strips.append(np.hstack([*images, cv2.applyColorMap(shade, cv2.COLORMAP_TURBO)]))
    strips += [np.zeros_like(strips[0])] * (len(strips) % 2)
    rows = [np.hstack(strips[index : index + 2]) for index in range(0, len(strips), 2)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows))


def main() -> None:
    """Render the room or the sheet, as the command line selects."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--seed', type=int, default=4, help='arrangement of the room, or first sample'
    )
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640), help='height width')
    parser.add_argument('--samples', type=int, help='write a sheet of this many training samples')
    parser.add_argument(
        '--output', type=Path, required=True, help='folder, or picture file of the sheet'
    )
    arguments = parser.parse_args()
    height, width = arguments.size
    if arguments.samples:
        write_sheet(arguments.samples, arguments.seed, height, width, arguments.output)
    else:
        write_room(arguments.seed, height, width, arguments.output)


if __name__ == '__main__':
    main()
