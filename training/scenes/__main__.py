# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Render the demo's room to left.png, right.png and disparity.npz (`disparity`, pixels).

    python -m training.scenes --seed 4 --output demo/data
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from training.scenes.still_life import render_still_life


def main():
    """Render the room that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--seed', type=int, default=4, help='where things stand')
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640), help='height width')
    parser.add_argument('--output', type=Path, required=True, help='folder')
    arguments = parser.parse_args()

    room = render_still_life(arguments.seed, *arguments.size)
    arguments.output.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(arguments.output / 'left.png'), room.left)
    cv2.imwrite(str(arguments.output / 'right.png'), room.right)
    truth = room.disparity.astype(np.float16)
    np.savez_compressed(arguments.output / 'disparity.npz', disparity=truth)


if __name__ == '__main__':
    main()
