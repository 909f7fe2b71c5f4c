# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 node: stereo images in, disparity out. docs/nodes.md is its reference."""

from __future__ import annotations

import sys
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from crestereo_ros.nodes.depth.calibration_input import CalibrationInput
from crestereo_ros.nodes.depth.health import Health
from crestereo_ros.nodes.depth.model_loader import ModelLoader
from crestereo_ros.nodes.depth.outputs import Output, OUTPUTS
from crestereo_ros.nodes.depth.pair_counters import PairCounters, PairDrop
from crestereo_ros.nodes.depth.pair_decoder import PairDecoder, ReceivedImage
from crestereo_ros.nodes.depth.pair_matcher import PairMatcher
from crestereo_ros.nodes.depth.settings import MATCHER_PARAMETERS, Settings
from crestereo_ros.nodes.depth.stereo_input import StereoInput
from crestereo_ros.nodes.parameters import LiveParameters
from crestereo_ros.nodes.ros_log_handler import RosLogHandler
from crestereo_ros.nodes.running import interruptible, run
from crestereo_ros.nodes.transitions import refuse_wrong_transitions
from crestereo_ros.pairing import Pair
from crestereo_ros.parameters import DEPTH_PARAMETERS

POLL_INTERVAL = 0.1  # seconds between checks for changed parameters and for subscribers
REPORT_INTERVAL = 1.0  # seconds
STOP_TIMEOUT = 1.0  # seconds to wait for a thread when the process ends
END_DELAY = 1.0  # seconds from the shutdown transition to the end, so that its response gets out


class StereoDepthNode(LifecycleNode):
    """
    Pair images, match the newest pair and publish the outputs that have subscribers.

    The executor's thread only hands over work: to one thread that matches and to one that loads
    models. So the node responds to parameters and signals at once, whatever those threads do. The
    one exception is a client's configure transition, whose response says whether the model works.
    """

    def __init__(self, **node_arguments: Any) -> None:  # noqa: ANN401
        """
        Start, and become active if `autostart` is set; `close` ends the node.

        :param node_arguments: those of `rclpy.lifecycle.LifecycleNode`, except the name
        :raises CrestereoError: if a parameter cannot be used
        :raises rclpy.exceptions.ParameterException: if a parameter has a wrong type or is out of
            range
        """
        super().__init__('stereo_depth', **node_arguments)
        refuse_wrong_transitions(self)
        self._live_parameters = LiveParameters(self, DEPTH_PARAMETERS, Settings.of)
        self._counters = PairCounters()
        self._outputs: list[Output] = []  # while configured
        self._state = 'Unconfigured'
        self._failure = ''  # of the latest configure transition
        self._images = StereoInput(self, self._on_pair)
        self._calibrations = CalibrationInput(self)
        # Everything that may fail is above; everything that has to be closed is below.
        self._log_handler = RosLogHandler(self.get_logger())
        self._decoder = PairDecoder(self._calibrations)
        self._models = ModelLoader(self, lambda: self._decoder.image_shape, self._roll_back)
        self._matcher = PairMatcher(
            self, self._decoder, self._outputs, self._counters, self._models.provider_failed
        )
        self._health = Health(
            self,
            self._images,
            self._models,
            self._decoder,
            self._matcher,
            self._outputs,
            self._counters,
        )
        self._live_parameters.follow(self._models.check, self._use)
        # Not on the ROS clock: with use_sim_time, it stands still while nothing plays.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(POLL_INTERVAL, self._poll, clock=clock)
        self.create_timer(REPORT_INTERVAL, self._report, clock=clock)
        if self._live_parameters.settings.values['autostart']:
            try:
                self._prepare()  # not in the transition, which would swallow the error
            except Exception:
                self.close()
                raise
            self.trigger_configure()
            self.trigger_activate()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Make the publishers and load the model; log the reason if that fails."""
        self._failure = ''
        if not self._outputs:  # otherwise `autostart` is configuring
            try:
                self._prepare()
                with interruptible():
                    self._models.wait()
            except Exception as error:
                self._release()
                self._failure = f'Cannot configure: {" ".join(str(error).split())}'
                self.get_logger().error(self._failure)
                return TransitionCallbackReturn.FAILURE
        self._state = 'Inactive'
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to publish; subscribe to the images as soon as an output has a subscriber."""
        self._state = 'Active'
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe from the images, and do not publish the match in progress."""
        self._state = 'Inactive'
        self._images.set_open(False)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the publishers and the model."""
        self._state = 'Unconfigured'
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, and end the process soon."""
        self.on_deactivate(state)
        self._release()
        self._state = 'Finalized'
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(END_DELAY, self._end, clock=clock)
        return super().on_shutdown(state)

    def close(self) -> None:
        """Stop all threads and cancel the match in progress; loading a model cannot be stopped."""
        self._models.close(0.0)
        self._images.close(STOP_TIMEOUT)
        self._matcher.close(STOP_TIMEOUT)
        self._decoder.close(STOP_TIMEOUT)
        self._models.close(STOP_TIMEOUT)
        self._log_handler.close()

    def _prepare(self) -> None:
        self._live_parameters.update()
        settings = self._live_parameters.settings
        settings.check_model()
        self._outputs += [output(self) for output in OUTPUTS]
        self._models.use(settings)

    def _release(self) -> None:
        for output in self._outputs:
            output.close()
        self._outputs.clear()
        self._models.unload()
        self._matcher.release()

    def _end(self) -> None:
        self.context.try_shutdown()

    def _use(self, settings: Settings) -> None:
        self._images.configure(
            settings.sync_tolerance, settings.queue_size, settings.image_transport
        )
        if self._outputs:
            self._models.use(settings)

    def _roll_back(self, settings: Settings) -> None:
        # All at once: a mixture of both settings may not work with either matcher.
        self._live_parameters.set({name: settings.values[name] for name in MATCHER_PARAMETERS})

    def _poll(self) -> None:
        # Humble has no event for a new subscriber.
        self._images.set_open(self._is_subscribed())
        self._live_parameters.update()

    def _is_subscribed(self) -> bool:
        return any(output.is_subscribed for output in self._outputs)

    def _on_pair(self, pair: Pair[ReceivedImage]) -> None:
        self._live_parameters.update()
        active = self._models.active
        if active is None:
            self._counters.add_drop(PairDrop.NO_MODEL)
        elif not self._is_subscribed():
            self._counters.add_drop(PairDrop.NO_SUBSCRIBER)
        else:
            self._matcher.put(pair, active, self._images.lost)

    def _report(self) -> None:
        self._images.follow_publishers()
        self._calibrations.follow_publishers()
        self._health.report(self._state, self._failure)


def main(args: list[str] | None = None) -> int:
    """Run the node until something ends it, and return the exit code."""
    return run(StereoDepthNode, StereoDepthNode.close, args)


if __name__ == '__main__':
    sys.exit(main())
