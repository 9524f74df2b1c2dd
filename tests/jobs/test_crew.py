"""A crew has room for so many tasks, and says when there is room again."""

import threading

from mispmini.jobs.crew import Crew
from tests.sync.ground import Ground


def test_who_found_no_room_is_told_when_there_is_some(ground: Ground) -> None:
    may_end, told = threading.Event(), threading.Event()
    crew = Crew("test", 1, has_room_again=told.set)
    assert crew.start(1, may_end.wait)
    assert not crew.start(2, may_end.wait)
    assert not told.is_set()
    may_end.set()
    assert told.wait(5)
    assert crew.has_room


def test_nobody_is_told_when_nobody_was_turned_away(ground: Ground) -> None:
    ended, told = threading.Event(), threading.Event()
    crew = Crew("test", 1, has_room_again=told.set)
    assert crew.start(1, ended.set)
    assert ended.wait(5)
    crew.wait(5)
    assert not told.is_set()
