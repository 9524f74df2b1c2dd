"""Backups by themselves: when they are due, where they go, and how everybody hears that one went wrong."""

import shlex
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mispmini.domain import clock
from mispmini.domain.alarms import AlarmKind
from mispmini.domain.masking import masked
from mispmini.domain.viewer import Viewer
from mispmini.services import alarms, backing_up, diagnostics, house, mail
from mispmini.services.backing_up import back_up, back_up_if_due, backups_folder, care_for_backups
from mispmini.services.events import add_event
from mispmini.services.instance_settings import change_setting
from mispmini.services.second_places import Command, Folder, NotTaken
from mispmini.store import sql
from mispmini.store.backups import Damaged, list_backups, restore_into
from mispmini.sync.links import go_on
from tests.live import eventually
from tests.smtp import Mailbox, mailbox_of
from tests.sync.ground import Ground, a_draft, break_ground, leave_ground

HOUR = 3600
PAGE = 4096


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """One instance in this process."""
    yield break_ground(tmp_path / "data")
    leave_ground()


@pytest.fixture
def box(ground: Ground) -> Iterator[Mailbox]:
    """A mail server that the instance is set to."""
    with mailbox_of(ground.admin) as server:
        yield server


@pytest.fixture
def second(tmp_path: Path) -> Folder:
    """A folder on another disk."""
    (tmp_path / "second").mkdir()
    return Folder(tmp_path / "second")


def told() -> list[tuple[str, str]]:
    """The alarms that stand: kind and reason."""
    return [(alarm.kind, alarm.reason) for alarm in alarms.standing_alarms(Viewer.everything())]


def letters(box: Mailbox) -> list[str]:
    """The subjects of what was sent until now."""
    mail.send_due(go_on)
    return [str(message["Subject"]) for message in box.messages]


def damage(ground: Ground, page: bytes = bytes(4096)) -> bytes:
    """A page of the database file goes bad: one of an index that no query here needs; what it was before."""
    sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root = sql.scalar("SELECT rootpage FROM sqlite_master WHERE name = 'org_blocklist_org_uuid'")
    with (ground.folder / "mispmini.db").open("r+b") as file:
        file.seek((root - 1) * PAGE)
        before = file.read(PAGE)
        file.seek((root - 1) * PAGE)
        file.write(page)
    return before


def test_damage_is_named_everywhere_once_and_so_is_its_end(ground: Ground, box: Mailbox) -> None:
    kept = back_up()
    page = damage(ground)
    for _ in range(2):
        with pytest.raises(Damaged):
            back_up()
    assert list_backups(backups_folder()) == [kept.path]
    assert {kind for kind, _reason in told()} == {"database_damaged", "backup_failed"}
    assert house.readiness() == "damaged"
    checks = {check.name: check for check in diagnostics.run_checks()}
    assert (checks["integrity"].verdict, checks["backup_failed"].since is not None) == ("fail", True)
    assert letters(box) == ["[mispmini] Alarm: database damaged", "[mispmini] Alarm: backup failed"]
    assert "is damaged: Page" in box.messages[0].get_content()
    damage(ground, page)
    back_up()
    assert (told(), house.readiness()) == ([], "ok")
    assert letters(box)[2:] == ["[mispmini] Resolved: database damaged", "[mispmini] Resolved: backup failed"]


