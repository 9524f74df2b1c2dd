"""The write-ahead log is moved into the file when nobody writes, and what ran out is swept."""

import os
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from mispmini.domain import clock
from mispmini.jobs.clock import Checkpoints, Clock, Steps
from mispmini.jobs.crew import Crew
from mispmini.services import backing_up
from mispmini.store import due_times, keeping_tidy, outbox, sql
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from tests.sync.ground import Ground


def write(name: str) -> None:
    """Something that goes into the log."""
    with writing():
        sql.execute("INSERT INTO org_blocklist (org_uuid, created, org_name, comment) VALUES (?, 1, '', '')", (name,))


def in_the_file(ground: Ground, name: str) -> bool:
    """Whether it stands in the database file itself, not only in its log."""
    return name.encode() in (ground.folder / "mispmini.db").read_bytes()


def test_the_log_is_moved_into_the_file_once_nobody_writes(ground: Ground) -> None:
    looks = Checkpoints()
    write("a-name-to-find-again")
    looks.look()
    assert not in_the_file(ground, "a-name-to-find-again"), "it may have been written just now"
    looks.look()
    assert in_the_file(ground, "a-name-to-find-again")


def test_a_log_that_is_being_written_is_left_alone(ground: Ground) -> None:
    looks = Checkpoints()
    for number in range(4):
        write(f"number-{number}-of-a-busy-time")
        looks.look()
    assert not in_the_file(ground, "number-0-of-a-busy-time")


def test_what_ran_out_is_swept_and_the_rest_stays(ground: Ground) -> None:
    now = clock.now()
    with writing():
        for when in (now, now - 3 * 365 * 86400):
            sql.execute(
                "INSERT INTO served (event_uuid, org_id, timestamp, time) VALUES (?, 1, ?, ?)", ("a" * 36, when, when)
            )
            sql.execute("INSERT INTO login_failure (folded_email, address, time) VALUES ('a', 'b', ?)", (when,))
    keeping_tidy.forget_what_ran_out()
    assert sql.scalar("SELECT count(*) FROM served") == 1
    assert sql.scalar("SELECT count(*) FROM login_failure") == 1


def test_what_a_wrong_clock_put_off_is_due_again(ground: Ground) -> None:
    soon, far = clock.now() + 3600, clock.now() + 400 * 86400
    near, lost = (ground.links(f"http://127.0.0.1:{port}", pull=True, pull_interval=7200) for port in (1, 2))
    with writing():
        for server, when in ((near, soon), (lost, far)):
            sql.execute(
                "UPDATE server SET next_pull = ?, breaker_until = ?, last_compared = ? WHERE id = ?",
                (when, when, when, server.id),
            )
            outbox.promise_event(server.id, "b" * 36, 1)
            sql.execute("UPDATE outbox SET next_try = ? WHERE server_id = ?", (when, server.id))
    assert due_times.bring_back() == 4
    assert due_times.bring_back() == 0
    told = "SELECT server.id, next_pull, breaker_until, next_try FROM server JOIN outbox ON server_id = server.id"
    waits = {number: {when - clock.now() > 60 for when in times} for number, *times in sql.rows(told)}
    assert waits == {near.id: {True}, lost.id: {False}}


def test_a_clock_that_is_set_back_stops_nothing(ground: Ground) -> None:
    ticked, ticking = Event(), Clock()
    ticking.every(86400, ticked.set)
    ticking.start()
    for job in ticking._scheduler.get_jobs():  # as they stand after a step back by a day
        job.modify(next_run_time=datetime.now(UTC) + timedelta(days=1))
        job.trigger.interval = timedelta(milliseconds=5)
    ticking.rewind()
    assert ticked.wait(5)
    ticking.stop()


@pytest.mark.parametrize(
    ("distances", "noticed"),
    [([100.0, 100.1, 100.0], False), ([100.0, 90.0], True), ([100.0, 4000.0], False), ([100.0], False)],
    ids=["steady", "back", "ahead", "first"],
)
def test_a_step_back_is_noticed(distances: list[float], noticed: bool) -> None:
    steps = Steps()
    assert [steps.set_back(distance) for distance in distances][-1] is noticed


def test_a_backup_is_made_when_the_newest_is_a_day_old_or_of_the_future(ground: Ground) -> None:
    assert backing_up.back_up_if_due()
    (made,) = backing_up.backups_folder().glob("*.tar")
    assert not backing_up.back_up_if_due()
    for age in (25 * 3600, -400 * 86400):
        os.utime(made, (clock.now() - age,) * 2)
        assert backing_up.back_up_if_due()
        for path in backing_up.backups_folder().glob("*.tar"):
            if path != made:
                path.unlink()
    with writing():
        save_setting("backup_hours", 0, user_id=ground.admin.user_id)
    assert not backing_up.back_up_if_due()


def test_a_crew_takes_one_task_of_a_key_and_as_many_as_it_has_hands() -> None:
    go_on, crew = Event(), Crew("test", 2)
    assert crew.start(1, go_on.wait)
    assert not crew.start(1, go_on.wait), "the key is at work"
    assert crew.start(2, go_on.wait)
    assert not crew.has_room
    assert not crew.start(3, go_on.wait)
    go_on.set()
    crew.wait(5)
    assert crew.has_room
