# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which ranges the convolutions of a network see: the calibration that its 8-bit file needs."""

import numpy as np
import onnxruntime

from crestereo_ros.matching.images import half_size
from crestereo_ros.network import build_zoo_model, Observed, Ranges
from training.scenes.stream import SceneStream

SIZE = (256, 320)
ITERATIONS = 6
SCENES = 24
SEED = 10**9  # scenes that training does not come to

# Parts of the names of convolutions that stay float32: whose input is the flow, which grows with
# the image; whose output is added to the flow or mixes it; and those that cost more error than
# they save time: the encoder's ends, the correlation's, the offsets' and the predicted error's.
SENSITIVE = (
    *('encoder.convf1', '.changing', 'flow_head.conv2', 'mask.2'),
    *('fnet.conv1', 'fnet.layer1', 'fnet.conv2', 'encoder.convc1', 'conv_offset', 'error_head'),
)


def calibrate(weights, scenes):
    """Return the Ranges of all convolutions by name, as rendered scenes with faults show them."""
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
    found = {}
    for _, (left, right, _) in zip(range(scenes), SceneStream(height, width, SEED), strict=False):
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
