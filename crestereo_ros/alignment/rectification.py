# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Rectification: rotates both views until their rows line up.

After Fusiello and Irsara, "Quasi-Euclidean uncalibrated epipolar rectification" (ICPR 2008): both
images are warped as if their cameras had been rotated, so straight lines stay straight and there
is little distortion. This implementation assumes a focal length, and adds a zoom and a vertical
offset between the images. These are the seven degrees of freedom of an epipolar geometry. A prior
keeps parameters at zero that the matches do not determine.
"""

from dataclasses import dataclass
import math

import cv2
import numpy as np

from crestereo_ros.alignment.working_image import WIDTH

# Assumed: a field of view of 58 degrees. Half or twice the focal length changes the rows by
# second-order terms only.
FOCAL_LENGTH = 0.9 * WIDTH
# Expected standard deviations of the parameters.
EXPECTED = np.array([0.1, 0.05, 0.05, 0.05, 0.02, 0.025, 0.05])
NOISE = 0.7  # px, the usual error of a match
# Errors of neighbouring matches are correlated (lens distortion, rolling shutter), so further
# matches add no information.
INDEPENDENT_MATCHES = 100
ROUNDS = 30


@dataclass(frozen=True, eq=False)
class Rectification:
    """
    The rotations of both views.

    `parameters`, float64 (7,): pitch, yaw and roll of the right camera relative to the left one
    (rad), the natural logarithm of its zoom, the vertical offset of its image (in focal lengths,
    positive if the image was cropped too low), then yaw and roll of the baseline, by which both
    views are rotated.
    """

    parameters: np.ndarray

    @property
    def left(self) -> np.ndarray:
        """Homography (3, 3) of the left image in working pixels from the image centre."""
        return _homography(self._baseline)

    @property
    def right(self) -> np.ndarray:
        """Homography (3, 3) of the right image in working pixels from the image centre."""
        return _homography(self._baseline @ self._relative, self.scale, self._rise)

    @property
    def rotation(self) -> float:
        """Rotation of the right view in the image plane relative to the left one, degrees."""
        return math.degrees(self.parameters[2])

    @property
    def scale(self) -> float:
        """Factor by which the right view is enlarged."""
        return math.exp(self.parameters[3])

    @property
    def vertical_shift(self) -> float:
        """Working pixels by which the centre of the right view moves down."""
        middle = self._relative @ (0, self._rise / FOCAL_LENGTH, 1)
        return FOCAL_LENGTH * middle[1] / middle[2]

    @property
    def largest_angle(self) -> float:
        """The largest of the angles, degrees."""
        return math.degrees(np.abs(self.parameters[[0, 1, 2, 5, 6]]).max())

    @property
    def _rise(self) -> float:
        return FOCAL_LENGTH * self.parameters[4]

    @property
    def _relative(self) -> np.ndarray:
        return cv2.Rodrigues(self.parameters[:3])[0]

    @property
    def _baseline(self) -> np.ndarray:
        yaw, roll = (
            cv2.Rodrigues(np.eye(3)[i] * a)[0]
            for i, a in zip((1, 2), self.parameters[5:], strict=True)
        )
        return yaw @ roll

    def errors(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the vertical distance in pixels, (N,), of matching points, (N, 2) each."""
        return transform(left, self.left)[:, 1] - transform(right, self.right)[:, 1]

    def disparities(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the disparity in pixels, (N,), of matching points, (N, 2) each."""
        return transform(left, self.left)[:, 0] - transform(right, self.right)[:, 0]


UNTOUCHED = Rectification(np.zeros(7))


def transform(points: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Apply a homography (3, 3) to points (N, 2)."""
    if not len(points):
        return points  # OpenCV would return None
    return cv2.perspectiveTransform(points.reshape(-1, 1, 2), homography).reshape(-1, 2)


def fit_rectification(
    left: np.ndarray,
    right: np.ndarray,
    start: Rectification = UNTOUCHED,
    expected: np.ndarray = EXPECTED,
) -> Rectification:
    """
    Fit the rotations and the zoom that bring matching points onto the same rows.

    Gauss-Newton with Cauchy weights. Their scale follows the median error, so wrong matches lose
    influence as the other matches line up.

    :param left: float64 (N, 2), N >= 1, working pixels from the image centre
    :param right: the points that match them
    :param start: the initial value, which is also the mean of the prior
    :param expected: standard deviation of each parameter from `start`
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


def _jacobian(
    parameters: np.ndarray, left: np.ndarray, right: np.ndarray, step: float = 1e-5
) -> np.ndarray:
    columns = []
    for offset in step * np.eye(len(parameters)):
        ahead, behind = (
            Rectification(parameters + sign * offset).errors(left, right) for sign in (1, -1)
        )
        columns.append((ahead - behind) / (2 * step))
    return np.stack(columns, axis=1)


def _homography(rotation: np.ndarray, zoom: float = 1.0, rise: float = 0.0) -> np.ndarray:
    camera = np.diag([FOCAL_LENGTH, FOCAL_LENGTH, 1])
    picture = np.array([[zoom, 0, 0], [0, zoom, rise], [0, 0, 1]])
    homography = camera @ rotation @ np.linalg.inv(camera) @ picture
    # The centre keeps its column: otherwise a yaw would move the picture out of the frame.
    homography[0] -= homography[0, 2] / homography[2, 2] * homography[2]
    return homography
