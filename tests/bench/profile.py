"""Where the time of adding and viewing goes, inside one process and below the web (SPEED §5)."""

import cProfile
import pstats
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import click

from mispmini.domain.viewer import Viewer
from mispmini.services import bodies
from mispmini.services.events import add_event
from mispmini.store import database
from mispmini.wire.door import parse_json
from mispmini.wire.event_in import read_event
from tests.bench import gen
from tests.bench.base import Base, opened

SIZE = 1_000
_CALLS = 10
_SHOWN = 25


def report(base: Base, folder: Path) -> None:
    """Print the stages' CPU time and the costliest functions of adding and viewing an event of 1,000 attributes."""
    viewer = opened(base.copy_to(folder))
    try:
        texts = [gen.as_body(event) for event in islice(gen.sized_events(SIZE, "profile"), 2 * _CALLS)]
        _tell_stages(viewer, texts[:_CALLS], base.sized[SIZE])
        _tell_functions("add", partial(_add_all, viewer, texts[_CALLS:]))
        _tell_functions("view", partial(_view_all, viewer, base.sized[SIZE]))
    finally:
        database.close_database()


def _add_all(viewer: Viewer, texts: Sequence[bytes]) -> None:
    for text in texts:
        add_event(viewer, read_event(parse_json(text), from_partner=False))


def _view_all(viewer: Viewer, numbers: Sequence[int]) -> None:
    view = bodies.View()
    for number in numbers:
        "".join(bodies.event_text(viewer, bodies.viewed_event(viewer, str(number), view), view))


def _tell_stages(viewer: Viewer, texts: Sequence[bytes], numbers: Sequence[int]) -> None:
    view, bare = bodies.View(), bodies.View(correlations=False)
    values = [parse_json(text) for text in texts]
    drafts = [read_event(value, from_partner=False) for value in values]
    graphs = [bodies.viewed_event(viewer, str(number), bare) for number in numbers]
    stages: Sequence[tuple[str, Callable[[], Sequence[object]]]] = (
        ("parse the JSON", lambda: [parse_json(text) for text in texts]),
        ("read drafts", lambda: [read_event(value, from_partner=False) for value in values]),
        ("store", lambda: [add_event(viewer, draft) for draft in drafts]),
        ("load the graph", lambda: [bodies.viewed_event(viewer, str(number), bare) for number in numbers]),
        ("load it with related events", lambda: [bodies.viewed_event(viewer, str(n), view) for n in numbers]),
        ("write the JSON", lambda: ["".join(bodies.event_text(viewer, graph, view)) for graph in graphs]),
    )
    click.echo(f"\nCPU ms for an event of {SIZE:,} attributes")
    for name, stage in stages:
        began = time.process_time()
        done = len(stage())
        click.echo(f"  {name:<30}{(time.process_time() - began) * 1_000 / done:8.2f}")


def _tell_functions(title: str, work: Callable[[], object]) -> None:
    profiler = cProfile.Profile()
    profiler.runcall(work)
    click.echo(f"\n{title} {SIZE:,}:")
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(_SHOWN)
