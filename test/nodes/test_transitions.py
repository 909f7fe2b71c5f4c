# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Refused transitions, with any version of rclpy."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from lifecycle_msgs.srv import ChangeState  # noqa: E402

from crestereo_ros.nodes.transitions import refusing  # noqa: E402


@pytest.fixture
def ask(make_node):
    """Return a function that requests a transition and returns whether it succeeded."""
    node = make_node('managed')

    def ask(answer) -> bool:
        return refusing(answer, node)(ChangeState.Request(), ChangeState.Response()).success

    return ask


def test_an_answer_is_passed_on(ask):
    assert ask(lambda request, response: ChangeState.Response(success=True))
    assert not ask(lambda request, response: ChangeState.Response(success=False))


def test_what_humble_raises_is_a_refusal(ask):
    def answer(request, response):
        raise RuntimeError('Failed to trigger lifecycle state machine transition')

    assert not ask(answer)


def test_other_errors_are_not_hidden(ask):
    with pytest.raises(ZeroDivisionError):
        ask(lambda request, response: 1 / 0)
