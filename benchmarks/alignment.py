# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures how well the rows of uncalibrated samples line up, before and after alignment.

    python -m benchmarks.alignment --samples FOLDER --pictures docs/images

The program prints a Markdown table of the samples in the folder and of the demo pair. The errors
are those of SIFT matches in the original and in the aligned images. In videos, they are measured
in frames that the alignment was not estimated from. The program also writes a picture of each
changed sample with its disparity before and after, computed by the included model.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
import time

import cv2
import numpy as np

from crestereo_ros.alignment import Alignment, AlignmentEstimator
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pictures import DisparityRange, side_by_side
from crestereo_ros.sources import open_source, StereoFrame

WIDTH = 640
PAIRS = ('cupandearphone', 'eevee', 'pantablet', 'paperbag', 'totoro')
CORNERS = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]]) / 2
HEADER = (
    '| sample | matches | before | after | OpenCV | stretch | of OpenCV | CPU a frame |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
)


def samples(folder: Path) -> Iterator[tuple[str, Path, Path | str]]:
    """Yield (name, source, right source) of every sample, whether it exists or not."""
    phone, videos = folder / 'phone_pairs', folder / 'videos'
    for name in PAIRS:
        yield name, phone / f'{name}_left.jpg', phone / f'{name}_right.jpg'
    yield 'video_left, _right', videos / 'video_left.mp4', videos / 'video_right.mp4'
    yield 'unified_stereo', videos / 'unified_stereo_vid_example.mp4', ''
    yield 'motorcycle', folder / 'motorcycle/left.png', folder / 'motorcycle/right.png'
    demo = Path(__file__).parents[1] / 'demo/data'
    yield 'demo (rendered)', demo / 'left.png', demo / 'right.png'


def scaled(image: np.ndarray) -> np.ndarray:
    size = WIDTH, round(image.shape[0] * WIDTH / image.shape[1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def sift_matches(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return points (N, 2) of both images, scaled to WIDTH, and their fundamental matrix."""
    sift = cv2.SIFT_create(2000, contrastThreshold=0.02)  # type: ignore[attr-defined]
    (points, words), (more_points, more_words) = (
        sift.detectAndCompute(scaled(image), None) for image in (left, right)
    )
    matcher = cv2.BFMatcher()
    back = {match.queryIdx: match.trainIdx for match in matcher.match(more_words, words)}
    pairs = [
        (points[best.queryIdx].pt, more_points[best.trainIdx].pt)
        for best, second in matcher.knnMatch(words, more_words, 2)
        if best.distance < 0.8 * second.distance and back[best.trainIdx] == best.queryIdx
    ]
    points, others = np.array(pairs, np.float64).transpose(1, 0, 2).copy()
    matrix, good = cv2.findFundamentalMat(points, others, cv2.USAC_MAGSAC, 1.5, 0.999, 10000)
    good = good.ravel() > 0
    return points[good], others[good], matrix


def row_error(left: np.ndarray, right: np.ndarray) -> float:
    """Return the median vertical error of SIFT matches, px at WIDTH."""
    points, others, _ = sift_matches(left, right)
    return float(np.median(np.abs((points - others)[:, 1])))


def stretch(homography: np.ndarray, shape: tuple[int, ...]) -> float:
    """
    Return the largest ratio of the axes of ellipses that small circles at the corners become.

    The homography is in pixels from the image centre.
    """
    corners = CORNERS * shape[1::-1]
    along = [
        cv2.perspectiveTransform((corners + step)[None], homography)[0]
        - cv2.perspectiveTransform((corners - step)[None], homography)[0]
        for step in np.eye(2)
    ]
    axes = np.linalg.svd(np.stack(along, axis=2), compute_uv=False)
    return float((axes[:, 0] / axes[:, 1]).max())


def opencv_rectified(left: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return row error and stretch of cv2.stereoRectifyUncalibrated on SIFT matches."""
    points, others, matrix = sift_matches(left, right)
    shape = scaled(left).shape
    _, *homographies = cv2.stereoRectifyUncalibrated(points, others, matrix, shape[1::-1])
    rows = [
        cv2.perspectiveTransform(side[None], homography)[0, :, 1]
        for side, homography in zip((points, others), homographies, strict=True)
    ]
    middle = np.array([[1, 0, shape[1] / 2], [0, 1, shape[0] / 2], [0, 0, 1]])
    largest = max(stretch(homography @ middle, shape) for homography in homographies)
    return float(np.median(np.abs(rows[0] - rows[1]))), largest


def measure(
    source: Path, source_right: Path | str, every: int
) -> tuple[StereoFrame, Alignment, float, float, float]:
    """Return the first frame, its alignment, the errors before and after, and the CPU seconds."""
    estimator, alignment = AlignmentEstimator(), Alignment()
    firsts: list[tuple[StereoFrame, Alignment]] = []
    before, after, seconds = [], [], []
    for index, frame in enumerate(open_source(str(source), str(source_right))):
        if index % every == 0:
            start = time.process_time()
            estimator.add(frame.left, frame.right)
            alignment = estimator.estimate()
            seconds.append(time.process_time() - start)
        if not firsts:
            firsts.append((frame, alignment))
        if index % every == every // 2 or index == 0:
            before.append(row_error(frame.left, frame.right))
            after.append(row_error(*alignment.apply(frame.left, frame.right)))
    errors = float(np.median(before)), float(np.median(after))
    return *firsts[0], *errors, float(np.median(seconds))


def picture(matcher: StereoMatcher, frame: StereoFrame, alignment: Alignment) -> np.ndarray:
    """Draw the left image and its disparity, without and with alignment."""
    halves = []
    for left, right in (
        (frame.left, frame.right),
        alignment.apply(frame.left, frame.right),
    ):
        left, right = scaled(left), scaled(right)
        disparity = matcher.match(left, right).disparity
        halves.append(side_by_side(left, disparity, DisparityRange().update(disparity)))
    return np.hstack(halves)


def main() -> None:
    """Print the table and write the pictures."""
    parser = argparse.ArgumentParser(
        description='Measure how well rows line up before and after alignment.'
    )
    parser.add_argument('--samples', type=Path, default='samples', help='folder of the samples')
    parser.add_argument('--pictures', type=Path, help='folder for the pictures')
    parser.add_argument('--model', default='', help='model for the disparity in the pictures')
    parser.add_argument('--every', type=int, default=2, help='use every Nth frame of a video')
    arguments = parser.parse_args()
    cv2.setNumThreads(1)  # the seconds are those of one core

    matcher = StereoMatcher(arguments.model) if arguments.pictures else None
    print(*HEADER, sep='\n')
    reports = []
    for name, source, source_right in samples(arguments.samples):
        if not source.exists():
            continue
        frame, alignment, before, after, seconds = measure(source, source_right, arguments.every)
        opencv_error, opencv_stretch = opencv_rectified(frame.left, frame.right)
        turned = alignment.rectification
        own_stretch = max(
            stretch(h, scaled(frame.left).shape) for h in (turned.left, turned.right)
        )
        print(
            f'| {name} | {alignment.matches} | {before:.2f} | {after:.2f} | {opencv_error:.2f}'
            f' | {own_stretch:.2f} | {opencv_stretch:.2f} | {seconds:.2f} s |',
            flush=True,
        )
        reports.append(f'{name}: {alignment.report}')
        if matcher and alignment.warps:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
            path = arguments.pictures / f'alignment_{name.split(",")[0]}.jpg'
            image = picture(matcher, frame, alignment)
            image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    print('', *reports, sep='\n')


if __name__ == '__main__':
    main()
