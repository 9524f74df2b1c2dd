"""`doctor`, `backup` and `restore`: what an admin relies on when things go wrong."""

import hashlib
import io
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trustme

from mispmini.domain.ids import new_uuid
from tests.cast import Actor
from tests.live import Birth, LiveServer, run_verb


def verb(folder: Path, *words: str, expect: int = 0) -> Any:
    """The JSON answer of a verb on a folder."""
    return json.loads(run_verb(*words, "--data", str(folder), "--json", expect=expect).stdout)


@pytest.fixture(scope="module")
def backup(server: LiveServer, dora: Actor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that was taken beside the serving process."""
    sample = {"type": "attachment", "value": "note.txt", "data": "aGVsbG8="}
    dora.adds_event(f"Kept {new_uuid()}", attributes=[sample])
    pem = trustme.CA().cert_pem.bytes().decode()
    wanted = {"name": "Sealed", "url": "https://beta.example", "remote_org_id": dora.org_id, "authkey": "k" * 40}
    assert dora.post("/servers/add", wanted | {"submitted_cert": pem}).status_code == 200
    made = server.verb("backup", "--to", str(tmp_path_factory.mktemp("backups")))
    return Path(made["path"])


def test_a_restored_folder_answers_as_the_first_did(server: LiveServer, dora: Actor, backup: Path) -> None:
    kept = dora.get("/events/index/searcheventinfo:Kept").json()
    events = {event["uuid"]: dora.views(event) for event in kept}
    assert events
    restored = LiveServer(backup.parent / "restored", server.birth)
    verb(restored.data, "restore", str(backup))
    assert restored.data.stat().st_mode & 0o077 == 0
    assert {path.name for path in restored.data.iterdir() if path.stat().st_mode & 0o077} == set()
    restored.start()
    try:
        for uuid, event in events.items():
            again = restored.request("GET", f"/events/view/{uuid}").json()["Event"]
            assert again["Attribute"] == event["Attribute"]
            assert again["timestamp"] == event["timestamp"]
    finally:
        restored.stop()


def test_a_backup_holds_files_and_one_moment_of_the_database(backup: Path, tmp_path: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    with tarfile.open(backup) as tar:
        names = tar.getnames()
        (tmp_path / "mispmini.db").write_bytes(tar.extractfile("mispmini.db").read())  # type: ignore[union-attr]
    assert names[0] == "mispmini.db"
    assert names[-1] == "manifest.json"
    assert any(name.startswith("attachments/") for name in names)
    with closing(sqlite3.connect(tmp_path / "mispmini.db")) as copy:
        named = {r[0] for r in copy.execute("SELECT cert_file FROM server WHERE cert_file IS NOT NULL")}
    assert named
    assert {f"certificates/{name}" for name in named} <= set(names)
    with closing(sqlite3.connect(tmp_path / "mispmini.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("at", ["start", "middle", "end", "cut"])
def test_a_damaged_backup_is_noticed_and_nothing_is_made(backup: Path, tmp_path: Path, at: str) -> None:
    content = bytearray(backup.read_bytes())
    place = {"start": 600, "middle": len(content) // 2, "end": content.rindex(b'"sha256"') + 20, "cut": 0}[at]
    content[place] ^= 1
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(content[: len(content) // 2] if at == "cut" else content)
    assert "error" in verb(tmp_path / "never", "restore", str(damaged), "--check", expect=1)
    assert "error" in verb(tmp_path / "never", "restore", str(damaged), expect=1)
    assert not (tmp_path / "never").exists()


def test_a_check_looks_into_the_database_as_a_restore_does(backup: Path, tmp_path: Path) -> None:
    """Checksums that fit say nothing of what was damaged before they were made."""
    with tarfile.open(backup) as tar:
        parts = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]
    damaged = bytearray(parts["mispmini.db"])
    damaged[8192:12288] = bytes(4096)
    manifest = json.loads(parts["manifest.json"])
    parts["mispmini.db"] = bytes(damaged)
    manifest["sha256"]["mispmini.db"] = hashlib.sha256(damaged).hexdigest()
    parts["manifest.json"] = json.dumps(manifest).encode()
    write_tar(tmp_path / "damaged.tar", parts)
    for switch in ("--check",), ():
        told = verb(tmp_path / "never", "restore", str(tmp_path / "damaged.tar"), *switch, expect=1)
        assert "is damaged: " in told["error"]
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.tar"]


def write_tar(path: Path, parts: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/outside", "attachments/../../outside", "other.txt", "attachments", "."]
)
def test_a_backup_with_a_file_that_is_none_of_ours_is_refused(tmp_path: Path, name: str) -> None:
    content = b"x"
    sums = {name: hashlib.sha256(content).hexdigest()}
    manifest = json.dumps({"format": 1, "created": 1, "schema": 1, "sha256": sums}).encode()
    write_tar(tmp_path / "strange.tar", {name: content, "manifest.json": manifest})
    told = verb(tmp_path / "data", "restore", str(tmp_path / "strange.tar"), expect=1)
    assert "no file of a backup" in told["error"]
    assert [path.name for path in tmp_path.iterdir()] == ["strange.tar"]


def test_the_copy_taken_before_a_migration_is_restored_with_the_files_beside_it(
    server: LiveServer, dora: Actor, tmp_path: Path
) -> None:
    sample = {"type": "attachment", "value": "note.txt", "data": "aGVsbG8="}
    event = dora.adds_event("Before an upgrade", attributes=[sample])
    before = dora.get(f"/events/view/{event['uuid']}/includeAttachments:1").json()
    old = tmp_path / "old"
    with tarfile.open(server.verb("backup", "--to", str(tmp_path / "tar"))["path"]) as tar:
        for entry in tar:
            (old / entry.name).parent.mkdir(parents=True, exist_ok=True)
            (old / entry.name).write_bytes(tar.extractfile(entry).read())  # type: ignore[union-attr]
    take_back_the_last_migration(old / "mispmini.db")
    verb(old, "backup")
    (copy,) = (old / "backups").glob("before-*.db")
    (old / "mispmini.db").write_bytes(b"gone")
    verb(tmp_path / "checked", "restore", str(copy), "--check")
    restored = LiveServer(tmp_path / "restored", server.birth)
    verb(restored.data, "restore", str(copy))
    restored.start()
    try:
        assert restored.request("GET", f"/events/view/{event['uuid']}/includeAttachments:1").json() == before
    finally:
        restored.stop()


def take_back_the_last_migration(path: Path) -> None:
    """As the version before this one would have left it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE alarm")
        database.execute("DELETE FROM schema_migration WHERE name = '0022_alarm'")
        database.commit()


def test_a_copy_that_lies_elsewhere_is_said_to_be_the_database_alone(tmp_path: Path) -> None:
    home = LiveServer(tmp_path / "home", Birth())
    home.set_up()
    copy = tmp_path / "before-0022_alarm.db"
    copy.write_bytes((home.data / "mispmini.db").read_bytes())
    told = run_verb("restore", str(copy), "--data", str(tmp_path / "again")).stdout
    assert "It is the database alone" in told


def test_a_server_whose_database_is_gone_does_not_begin_anew(tmp_path: Path) -> None:
    home = LiveServer(tmp_path / "home", Birth())
    home.set_up()
    home.start()
    home.stop()
    for name in ("mispmini.db", "mispmini.db-wal", "mispmini.db-shm"):
        (home.data / name).unlink(missing_ok=True)
    told = run_verb("serve", "--data", str(home.data), "--port", "0", expect=1).stderr
    assert "missing or empty in a folder that was served before" in told
    assert "Traceback" not in told


def test_a_restore_never_overwrites(server: LiveServer, backup: Path) -> None:
    assert "not empty" in verb(server.data, "restore", str(backup), expect=1)["error"]


def test_old_backups_are_removed_beyond_the_number_to_keep(server: LiveServer, tmp_path: Path) -> None:
    own, others = own_name(server), "mispmini-0f0f0f0f"
    for name in (own, others):
        for number in range(9):
            (tmp_path / f"{name}-2020-01-0{number + 1}-000000.tar").touch()
    server.verb("backup", "--to", str(tmp_path))
    kept = sorted(path.name for path in tmp_path.glob(f"{own}-*"))
    assert len(kept) == 7
    assert kept[0] == f"{own}-2020-01-04-000000.tar"
    assert len(list(tmp_path.glob(f"{others}-*"))) == 9


def own_name(server: LiveServer) -> str:
    """What the names of a server's backups begin with: several servers may share a folder."""
    return f"mispmini-{server.request('GET', '/servers/getInstanceUUID').json()['uuid'][:8]}"


def test_doctor_names_what_fails_and_how_to_mend_it(tmp_path: Path) -> None:
    bad = LiveServer(tmp_path / "bad", Birth(org_name="ORGNAME", email="admin@admin.test"))
    bad.set_up()
    told = {check["check"]: check for check in verb(bad.data, "doctor", expect=1)}
    assert {name for name, check in told.items() if check["verdict"] == "fail"} == {"host_organisation"}
    assert told["default_admin"]["verdict"] == told["scheduler"]["verdict"] == told["backup"]["verdict"] == "warn"
    assert told["schema"]["verdict"] == told["integrity"]["verdict"] == told["files"]["verdict"] == "ok"
    assert all(check["advice"] for check in told.values() if check["verdict"] != "ok")
    lines = run_verb("doctor", "--data", str(bad.data), expect=1).stdout
    assert "fail  The organisation is still called ORGNAME." in lines


@pytest.mark.parametrize("name", ["mispmini.db", "web.key"])
def test_doctor_refuses_what_others_on_the_machine_may_read(server: LiveServer, name: str) -> None:
    """TRUST G26."""
    path = server.data / name
    mode = path.stat().st_mode & 0o777
    path.chmod(mode | 0o044)
    try:
        told = {check["check"]: check for check in verb(server.data, "doctor", expect=1)}
        assert (told["files"]["verdict"], path.name in told["files"]["sentence"]) == ("fail", True)
    finally:
        path.chmod(mode)


def test_doctor_is_content_with_a_server_that_runs(server: LiveServer) -> None:
    server.verb("backup")
    told = {check["check"]: check["verdict"] for check in server.verb("doctor")}
    assert "fail" not in told.values()
    assert told["scheduler"] == told["backup"] == "ok"
