# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Loads models in the background while the current matcher keeps working."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from rclpy.node import Node

from crestereo_ros.matching import (
    MatchCancelledError,
    ProviderFailedError,
    StereoError,
    StereoMatcher,
)
from crestereo_ros.nodes.depth.settings import MatcherKey, Settings
from crestereo_ros.pairing import NewestItemWorker
from crestereo_ros.providers.engine import next_best

DEFAULT_SHAPE = 480, 640  # of images, until the first ones arrive


@dataclass(frozen=True)
class Active:
    """
    A matcher and its settings.

    `key`: what the matcher was made from; that of the settings, unless their provider failed.
    """

    matcher: StereoMatcher
    settings: Settings
    key: MatcherKey


class ModelLoader:
    """
    Loads matchers in a separate thread.

    If a model cannot be loaded, or cannot do what the settings ask for, the current one stays. If
    there is none, the error ends the node, or `wait` raises it. If a provider fails at run time,
    the next best replaces it until `unload`, or the node ends. The executor's thread calls all
    methods except `provider_failed`.
    """

    def __init__(
        self,
        node: Node,
        image_shape: Callable[[], tuple[int, int] | None],
        roll_back: Callable[[Settings], object],
    ) -> None:
        """
        Start without a matcher.

        :param image_shape: returns height and width of the latest images, None before the first;
            called in the loading thread
        :param roll_back: called with the settings that stay in use when new ones do not work
        """
        self._node = node
        self._image_shape = image_shape
        self._roll_back = roll_back
        self._wanted: Settings | None = None
        self._warming: StereoMatcher | None = None  # while it matches a blank pair
        self._active: Active | None = None
        self._loading: MatcherKey | None = None
        self._loaded: SimpleQueue[tuple[MatcherKey, StereoMatcher | Exception]] = SimpleQueue()
        self._failed: SimpleQueue[tuple[StereoMatcher, ProviderFailedError]] = SimpleQueue()
        self._substitutes: dict[MatcherKey, MatcherKey] = {}  # by what failed
        self._kept: set[MatcherKey] = set()  # those that failed, as did the next best
        self._substitution = ''
        self._news = node.create_guard_condition(self._on_loaded)
        # `_load` keeps its errors. Others mean that the context has been shut down.
        self._worker = NewestItemWorker(self._load, lambda error: None, 'loading')

    @property
    def active(self) -> Active | None:
        """The matcher in use, None until the first model is loaded. Any thread may read it."""
        return self._active

    @property
    def loading(self) -> MatcherKey | None:
        """The model being loaded, None if there is none."""
        return self._loading

    @property
    def substitution(self) -> str:
        """Why another provider runs than the requested one, empty if the requested one runs."""
        active = self._active
        replaced = active is not None and active.key != active.settings.matcher_key
        return self._substitution if replaced else ''

    def check(self, settings: Settings) -> None:
        """
        Check new settings as far as possible without loading a model.

        :raises StereoError: if they cannot be used; the text says which and why
        """
        if self._active and self._active.key == self._key(settings):
            self._active.matcher.check(settings.depth.iterations, settings.depth.resolution)
        else:
            settings.check_model()

    def use(self, settings: Settings) -> None:
        """Use settings: at once if the matcher stays, or else as soon as it is loaded."""
        self._wanted = settings
        key = self._key(settings)
        if self._active and self._active.key == key:
            self._active = Active(self._active.matcher, settings, key)
        elif self._loading != key:
            self._loading = key
            self._worker.put(key)
            self._node.get_logger().info(f'Loading {key}')

    def wait(self) -> None:
        """
        Wait until the matcher of `use` is loaded, unless one is in use.

        :raises Exception: if it cannot be loaded, or cannot do what the settings ask for
        """
        while self._active is None:
            self._take(*self._loaded.get())

    def provider_failed(self, matcher: StereoMatcher, error: ProviderFailedError) -> None:
        """Report that a matcher's provider failed; return at once. Any thread may call this."""
        self._failed.put((matcher, error))
        self._news.trigger()

    def unload(self) -> None:
        """
        Release the matcher and cancel its match in progress.

        A matcher being loaded is used only if `use` asks for it again. Providers that failed
        get another chance.
        """
        active, self._wanted, self._active = self._active, None, None
        if active is not None:
            active.matcher.cancel()
        self._substitutes.clear()
        self._kept.clear()

    def close(self, timeout: float) -> None:
        """
        Stop loading.

        :param timeout: seconds to wait for a model being loaded, which cannot be stopped
        """
        warming = self._warming  # read once: the other thread clears it
        if warming is not None:
            warming.cancel()
        self._worker.stop(timeout)

    def _load(self, key: MatcherKey) -> None:
        """Load a matcher for `_on_loaded`, or keep the error. Runs in the worker's thread."""
        loaded: StereoMatcher | Exception
        failure: StereoError | None = None
        try:
            loaded = StereoMatcher(*key)
            failure = self._warm_up(loaded, key)
        except Exception as error:
            loaded = error
        if failure and key in tuple(self._substitutes.values()):
            loaded = failure  # so the provider that it should have replaced is not to blame
        self._loaded.put((key, loaded))
        if isinstance(loaded, StereoMatcher) and isinstance(failure, ProviderFailedError):
            self._failed.put((loaded, failure))
        self._news.trigger()

    def _warm_up(self, matcher: StereoMatcher, key: MatcherKey) -> StereoError | None:
        """Match a blank pair, so that the first result is not late. Return why it failed."""
        shape, settings = self._image_shape(), self._wanted
        if shape is None and matcher.builds_engines:
            return None  # do not build for a size that may never arrive
        if settings is None or self._key(settings) != key:
            return None
        blank = np.zeros(shape or DEFAULT_SHAPE, np.uint8)
        self._warming = matcher
        try:
            matcher.match(blank, blank, settings.depth.iterations, settings.depth.resolution)
        except MatchCancelledError:
            pass  # the node ends
        except StereoError as error:
            # `check` finds wrong settings, and images of another size may work.
            self._node.get_logger().warning(f'The match of a blank pair failed: {error}')
            return error
        finally:
            self._warming = None
        return None

    def _on_loaded(self) -> None:
        while not self._loaded.empty():
            self._take(*self._loaded.get())
        while not self._failed.empty():
            self._replace(*self._failed.get())

    def _key(self, settings: Settings) -> MatcherKey:
        """Return what the matcher for settings is made from."""
        key = settings.matcher_key
        while key in self._substitutes:
            key = self._substitutes[key]
        return key

    def _replace(self, matcher: StereoMatcher, error: ProviderFailedError) -> None:
        """Replace a provider that failed with the next best, or end the node."""
        active, settings = self._active, self._wanted
        if active is None or settings is None or active.matcher is not matcher:
            return  # replaced already
        if settings.on_provider_failure == 'stop':
            raise error
        failed = active.key._replace(provider=error.provider)
        if active.key in self._kept or self._key(settings) != active.key:
            return  # another one is being loaded
        engine = next_best(failed.engine)
        names = MatcherKey._fields[1:]
        substitute = MatcherKey(failed.model, *(getattr(engine, name) for name in names))
        self._substitutes[active.key] = substitute
        self._substitution = (
            f'Provider {error.provider} failed; {engine.provider} takes its place until the '
            f'node is configured again: {error}'
        )
        self._node.get_logger().error(self._substitution)
        self.use(settings)

    def _take(self, key: MatcherKey, loaded: StereoMatcher | Exception) -> None:
        if key == self._loading:
            self._loading = None
        settings = self._wanted
        if settings is None or key != self._key(settings):
            return  # the parameters have changed again since
        try:
            if isinstance(loaded, Exception):
                raise loaded
            loaded.check(settings.depth.iterations, settings.depth.resolution)
        except Exception as error:
            if self._active is None:
                raise
            if self._substitutes.pop(self._active.key, None):
                self._kept.add(self._active.key)
            self._node.get_logger().error(
                f'{key} cannot be used; continuing with {self._active.key} '
                f'and restoring the parameters: {error}'
            )
            self._roll_back(self._active.settings)
        else:
            self._active = Active(loaded, settings, key)
            self._node.get_logger().info(f'Model {loaded.model} runs on {loaded.provider}')
