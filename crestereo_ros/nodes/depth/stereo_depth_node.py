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
from crestereo_ros.nodes.running import breakable, run
from crestereo_ros.nodes.transitions import refuse_wrong_transitions
from crestereo_ros.pairing import Pair
from crestereo_ros.parameters import DEPTH_PARAMETERS

BETWEEN_LOOKS = 0.1  # seconds, at changed parameters and at who subscribes
BETWEEN_REPORTS = 1.0  # seconds
LONGEST_STOP = 1.0  # seconds that the end of the process waits for a thread
BEFORE_END = 1.0  # seconds after the shutdown transition, in which its answer gets out


class StereoDepthNode(LifecycleNode):
    """
    Pair images, match the newest pair and publish what is subscribed.

    The executor's thread only ever hands over work, to one thread that matches and one that
    loads models: parameters and signals are answered at once, whatever those are at. The one
    exception is the configure transition of a client, which has to tell whether the model works.
    """

    def __init__(self, **node_arguments: Any) -> None:  # noqa: ANN401
        """
        Start, and become active if `autostart` says so; `close` ends it.

        :param node_arguments: those of `rclpy.lifecycle.LifecycleNode`, but for the name
        :raises CrestereoError: if a parameter cannot be used
        :raises rclpy.exceptions.ParameterException: if one has a wrong type or is out of range
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
        # What may fail stands above, what has to be closed below.
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
        # Not on the clock of ROS: with use_sim_time that one stands still while nothing plays.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(BETWEEN_LOOKS, self._look, clock=clock)
        self.create_timer(BETWEEN_REPORTS, self._report, clock=clock)
        if self._live_parameters.settings.values['autostart']:
            try:
                self._prepare()  # not in the transition, which would swallow the error
            except Exception:
                self.close()
                raise
            self.trigger_configure()
            self.trigger_activate()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Make the publishers and load the model; fail with the reason in the log."""
        self._failure = ''
        if not self._outputs:  # else it is `autostart` that configures
            try:
                self._prepare()
                with breakable():
                    self._models.wait()
            except Exception as error:
                self._release()
                self._failure = f'Cannot configure: {" ".join(str(error).split())}'
                self.get_logger().error(self._failure)
                return TransitionCallbackReturn.FAILURE
        self._state = 'Inactive'
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Publish from now on; images are subscribed as soon as an output is."""
        self._state = 'Active'
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe from the images; what is being matched is not published."""
        self._state = 'Inactive'
        self._images.set_open(False)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of the publishers and the model."""
        self._state = 'Unconfigured'
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything, and end the process soon."""
        self.on_deactivate(state)
        self._release()
        self._state = 'Finalized'
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(BEFORE_END, self._end, clock=clock)
        return super().on_shutdown(state)

    def close(self) -> None:
        """Stop all threads and cancel the match in progress; loading a model cannot be stopped."""
        self._models.close(0.0)
        self._images.close(LONGEST_STOP)
        self._matcher.close(LONGEST_STOP)
        self._decoder.close(LONGEST_STOP)
        self._models.close(LONGEST_STOP)
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
        # All in one go: a mixture of both settings need not work with either matcher.
        self._live_parameters.set({name: settings.values[name] for name in MATCHER_PARAMETERS})

    def _look(self) -> None:
        # Polled, because Humble has no event for a new subscriber.
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
    """Run the node until it is told to end, and return the exit code."""
    return run(StereoDepthNode, StereoDepthNode.close, args)


if __name__ == '__main__':
    sys.exit(main())
