# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ranges of a network's convolutions: the calibration that its 8-bit file needs."""

from collections.abc import Mapping
from itertools import islice

import numpy as np
import onnxruntime

from crestereo_ros.matching.images import half_size
from crestereo_ros.network import build_zoo_model, Observed, Ranges
from training.scenes.stream import SceneStream, SOLID

SIZE = (256, 320)
ITERATIONS = 6
SCENES = 24
SEED = 10**9  # scenes that training never reaches

# Parts of the names of convolutions that stay float32. The input of some is the flow, which grows
# with the image; the output of others is added to the flow or mixes it. The rest cost more error
# than they save time: the encoder's ends, those of correlation, offsets and predicted error.
SENSITIVE = (
    *('encoder.convf1', '.changing', 'flow_head.conv2', 'mask.2'),
    *('fnet.conv1', 'fnet.layer1', 'fnet.conv2', 'encoder.convc1', 'conv_offset', 'error_head'),
)


def calibrate(
    weights: Mapping[str, np.ndarray], scenes: int, solid: float = SOLID
) -> dict[str, Ranges]:
    """
    Measure the ranges of all convolutions on rendered scenes with faults.

    :param scenes: number of samples
    :param solid: share of scenes in three dimensions, see SceneStream
    :returns: by the convolutions' names
    """
    height, width = SIZE
    model = build_zoo_model(
        weights,
        kind='combined',
        height=height,
        width=width,
        iterations=ITERATIONS,
        sign_flips=False,
        arithmetic=Observed(),
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    names = [output.name for output in session.get_outputs()][1:]
    inputs = [node.name for node in session.get_inputs()]
    found: dict[str, list[np.ndarray]] = {}
    for left, right, _ in islice(SceneStream(height, width, SEED, solid=solid), scenes):
        images = [image.numpy().transpose(1, 2, 0) for image in (left, right)]
        images = [half_size(image) for image in images] + images
        feeds = [np.ascontiguousarray(image.transpose(2, 0, 1))[None] for image in images]
        extremes = session.run(names, dict(zip(inputs, feeds, strict=True)))
        for name, values in zip(names, extremes, strict=True):
            found.setdefault(name.rsplit('/', 1)[0], []).append(values)
    ranges = {}
    for name, values in found.items():
        low_in, high_in, low_out, high_out = np.transpose(values).tolist()
        ranges[name] = Ranges((min(low_in), max(high_in)), (min(low_out), max(high_out)))
    return ranges
