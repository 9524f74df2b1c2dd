"""The write-ahead log is moved into the file when nobody writes, and what ran out is swept."""

from threading import Event

from mispmini.domain import clock
from mispmini.jobs.clock import Checkpoints
from mispmini.jobs.crew import Crew
from mispmini.store import keeping_tidy, sql
from mispmini.store.database import writing
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
