"""Random kills of two live servers while events are written, pushed, pulled and backed up (TRUST §4 F1-F4, F6).

`python -m tests.faults.chaos --times 10`; exit code 1 when an acknowledged event is lost, torn or doubled, or when a
backup cannot be restored or lacks what was acknowledged before it began.
"""

import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

import click
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, admin_of, link
from tests.live import PROGRAM, ROOT, Birth, LiveServer, clean_environment, eventually

CONVERGE_SECONDS = 60.0
CLIENTS = 3
SIZES = (1, 2, 5, 20, 150)
_HELD = "SELECT uuid, published, (SELECT COUNT(*) FROM attribute WHERE event_id = event.id) FROM event"

Held = dict[str, tuple[bool, int]]


@dataclass(slots=True)
class Promises:
    """What the clients were told: attributes by event uuid, which events were acknowledged, and what was refused."""

    planned: dict[str, int] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    published: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class Backups:
    """Backups of A that are made beside all the rest, each restored at once; some are killed on their way."""

    folder: Path
    restored: int = 0
    killed: int = 0
    flaws: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did and found; `flaws` is empty when everything held."""

    victim: str
    back_seconds: float
    converged_seconds: float
    flaws: tuple[str, ...]


@click.command()
@click.option("--times", type=int, default=10, help="How many kills.")
@click.option("--seed", type=int, help="For the same kills again.")
def main(times: int, seed: int | None) -> None:
    """Kill one of two servers again and again; prints figures."""
    dice = random.Random(seed)
    promises = Promises()
    with pair() as (a, b), _backed_up(a, promises, dice) as backups:
        rounds = [_round(number, a, b, promises, dice) for number in range(1, times + 1)]
    flaws = [*(flaw for one in rounds for flaw in one.flaws), *backups.flaws]
    for flaw in backups.flaws:
        click.echo(f"   {flaw}")
    kills = {name: sum(one.victim == name for one in rounds) for name in "AB"}
    click.echo(
        f"{times} kills (A {kills['A']}, B {kills['B']}); {len(promises.planned)} events tried,"
        f" {len(promises.added)} acknowledged, {len(promises.published)} published;"
        f" back after at most {max(one.back_seconds for one in rounds):.2f} s,"
        f" converged after at most {max(one.converged_seconds for one in rounds):.1f} s;"
        f" {backups.restored} backups restored, {backups.killed} killed; {len(flaws)} flaws"
    )
    sys.exit(1 if flaws else 0)


@contextmanager
def pair() -> Iterator[tuple[LiveServer, LiveServer]]:
    """Two serving instances: A pushes to B, and B pulls from A every 5 seconds."""
    with tempfile.TemporaryDirectory(prefix="mispmini-chaos-") as folder:
        a = LiveServer(Path(folder) / "a", Birth())
        b = LiveServer(Path(folder) / "b", Birth(org_name="CSIRT Beta", email="dora@beta.example"))
        try:
            for server in (a, b):
                server.set_up()
                server.start()
            link(admin_of(a), admin_of(b), push=True)
            link(admin_of(b), admin_of(a), pull=True, every=5)
            yield a, b
        finally:
            for server in (a, b):
                if server.process is not None:
                    server.stop()


def _round(number: int, a: LiveServer, b: LiveServer, promises: Promises, dice: random.Random) -> Round:
    name, victim = dice.choice((("A", a), ("B", b)))
    with _clients(a, promises, dice):
        time.sleep(dice.uniform(0.1, 1.5))
        victim.kill()
        began = time.monotonic()
        victim.start()
        back = time.monotonic() - began
        time.sleep(dice.uniform(0.0, 0.5))
    began = time.monotonic()
    flaws = (*promises.refusals, *_flaws_of_a(a, promises), *_flaws_of_b(a, b))
    promises.refusals.clear()
    converged = time.monotonic() - began
    click.echo(f"{number}: killed {name}, back in {back:.2f} s, converged in {converged:.1f} s, {len(flaws)} flaws")
    for flaw in flaws:
        click.echo(f"   {flaw}")
    return Round(name, back, converged, flaws)


@contextmanager
def _clients(a: LiveServer, promises: Promises, dice: random.Random) -> Iterator[None]:
    """Clients that add and publish on A until the block ends."""
    stop = Event()
    dora = admin_of(a)
    seeds = [dice.randrange(1 << 32) for _ in range(CLIENTS)]
    threads = [Thread(target=_write_events, args=(dora, promises, random.Random(seed), stop)) for seed in seeds]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def _backed_up(a: LiveServer, promises: Promises, dice: random.Random) -> Iterator[Backups]:
    """Back A up again and again until the block ends, and once more then: what killed ones left must go."""
    stop, backups = Event(), Backups(a.data.with_name("backups"))
    thread = Thread(target=_back_up_until, args=(a, promises, random.Random(dice.randrange(1 << 32)), backups, stop))
    thread.start()
    try:
        yield backups
    finally:
        stop.set()
        thread.join()
        _back_up(a, promises, backups, kill_after=None)
        left = [path.name for path in backups.folder.iterdir() if path.suffix != ".tar"]
        backups.flaws += [f"a killed backup left {name}" for name in left]


def _back_up_until(a: LiveServer, promises: Promises, dice: random.Random, backups: Backups, stop: Event) -> None:
    while not stop.is_set():
        _back_up(a, promises, backups, kill_after=dice.uniform(0.5, 2.5) if dice.random() < 0.3 else None)


def _back_up(a: LiveServer, promises: Promises, backups: Backups, *, kill_after: float | None) -> None:
    owed = {uuid: promises.planned[uuid] for uuid in tuple(promises.added)}
    words = ["backup", "--data", str(a.data), "--to", str(backups.folder), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", PROGRAM, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=clean_environment()
    )
    try:
        told, _ = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        backups.killed += 1
        return
    if process.returncode:
        backups.flaws.append(f"a backup was refused: {told}")
        return
    backups.flaws += _flaws_of_backup(Path(json.loads(told)["path"]), owed)
    backups.restored += 1


def _flaws_of_backup(path: Path, owed: dict[str, int]) -> Iterator[str]:
    """What cannot be restored of it, or lacks what was acknowledged before it began."""
    with tempfile.TemporaryDirectory(prefix="mispmini-chaos-") as folder:
        again = LiveServer(Path(folder) / "again", Birth())
        restored = subprocess.run(
            [sys.executable, "-m", PROGRAM, "restore", str(path), "--data", str(again.data)],
            capture_output=True, text=True, cwd=ROOT, env=clean_environment(), check=False,
        )  # fmt: skip
        if restored.returncode:
            yield f"{path.name} cannot be restored: {restored.stderr}"
            return
        held = {uuid: count for uuid, (_, count) in _held(again).items()}
        lost = [uuid for uuid, count in owed.items() if held.get(uuid) != count]
        if lost:
            yield f"{path.name} lacks {len(lost)} events that were acknowledged before it began, or parts of them"
        yield from _damage(path.name, again)


def _write_events(dora: Actor, promises: Promises, dice: random.Random, stop: Event) -> None:
    while not stop.is_set():
        uuid, size = new_uuid(), dice.choice(SIZES)
        attributes = [{"type": "domain", "value": f"{new_uuid()}.example"} for _ in range(size)]
        with promises.lock:
            promises.planned[uuid] = size
        try:
            event = dora.adds_event(uuid=uuid, distribution=Distribution.CONNECTED, attributes=attributes)
            promises.added.add(uuid)
            dora.publishes(event)
            promises.published.add(uuid)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            stop.wait(0.05)  # it was killed: nothing was promised
        except AssertionError as refusal:
            promises.refusals.append(f"a client was refused: {refusal}")


def _flaws_of_a(a: LiveServer, promises: Promises) -> Iterator[str]:
    """What A lost or tore: acknowledged events must be there, and every event that is there must be whole."""
    held = _held(a)
    yield from (f"A lost {uuid}" for uuid in promises.added - held.keys())
    yield from (f"A forgot that {uuid} is published" for uuid in promises.published if not held.get(uuid, (True,))[0])
    for uuid, (_, count) in held.items():
        if count != promises.planned[uuid]:
            yield f"A has {count} of {promises.planned[uuid]} attributes of {uuid}"
    yield from _damage("A", a)


def _flaws_of_b(a: LiveServer, b: LiveServer) -> Iterator[str]:
    """What B misses after a while of what A published, or has otherwise than A."""
    due = {uuid: count for uuid, (published, count) in _held(a).items() if published}
    try:
        eventually(lambda: due.keys() <= _held(b).keys(), within=CONVERGE_SECONDS, every=0.2)
    except AssertionError:
        yield f"B misses {len(due.keys() - _held(b).keys())} events after {CONVERGE_SECONDS:.0f} s"
    for uuid, (_, count) in _held(b).items():
        if count != due.get(uuid):
            yield f"B has {count} attributes of {uuid}, A {due.get(uuid)}"
    yield from _damage("B", b)


def _held(server: LiveServer) -> Held:
    with closing(_open(server)) as database:
        return {uuid: (bool(published), count) for uuid, published, count in database.execute(_HELD)}


def _damage(name: str, server: LiveServer) -> Iterator[str]:
    with closing(_open(server)) as database:
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
        orphans = database.execute("PRAGMA foreign_key_check").fetchall()
        rows = database.execute("SELECT COUNT(*) - COUNT(DISTINCT uuid) FROM event").fetchone()[0]
    if integrity != "ok":
        yield f"{name}: integrity_check says {integrity}"
    if orphans:
        yield f"{name}: {len(orphans)} broken foreign keys"
    if rows:
        yield f"{name}: {rows} events twice"


def _open(server: LiveServer) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{server.data / 'mispmini.db'}?mode=ro", uri=True, timeout=10)


if __name__ == "__main__":
    main()
