# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a batch does with each of its sources."""

from threading import Event

from crestereo_ros.batch.entries import SourceEntry
from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.manifest import Manifest, Origin
from crestereo_ros.batch.plan import Inspection, make_plan, State
from crestereo_ros.batch.store import open_store
from crestereo_ros.batch.tasks import Span


def origin_of(entry, settings=()):
    return Origin([{'path': entry.left}], 'model', dict(settings))


def entries(*names):
    return [SourceEntry(name, name=name) for name in names]


def test_sources_are_compared_with_results(tmp_path):
    store = open_store(str(tmp_path))
    made = {'done': {}, 'outdated': {'resolution': 'fast'}}
    for entry in entries(*made):
        with store.scratch() as folder:
            store.publish(folder, entry.name, Manifest(origin_of(entry, made[entry.name]), 7, 1.0))
    (tmp_path / 'occupied').mkdir()
    spans = Span(0, 2, 10.0), Span(2, None, 10.0)

    def inspect(entry):
        if entry.left == 'broken':
            raise BatchError('it is broken')
        return Inspection(5, 64, spans)

    sources = entries('done', 'outdated', 'occupied', 'broken', 'missing')
    plans = [
        make_plan(sources, store, origin_of, inspect, redo, Event()) for redo in (False, True)
    ]
    states = [{source.entry.name: source.state for source in plan.sources} for plan in plans]
    assert states[0] == {
        'done': State.DONE,
        'outdated': State.OUTDATED,
        'occupied': State.BROKEN,
        'broken': State.BROKEN,
        'missing': State.MISSING,
    }
    assert states[1] == states[0] | {'outdated': State.REDO}
    reasons = [source.reason for source in plans[0].sources]
    assert reasons[1] == 'made with other settings: resolution fast, now None'
    assert 'has occupied, which is no result: move it away' in reasons[2]
    assert reasons[3] == 'it is broken'
    assert [plan.frames for plan in plans] == [5, 10]
    (missing,) = plans[0].due
    assert [(task.frames, task.span) for task in missing.tasks()] == [(2, spans[0]), (3, spans[1])]
    assert missing.joining().spans == spans


def test_an_interruption_ends_the_planning(tmp_path):
    interrupted, seen = Event(), []

    def inspect(entry):
        seen.append(entry)
        interrupted.set()
        return Inspection(1, 64)

    sources = entries(*map(str, range(1000)))
    make_plan(sources, open_store(str(tmp_path)), origin_of, inspect, False, interrupted)
    assert 1 <= len(seen) < 100
