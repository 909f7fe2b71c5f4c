# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests to change the state of a managed node."""

from __future__ import annotations

from collections.abc import Callable

from lifecycle_msgs.srv import ChangeState
from rclpy.lifecycle import LifecycleNode

Answer = Callable[[ChangeState.Request, ChangeState.Response], ChangeState.Response]


def refuse_wrong_transitions(node: LifecycleNode) -> None:
    """
    Make a managed node refuse transitions that its state does not allow.

    On Humble and Jazzy, rclpy raises an exception instead, which would end the process.
    """
    for service in node.services:
        if service.srv_type is ChangeState:
            service.callback = refusing(service.callback, node)


def refusing(answer: Answer, node: LifecycleNode) -> Answer:
    """Return a service callback that answers as another one does, or that it failed."""

    def answer_or_refuse(
        request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        try:
            return answer(request, response)
        except RuntimeError as error:  # rcl's
            reason = ' '.join(str(error).split())
            node.get_logger().error(f'The transition is not possible: {reason}')
            response.success = False
            return response

    return answer_or_refuse
