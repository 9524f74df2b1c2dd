"""A rehearsed disaster: a page goes bad, everybody is told, and the last good backup answers as the server did."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Actor, add_actor, admin_of
from tests.live import Birth, LiveServer, eventually, run_verb
from tests.smtp import Mailbox, mail_server

SAMPLE = {"type": "attachment", "value": "note.txt", "data": "aGVsbG8="}
PAGES = ("/events/index", "/attributes/restSearch", "/tags/index", "/organisations/index/scope:all", "/servers/index",
         "/admin/users/index", "/sharing_groups/index", "/auth_keys/index", "/roles/index")  # fmt: skip


@dataclass(frozen=True, slots=True)
class House:
    """A server with everything in it that is to come back, and where its backups go."""

    server: LiveServer
    dora: Actor
    second: Path
    box: Mailbox


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Serves until the test ends, or until the test ends it."""
    (tmp_path / "second").mkdir()
    with mail_server() as box:
        settings = (  # what mail needs, and the second place
            'allow_internal = ["127.0.0.0/8"]', f'backup_folder = "{tmp_path / "second"}"', "mail_enabled = true",
            'mail_host = "127.0.0.1"', f"mail_port = {box.port}", 'mail_security = "none"',
            'mail_from = "m@alfa.example"',
        )  # fmt: skip
        server = LiveServer(tmp_path / "data", Birth(settings=settings))
        server.set_up()
        server.start()
        dora = admin_of(server)
        fill(dora)
        yield House(server, dora, tmp_path / "second", box)
        if server.process is not None:
            server.stop()


def fill(dora: Actor) -> None:
    """Something of everything."""
    add_actor(dora, "Bob", org_name="CSIRT Bravo")
    for number in range(5):
        values = [{"type": "domain", "value": f"{number}-{place}.example"} for place in range(20)]
        dora.publishes(dora.adds_event(f"Event {number}", attributes=[*values, SAMPLE], Tag=[{"name": "tlp:green"}]))
    wanted = {"name": "Beta", "url": "https://beta.example", "remote_org_id": dora.org_id, "authkey": "k" * 40}
    assert dora.post("/servers/add", wanted).status_code == 200


def answers(server: LiveServer) -> dict[str, Any]:
    """What it says of everything, by path."""
    told = {path: server.request("GET", path).json() for path in PAGES}
    for event in told["/events/index"]:
        told[event["uuid"]] = server.request("GET", f"/events/view/{event['uuid']}/includeAttachments:1").json()
    return {path: lasting(answer) for path, answer in told.items()}


def lasting(answer: Any) -> Any:
    """An answer without what asking changes: when a key and its owner were seen last."""
    if isinstance(answer, dict):
        return {name: lasting(value) for name, value in answer.items() if not name.startswith("last_")}
    return [lasting(item) for item in answer] if isinstance(answer, list) else answer


def damage(server: LiveServer) -> None:
    """One page of the file goes bad under the running server: of an index, so that nobody stumbles over it."""
    path = server.data / "mispmini.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'org_blocklist_org_uuid'").fetchone()[
            0
        ]
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xa5" * 4096)


def test_a_page_that_goes_bad_is_named_everywhere_and_a_backup_brings_all_back(house: House, tmp_path: Path) -> None:
    server = house.server
    before = answers(server)
    good = Path(server.verb("backup")["path"])
    damage(server)
    refused = run_verb("backup", "--data", str(server.data), expect=1)
    assert "is damaged" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list((server.data / "backups").iterdir()) == [good]
    assert [path.name for path in house.second.iterdir()] == [good.name]
    ready = server.request("GET", "/readyz", key="")
    assert (ready.status_code, ready.json()) == (503, {"status": "damaged"})
    told = {check["check"]: check["verdict"] for check in server.request("GET", "/health.json").json()["checks"]}
    assert (told["integrity"], told["backup_failed"]) == ("fail", "fail")
    doctor = run_verb("doctor", "--data", str(server.data), expect=1).stdout
    assert "fail  The database is damaged: " in doctor
    eventually(lambda: "[mispmini] Alarm: database damaged" in [str(mail["Subject"]) for mail in house.box.messages])
    server.stop()
    server.process = None
    run_verb("restore", str(good), "--check", "--data", str(tmp_path / "restored"))
    assert not (tmp_path / "restored").exists()
    compare_with(before, restored(server, good, tmp_path / "restored"))


def test_when_the_whole_folder_is_gone_the_second_place_brings_all_back(house: House, tmp_path: Path) -> None:
    server = house.server
    server.verb("backup")
    before = answers(server)
    house.dora.adds_event("Later than the backup")
    server.kill()
    server.process = None
    shutil.rmtree(server.data)
    (copy,) = house.second.iterdir()
    compare_with(before, restored(server, copy, tmp_path / "restored"))


def restored(server: LiveServer, backup: Path, folder: Path) -> LiveServer:
    run_verb("restore", str(backup), "--data", str(folder))
    return LiveServer(folder, server.birth)


def compare_with(before: dict[str, Any], again: LiveServer) -> None:
    """Every answer is as it was, and nothing is alarming."""
    again.start()
    try:
        assert answers(again) == before
        assert again.request("GET", "/readyz", key="").json() == {"status": "ok"}
        assert "fail" not in {check["verdict"] for check in again.verb("doctor")}
    finally:
        again.stop()