def test_eight_damaged_days_take_no_good_backup_away(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    good = back_up().path
    damage(ground)
    today = clock.now()
    for number in range(1, 9):
        monkeypatch.setattr(clock, "now", lambda moment=today + number * 24 * HOUR: moment)
        assert not back_up_if_due()
    assert list_backups(backups_folder()) == [good]
    restore_into(good, ground.folder.with_name("restored"))


def test_the_database_is_looked_through_each_day_where_backups_are_off(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_setting(ground.admin, "backup_hours", 0)
    care_for_backups()
    assert [check.verdict for check in diagnostics.run_checks() if check.name == "integrity"] == ["ok"]
    damage(ground)
    care_for_backups()
    assert told() == [], "it was looked at just now"
    today = clock.now()
    monkeypatch.setattr(clock, "now", lambda: today + 24 * HOUR)
    care_for_backups()
    assert [kind for kind, _reason in told()] == ["database_damaged"]
    assert list(backups_folder().iterdir()) == []


def test_the_second_place_alone_loses_an_hour_at_most(
    ground: Ground, second: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_setting(ground.admin, "second_backup_hours", 1)
    change_setting(ground.admin, "backup_hours", 0)
    begin, written = clock.now(), {}
    for minute in range(305):
        monkeypatch.setattr(clock, "now", lambda moment=begin + minute * 60: moment)
        if minute % 7 == 0:
            written[add_event(ground.admin, a_draft()).uuid] = minute
        back_up_if_due([second])
    newest = list_backups(second.path)[0]
    assert list(backups_folder().iterdir()) == [], "what goes elsewhere leaves nothing here"
    restore_into(newest, tmp_path / "restored")
    with closing(sqlite3.connect(tmp_path / "restored" / "mispmini.db")) as restored:
        held = {uuid for (uuid,) in restored.execute("SELECT uuid FROM event")}
    lost = [minute for uuid, minute in written.items() if uuid not in held]
    assert min(lost, default=304) > 304 - 60
    assert held >= {uuid for uuid, minute in written.items() if minute <= 304 - 60}
    assert len(list_backups(second.path)) == 6, "one at once, then each hour"


def test_a_second_place_that_fails_is_told_and_keeps_what_it_has(ground: Ground, second: Folder, box: Mailbox) -> None:
    change_setting(ground.admin, "backups_kept", 1)
    back_up(places=[second])
    (first,) = list_backups(second.path)
    gone = second.path.rename(second.path.with_name("unmounted"))
    for _ in range(2):
        with pytest.raises(NotTaken, match="did not reach"):
            back_up(places=[second])
    assert told() == [("second_backup_failed", "There is no such folder.")]
    assert list(gone.iterdir()) == [gone / first.name]
    assert not second.path.exists()
    gone.rename(second.path)
    back_up(places=[second])
    assert told() == []
    assert len(list_backups(second.path)) == 1
    assert letters(box) == ["[mispmini] Alarm: second backup failed", "[mispmini] Resolved: second backup failed"]
    assert box.messages[0]["To"] == "dora@a.test"


def test_a_failed_second_place_is_tried_again_after_a_while(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent, now = Folder(tmp_path / "absent"), clock.now()
    change_setting(ground.admin, "backup_hours", 0)
    assert [back_up_if_due([absent]), back_up_if_due([absent])] == [True, False]
    monkeypatch.setattr(clock, "now", lambda: now + 1000)
    assert back_up_if_due([absent])


def script(tmp_path: Path, text: str) -> Command:
    """A program of this text with an argument that a shell would obey."""
    path = tmp_path / "elsewhere"
    path.write_text(f"#!{sys.executable}\nimport os, subprocess, sys, time\n{text}\n")
    path.chmod(0o700)
    return Command((str(path), f"; touch {shlex.quote(str(tmp_path / 'obeyed'))}"))


def test_a_command_gets_the_file_as_its_last_argument_and_no_shell_reads_it(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISPMINI_MAIL_PASSWORD", "hidden-from-it")
    got = tmp_path / "got"
    keep = f"open({str(got)!r}, 'w').write('\\n'.join([*sys.argv[1:], *os.environ]))"
    made = back_up(places=[script(tmp_path, keep)])
    lines = got.read_text().splitlines()
    assert lines[:2] == [f"; touch {shlex.quote(str(tmp_path / 'obeyed'))}", str(made.path)]
    assert "MISPMINI_MAIL_PASSWORD" not in lines
    assert not (tmp_path / "obeyed").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("print('first'); print('no such bucket', file=sys.stderr); sys.exit(3)", "exit code 3: no such bucket"),
        ("sys.exit(4)", "exit code 4"),
        ("os.kill(os.getpid(), 9)", "ended by signal 9"),
        ("print('bad password=hunter2hunter2 for sftp://ann:pw1@host'); sys.exit(1)",
         "exit code 1: bad password=… for sftp://…@host"),
        ("print('I got ' + sys.argv[1]); sys.exit(1)", "exit code 1: I got …"),
        ("print(os.environ['STORE_TOKEN']); sys.exit(1)", "exit code 1: …"),
    ],
    ids=["words", "silent", "killed", "named", "argument", "environment"],
)  # fmt: skip
def test_a_command_that_fails_is_told_by_code_and_last_line_without_secrets(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.setenv("STORE_TOKEN", "t0ps3cr3t")
    with pytest.raises(NotTaken):
        back_up(places=[script(tmp_path, text)])
    assert told() == [("second_backup_failed", reason)]


def test_a_command_that_hangs_ends_with_all_it_started(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mispmini.services.second_places.DEADLINE_SECONDS", 0.5)
    pid = tmp_path / "pid"
    hang = f"child = subprocess.Popen(['sleep', '600']); open({str(pid)!r}, 'w').write(str(child.pid)); child.wait()"
    with pytest.raises(NotTaken):
        back_up(places=[script(tmp_path, hang)])
    assert "had not ended" in told()[0][1]
    eventually(lambda: not pid.exists() or is_gone(pid.read_text()))


def is_gone(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def test_a_command_that_is_not_there_is_told(ground: Ground) -> None:
    with pytest.raises(NotTaken):
        back_up(places=[Command(("/nowhere/at-all",))])
    assert told() == [("second_backup_failed", "it cannot be started (No such file or directory)")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def", "Authorization: …"),
        ('"secret_key": "x y"', '"secret_key": … y"'),
        ("https://user:pw@host/path", "https://…@host/path"),
        (f"key {'k' * 40}", "key kkkk…kkkk"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_secrets_in_what_others_say_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_backup_for_which_there_is_no_room_is_told(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: _Usage)
    assert not back_up_if_due()
    assert told() == [("backup_failed", backing_up.NO_ROOM)]


class _Usage:
    free = 1024
    total = 10**9


def test_a_wrong_clock_never_takes_the_newest_backup_away(ground: Ground) -> None:
    change_setting(ground.admin, "backups_kept", 2)
    name = back_up().path.name
    for year in (2090, 2091, 2092):
        (backups_folder() / f"{name[:18]}-{year}-01-01-000000.tar").touch()
    made = back_up()
    assert made.path in list_backups(backups_folder())
    assert len(list_backups(backups_folder())) == 2


def test_an_alarm_is_seen_by_site_admins_and_the_organisation_it_is_for(ground: Ground) -> None:
    ours, others = ground.admin.org_id, ground.admin.org_id + 1
    alarms.raise_alarm(AlarmKind.BACKUP, "of the house")
    alarms.raise_alarm(AlarmKind.SECOND_PLACE, "of theirs", subject="x", org_id=others)
    anybody = {org: Viewer.of_organisation(org) for org in (ours, others)}
    assert len(alarms.standing_alarms(ground.admin)) == 2
    assert alarms.standing_alarms(anybody[ours]) == []
    assert [alarm.reason for alarm in alarms.standing_alarms(anybody[others])] == ["of theirs"]


def test_an_alarm_that_a_full_disk_does_not_take_is_told_by_this_process(ground: Ground) -> None:
    sql.execute(f"PRAGMA max_page_count = {sql.scalar('PRAGMA page_count')}")
    alarms.raise_alarm(AlarmKind.BACKUP, "x" * 200_000)
    assert [kind for kind, _reason in told()] == ["backup_failed"]
    sql.execute("PRAGMA max_page_count = 1073741823")
    alarms.clear_alarm(AlarmKind.BACKUP)
    assert told() == []


def test_files_in_the_second_place_are_for_their_owner_alone(ground: Ground, second: Folder) -> None:
    back_up(places=[second])
    assert {stat.S_IMODE(path.stat().st_mode) for path in second.path.iterdir()} == {0o600}
