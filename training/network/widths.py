# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The widths of the networks."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Widths:
    """Numbers of channels; half of the features are hidden state, half are context."""

    encoder: tuple[int, int, int]
    features: int
    correlation: tuple[int, int]
    flow: tuple[int, int]
    head: int

    @property
    def hidden(self) -> int:
        """Channels of the hidden state."""
        return self.features // 2


OFFICIAL = Widths((64, 96, 128), 256, (256, 192), (128, 64), 256)
COMPACT = Widths((16, 32, 64), 64, (64, 48), (32, 16), 64)
FAST = replace(COMPACT, encoder=(8, 16, 32))
