# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
What a description of a network says: its inputs, images, sizes and outputs.

The fields are declared here alone. `config/networks/schema.json` and the table in
docs/networks.md are written from them by `make docs`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from crestereo_ros.models.entries import Choice, entry, Flag, Number, Tensor, Text, Texts

Place = str | int  # the name of an input or output, or its place

RGB, BGR, GREY = COLOURS = ('RGB', 'BGR', 'GREY')
CHANNELS_FIRST, CHANNELS_LAST = LAYOUTS = ('NCHW', 'NHWC')
RESIZE, PAD = FITS = ('resize', 'pad')
BORDERS = ('replicate', 'reflect', 'zero')
SIDES = ('right_bottom', 'right_top', 'centre')
PIXELS, OUTPUT_PIXELS, SHARE = UNITS = ('pixels', 'output_pixels', 'share')
UNKNOWN = 'unknown'


@dataclass(frozen=True)
class Inputs:
    """Which input of the file takes what: both images, or `pair`."""

    left: Place | None = entry(Tensor(), 'The input that takes the left image.', None)
    right: Place | None = entry(Tensor(), 'The input that takes the right image.', None)
    pair: Place | None = entry(
        Tensor(), 'The input that takes both images, the channels of the left one first.', None
    )
    left_half: Place | None = entry(
        Tensor(), 'The input that takes the left image at half its size.', None
    )
    right_half: Place | None = entry(
        Tensor(), 'The input that takes the right image at half its size.', None
    )
    start: Place | None = entry(
        Tensor(),
        'The input that takes an earlier disparity at half the size, in pixels of that half, with '
        'the sign of the output; zeros mean that there is none.',
        None,
    )
    iterations: Place | None = entry(
        Tensor(), 'The input that takes the number of updates, a whole number.', None
    )
    coarse_iterations: Place | None = entry(
        Tensor(),
        'The input that takes the number of updates at the smaller stages of the first of several '
        'passes. With it there are several passes, each at twice the size of the one before.',
        None,
    )

    def __post_init__(self) -> None:
        if (self.pair is None) == (self.left is None or self.right is None):
            raise ValueError('inputs must have left and right, or pair alone')
        if self.pair is not None and not self.left == self.right is None:
            raise ValueError('inputs must have left and right, or pair alone')
        if (self.left_half is None) != (self.right_half is None):
            raise ValueError('inputs must have both of left_half and right_half, or none')
        if self.coarse_iterations is not None and None in (self.start, self.iterations):
            raise ValueError('inputs with coarse_iterations must have start and iterations too')

    def roles(self) -> dict[str, Place]:
        """Return which input takes what, by the names of the fields."""
        roles = {x.name: getattr(self, x.name) for x in fields(self)}
        return {name: place for name, place in roles.items() if place is not None}


@dataclass(frozen=True)
class Images:
    """How the pixels of an image become numbers."""

    layout: str = entry(Choice(LAYOUTS), 'The order of the axes.', CHANNELS_FIRST)
    colour: str = entry(Choice(COLOURS), 'The order of the channels.', RGB)
    range: tuple[float, float] = entry(
        Number(count=(2,)), 'What black and white are, before mean and std.', (0, 255)
    )
    mean: tuple[float, ...] | None = entry(
        Number(count=(1, 3)), 'What is taken off each channel.', None
    )
    std: tuple[float, ...] | None = entry(
        Number(lowest=1e-6, count=(1, 3)), 'What each channel is divided by afterwards.', None
    )

    @property
    def channels(self) -> int:
        """Of one image."""
        return 1 if self.colour == GREY else 3


@dataclass(frozen=True)
class Size:
    """Which sizes the network takes, where the file does not fix one, and how an image gets it."""

    multiple: int = entry(
        Number(1, 256, whole=True), 'Height and width must be multiples of it.', 1
    )
    smallest: int = entry(Number(1, 4096, whole=True), 'The smallest side in pixels.', 16)
    largest: int = entry(Number(16, 8192, whole=True), 'The largest side in pixels.', 8192)
    fit: str = entry(
        Choice(FITS),
        'Whether an image is resized to the size, or keeps its shape and gets a border.',
        PAD,
    )
    border: str = entry(Choice(BORDERS), 'What a border is made of.', 'replicate')
    sides: str = entry(Choice(SIDES), 'Where the border is.', 'right_bottom')


