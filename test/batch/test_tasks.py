# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How recordings are split."""

import pytest

from crestereo_ros.batch.tasks import spans_of


@pytest.mark.parametrize(('frames', 'longest'), [(1, 4), (4, 4), (5, 4), (25, 4), (99, 10)])
def test_spans_cover_a_recording_once_and_are_none_too_long(frames, longest):
    spans = spans_of(frames, 10.0, longest)
    ends = [frames if span.end is None else span.end for span in spans]
    assert [span.first for span in spans] == [0, *ends[:-1]]
    assert ends[-1] == frames
    assert all(1 <= end - span.first <= longest for span, end in zip(spans, ends, strict=True))
    assert [span.start_time for span in spans[1:]] == [span.end_time for span in spans[:-1]]
    assert spans[0].start_time == 0 and spans[-1].end_time == float('inf')
