"""Databases of earlier versions: brought up to date, they answer what they answered then, and the way back is there."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live import clean_environment
from tests.upgrade.record import HERE, Instance, answers_of

VERSIONS = sorted(path.stem for path in HERE.glob("*.sql"))
MOST_BYTES = 200_000
_ABSENT = object()
USED_SINCE = ("/last_api_access", "/last_used")
NO_LONGER_TOLD = {"first-landing": ("/Organisation/user_count",)}  # a MISP tells none in a sharing group


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Each value of a JSON answer with its path."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, f"{path}/{key}")
    else:
        yield path, value


def old_instance(folder: Path, version: str) -> Instance:
    """A folder with a database as that version left it."""
    instance = Instance(folder / "data", (sys.executable, "-m", "mispmini"), clean_environment())
    instance.data.mkdir(mode=0o700)
    with closing(sqlite3.connect(instance.data / "mispmini.db")) as database:
        database.executescript((HERE / f"{version}.sql").read_text(encoding="utf-8"))
    return instance


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_an_earlier_version_answers_what_it_answered_then(version: str, tmp_path: Path) -> None:
    instance = old_instance(tmp_path, version)
    with instance.serving():
        answers = {question: dict(leaves(answer)) for question, answer in answers_of(instance).items()}
    told_then = json.loads((HERE / f"{version}.json").read_text(encoding="utf-8"))
    known = {question: answer for question, answer in told_then.items() if answer["status"] == 200}
    assert len(known) > 15
    ignored = (*USED_SINCE, *NO_LONGER_TOLD.get(version, ()))
    lost = [
        (question, path, value, answers[question].get(path))
        for question, answer in known.items()
        for path, value in leaves(answer)
        if not path.endswith(ignored) and answers[question].get(path, _ABSENT) != value
    ]
    assert lost == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_copy_from_before_is_the_database_of_that_version(version: str, tmp_path: Path) -> None:
    instance = old_instance(tmp_path, version)
    before = list(_rows(instance.data / "mispmini.db"))
    with instance.serving():
        pass
    (copy,) = (instance.data / "backups").glob("before-*.db")
    instance.verb("restore", str(copy), folder=tmp_path / "back")
    assert list(_rows(tmp_path / "back" / "mispmini.db")) == before


def _rows(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as database:
        yield from database.iterdump()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kept_database_is_small_enough_to_be_kept(version: str) -> None:
    assert (HERE / f"{version}.sql").stat().st_size <= MOST_BYTES
