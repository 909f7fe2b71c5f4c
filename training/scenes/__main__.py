# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Render one scene to left.png, right.png and disparity.npy.

    python -m training.scenes --seed 7 --output demo/data
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from training.scenes import render_scene


def main():
    """Render the scene that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640), help='height width')
    parser.add_argument('--largest', type=float, default=64, help='about the largest disparity')
    parser.add_argument('--output', type=Path, required=True, help='folder')
    arguments = parser.parse_args()

    rng = np.random.default_rng(arguments.seed)
    scene = render_scene(rng, *arguments.size, arguments.largest)
    arguments.output.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(arguments.output / 'left.png'), scene.left)
    cv2.imwrite(str(arguments.output / 'right.png'), scene.right)
    np.save(arguments.output / 'disparity.npy', scene.disparity.astype(np.float16))


if __name__ == '__main__':
    main()
