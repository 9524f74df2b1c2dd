"""The instance that everything is measured on: made once, through the product's own verbs, then copied."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mispmini.domain.viewer import Viewer
from mispmini.services.events import Saved, add_event
from mispmini.services.setting_up import FirstRun, set_up
from mispmini.store import database
from mispmini.store.sql import execute, rows, scalar
from mispmini.wire.event_in import read_event
from tests.bench import gen
from tests.live import Birth
from tests.services.founding import viewer_of

EVENTS_A_TRANSACTION = 100
OF_EACH_SIZE = 5
WANTED_VALUES = 200
_HUGE = 50_000


@dataclass(frozen=True, slots=True)
class Base:
    """A closed data folder; `sized` has ids of events by their number of attributes, `values` some that it holds."""

    folder: Path
    birth: Birth
    attributes: int
    bytes: int
    sized: dict[int, Sequence[int]]
    values: Sequence[str]

    def copy_to(self, folder: Path) -> Path:
        """A fresh copy; returns the path of its database."""
        shutil.copytree(self.folder, folder)
        return folder / "mispmini.db"


def build(folder: Path, attributes: int, sizes: Sequence[int]) -> Base:
    """An instance with about so many attributes, and with events of these sizes besides."""
    birth = Birth()
    path = folder / "mispmini.db"
    database.open_database(path)
    try:
        founded = set_up(FirstRun(org_name=birth.org_name, email=birth.email, authkey=birth.key))
        viewer = viewer_of(founded.user_id)
        _fill(viewer, attributes)
        sized = {size: _add_sized(viewer, size) for size in sizes}
        execute("ANALYZE")
        held = int(scalar("SELECT count(*) FROM attribute"))
        values = _some_values()
    finally:
        database.close_database()
    return Base(folder, birth, held, path.stat().st_size, sized, values)


def opened(path: Path) -> Viewer:
    """Open a copy in this process; the viewer is its admin."""
    database.open_database(path)
    return viewer_of(1)


def _fill(viewer: Viewer, attributes: int) -> None:
    events, held = gen.mixed_events("base"), 0
    while held < attributes:
        with database.writing():
            for event in islice(events, EVENTS_A_TRANSACTION):
                held += _size(event)
                add_generated(viewer, event)
        if database.log_is_large():
            database.checkpoint()


def _add_sized(viewer: Viewer, size: int) -> Sequence[int]:
    events: Iterator[gen.Json] = islice(gen.sized_events(size, "base"), 1 if size >= _HUGE else OF_EACH_SIZE)
    return [add_generated(viewer, event).event_id for event in events]


def add_generated(viewer: Viewer, event: gen.Json) -> Saved:
    """Add one; exits when the product leaves a part of it out."""
    saved = add_event(viewer, read_event({"Event": event}, from_partner=False))
    if saved.dropped:
        sys.exit(f"The product refused a part of a generated event: {saved.dropped[0]}")
    return saved


def _size(event: gen.Json) -> int:
    return len(event["Attribute"]) + sum(len(obj["Attribute"]) for obj in event["Object"])


def _some_values() -> Sequence[str]:
    """Values from all over the table, the same ones in every run."""
    step = max(1, int(scalar("SELECT max(id) FROM attribute")) // WANTED_VALUES)
    return [str(r[0]) for r in rows("SELECT value1 FROM attribute WHERE id % ? = 1 AND deleted = 0", (step,))]
