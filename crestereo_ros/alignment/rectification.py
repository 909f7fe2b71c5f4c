# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
The two views turned until their rows line up.

Fusiello and Irsara, "Quasi-Euclidean uncalibrated epipolar rectification" (ICPR 2008): both
images are warped as if their cameras had been rotated, so straight lines stay straight and
little is distorted. Here with a focal length that is assumed, a zoom and a vertical offset
between the pictures, which makes up the seven degrees of freedom that an epipolar geometry has,
and a prior that keeps what the matches do not determine at zero.
"""

from dataclasses import dataclass
import math

import cv2
import numpy as np

from crestereo_ros.alignment.working_image import WIDTH

# Assumed, in widths: a field of view of 58 degrees. Half or twice as much changes the rows by
# second-order terms only.
FOCAL_LENGTH = 0.9 * WIDTH
# How far a pair is expected to be from rectified, one standard deviation of each parameter.
EXPECTED = np.array([0.1, 0.05, 0.05, 0.05, 0.02, 0.025, 0.05])
NOISE = 0.7  # px, of a match
# Errors of neighbouring matches go together (lens distortion, rolling shutter), so more matches
# than this say nothing more.
INDEPENDENT_MATCHES = 100
ROUNDS = 30


@dataclass(frozen=True, eq=False)
class Rectification:
    """
    How both views are turned.

    `parameters`, float64 (7,): pitch, yaw, roll of the right camera relative to the left one
    (rad), natural logarithm of its zoom, how far its picture was cut out too low (focal
    lengths), then yaw and roll of the baseline, by which both views turn.
    """

    parameters: np.ndarray

    @property
    def left(self) -> np.ndarray:
        """Homography (3, 3) of the left image, working pixels from the middle of the image."""
        return _homography(self._baseline)

    @property
    def right(self) -> np.ndarray:
        """Homography (3, 3) of the right image, the same way."""
        return _homography(self._baseline @ self._relative, self.scale, self._rise)

    @property
    def rotation(self) -> float:
        """Degrees by which the right view is turned in its plane relative to the left one."""
        return math.degrees(self.parameters[2])

    @property
    def scale(self) -> float:
        """Factor by which the right view is enlarged."""
        return math.exp(self.parameters[3])

    @property
    def vertical_shift(self) -> float:
        """Working pixels by which the middle of the right view moves down."""
        middle = self._relative @ (0, self._rise / FOCAL_LENGTH, 1)
        return FOCAL_LENGTH * middle[1] / middle[2]

    @property
    def largest_angle(self) -> float:
        """Degrees of the largest of the angles."""
        return math.degrees(np.abs(self.parameters[[0, 1, 2, 5, 6]]).max())

    @property
    def _rise(self):
        return FOCAL_LENGTH * self.parameters[4]

    @property
    def _relative(self):
        return cv2.Rodrigues(self.parameters[:3])[0]

    @property
    def _baseline(self):
        yaw, roll = (
            cv2.Rodrigues(np.eye(3)[i] * a)[0]
            for i, a in zip((1, 2), self.parameters[5:], strict=True)
        )
        return yaw @ roll

    def errors(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return by how many rows each match (two arrays of points, (N, 2)) misses, (N,)."""
        return transform(left, self.left)[:, 1] - transform(right, self.right)[:, 1]

    def disparities(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return x in the left minus x in the right view of each match, (N,)."""
        return transform(left, self.left)[:, 0] - transform(right, self.right)[:, 0]


UNTOUCHED = Rectification(np.zeros(7))


def transform(points: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Apply a homography (3, 3) to points (N, 2)."""
    if not len(points):
        return points  # OpenCV returns None for none
    return cv2.perspectiveTransform(points.reshape(-1, 1, 2), homography).reshape(-1, 2)


def fit_rectification(
    left: np.ndarray,
    right: np.ndarray,
    start: Rectification = UNTOUCHED,
    expected: np.ndarray = EXPECTED,
) -> Rectification:
    """
    Fit the rotations and the zoom that bring matches onto the same rows.

    Gauss-Newton with Cauchy weights, whose scale follows the median error down, so that wrong
    matches lose their say as the rest comes into line.

    :param left: float64 (N, 2), N >= 1, working pixels from the middle of the image
    :param right: the points that match them
    :param start: where to begin, and what to stay near to
    :param expected: standard deviation of each parameter from ``start``
    """
    prior = np.diag(expected**-2.0)
    parameters = start.parameters.copy()
    scale = math.inf
    for _ in range(ROUNDS):
        errors = Rectification(parameters).errors(left, right)
        scale = max(min(scale, 1.5 * np.median(np.abs(errors))), NOISE)
        weights = 1 / (1 + (errors / (2 * scale)) ** 2)
        weights *= min(1, INDEPENDENT_MATCHES / len(errors)) / NOISE**2
        jacobian = _jacobian(parameters, left, right)
        step = np.linalg.solve(
            jacobian.T @ (weights[:, None] * jacobian) + prior,
            jacobian.T @ (weights * errors) + prior @ (parameters - start.parameters),
        )
        parameters = parameters - step
        if np.abs(step).max() < 1e-5:
            break
    return Rectification(parameters)


def _jacobian(parameters, left, right, step=1e-5):
    columns = []
    for offset in step * np.eye(len(parameters)):
        ahead, behind = (
            Rectification(parameters + sign * offset).errors(left, right) for sign in (1, -1)
        )
        columns.append((ahead - behind) / (2 * step))
    return np.stack(columns, axis=1)


def _homography(rotation, zoom=1.0, rise=0.0):
    camera = np.diag([FOCAL_LENGTH, FOCAL_LENGTH, 1])
    picture = np.array([[zoom, 0, 0], [0, zoom, rise], [0, 0, 1]])
    homography = camera @ rotation @ np.linalg.inv(camera) @ picture
    # The middle keeps its column: a yaw would otherwise push the picture out of the frame.
    homography[0] -= homography[0, 2] / homography[2, 2] * homography[2]
    return homography