@dataclass(frozen=True)
class Outputs:
    """Which output of the file gives what."""

    disparity: Place = entry(Tensor(), 'the output that gives the disparity of the left image')
    layout: str = entry(
        Choice(LAYOUTS),
        'The order of the axes. Outputs without a channel have none: (1, H, W), or (H, W).',
        CHANNELS_FIRST,
    )
    channels: int | None = entry(
        Number(1, 64, whole=True), 'How many channels the output has.', None
    )
    channel: int = entry(Number(0, 63, whole=True), 'Which channel is the disparity.', 0)
    vertical: int | None = entry(
        Number(0, 63, whole=True),
        'Which channel tells how much higher the match lies in the right image.',
        None,
    )
    sign: str = entry(
        Choice(('positive', 'negative')), 'Of the disparity of what is near.', 'positive'
    )
    unit: str = entry(
        Choice(UNITS),
        "pixels of the network's input, pixels of the output where that is smaller or larger, or "
        'share: of the width.',
        PIXELS,
    )
    size: float = entry(Number(1 / 64, 8), "Height and width as a share of the input's.", 1)
    largest: float | None = entry(
        Number(1, 8192),
        'The largest disparity that the network can give, in pixels of its input. What is above '
        'it less one is unknown.',
        None,
    )
    confidence: Place | None = entry(
        Tensor(), 'The output that is 1 where the disparity is sure, 0 where it is not.', None
    )
    visibility: Place | None = entry(
        Tensor(), 'The output that is 1 where the right camera sees the point, else 0.', None
    )
    occlusion: Place | None = entry(
        Tensor(), 'The output that is 1 where the right camera does not see the point.', None
    )

    @property
    def factor(self) -> int:
        """What makes the disparity of what is near positive: 1 or -1."""
        return -1 if self.sign == 'negative' else 1

    def sureness(self) -> list[tuple[Place, bool]]:
        """Return the outputs that say how sure it is, and whether each says how unsure."""
        outputs = (self.confidence, False), (self.visibility, False), (self.occlusion, True)
        return [(place, inverse) for place, inverse in outputs if place is not None]


@dataclass(frozen=True)
class Description:
    """A network that this package can run, or says why it cannot."""

    licence: str = entry(
        Text(), "the licence of the weights as their authors state it; or 'unknown'"
    )
    inputs: Inputs = entry(Inputs, 'which input takes what')
    outputs: Outputs = entry(Outputs, 'which output gives what')
    name: str = entry(Text(), 'The name to show.', '')
    source: str = entry(Text(), 'Where the network comes from.', '')
    research_only: bool = entry(Flag(), 'Whether the licence rules out commercial use.', False)
    address: str = entry(
        Text(r'(https://|http://(localhost|127\.0\.0\.1|\[::1\])).+', 'an https address'),
        'Where the file can be downloaded.',
        '',
    )
    sha256: str = entry(
        Text(r'[0-9a-f]{64}', '64 digits of 0 to 9 and a to f'),
        'The checksum of the one file that this describes.',
        '',
    )
    images: Images = entry(Images, 'How the pixels of an image become numbers.', Images())
    size: Size = entry(Size, 'Which sizes the network takes, and how an image gets it.', Size())
    cannot_run: str = entry(
        Text(), 'Why files with these inputs and outputs cannot be run, and what to use.', ''
    )
    signs: tuple[str, ...] = entry(
        Texts(),
        'Names of further inputs and outputs that a file must have to be recognised.',
        (),
    )

    def __str__(self) -> str:
        limits = ', research only' if self.research_only else ''
        return f'{self.name or "no name"} ({self.licence}{limits})'
