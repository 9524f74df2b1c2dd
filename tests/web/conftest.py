"""A served application for the tests of the web floor: real sockets, a real SQLite file, accounts and their keys."""

import importlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Blueprint, Flask

from mispmini.application import create_app
from mispmini.domain import clock, ids
from mispmini.domain.permissions import Permission
from mispmini.services import setting_up
from mispmini.services.passwords import hash_password
from mispmini.settings import Settings
from mispmini.store import authkeys, database, people
from mispmini.web.answer import Answer, answer, done, reply, saved, streamed
from mispmini.web.asking import asked
from mispmini.web.needs import needs
from tests.calling import call
from tests.prepared import open_fresh_database

PASSWORD = "three brown horses, running"
ADMIN, ORG_ADMIN, USER, PUBLISHER, SYNC_USER, READ_ONLY = range(1, 7)
MACHINE = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "sampler"}
FAILED = (
    "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization "
    "header."
)
PEOPLE = {"Accept": "text/html", "Accept-Language": "en"}


def csrf_of(page: str) -> str:
    """The first form's secret."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def refused(sentence: str, url: str) -> dict[str, str]:
    """The body of a refusal."""
    return {"name": sentence, "message": sentence, "url": url}


def specimens() -> Blueprint:
    """Small views that show what the floor makes of a request."""
    bp = Blueprint("specimens", __name__)

    @bp.route("/rare_specimens/index", methods=["GET", "POST"])
    @bp.route("/rare_specimens/view/<ref>", methods=["GET"])
    @bp.route("/rare_specimens/saveAll/<ref>", methods=["GET", "POST"])
    def echo(ref: str = "") -> Answer:
        told = asked()
        return reply(
            {"ref": ref, "named": dict(told.path.named), "parameters": told.parameters(), "url": told.path.url}
        )

    @bp.get("/rare_specimens/big")
    def big() -> Answer:
        return reply([{"value": "x" * 40}] * 200)

    @bp.get("/rare_specimens/stream")
    def stream() -> Answer:
        return streamed(f'"{number}"\n' for number in range(2000))

    @bp.get("/rare_specimens/both")
    def both() -> Answer:
        return answer(lambda: {"kind": "json"}, page=lambda: None, template="specimen.html")

    @bp.post("/rare_specimens/change")
    @bp.post("/rare_specimens/change/<int:subject_id>")
    def change(subject_id: int | None = None) -> Answer:
        return done(
            saved("Specimen changed", subject_id=subject_id), go_to="/rare_specimens/both", notice="It is done."
        )

    @bp.get("/rare_specimens/fail")
    def fail() -> Answer:
        raise RuntimeError("a secret that nobody should read")

    @bp.post("/rare_specimens/write")
    @needs(Permission.ADD)
    def write() -> Answer:
        return reply({})

    return bp


_NUMBERS = count(1)  # of all sites of this process, which remembers who failed to log in


@dataclass
class Site:
    """A served instance: where it is, and a way to make accounts on it."""

    url: str
    app: Flask
    org_id: int
    password_hash: str
    admin_email: str
    admin_key: str
    numbers: Iterator[int] = field(default_factory=lambda: _NUMBERS)

    def email(self, role_id: int = USER, **columns: object) -> str:
        """A new account that logs in with PASSWORD."""
        email = f"user{next(self.numbers)}@acme.test"
        now = clock.now()
        fixed = {"email": email, "org": self.org_id, "role": role_id, "password_hash": self.password_hash}
        with database.writing():
            people.insert_user({**fixed, "created": now, "modified": now, **columns})
        return email

    def key(self, role_id: int = USER, *, disabled: bool = False, **columns: object) -> str:
        """A key of a new account."""
        login = people.find_any_login(self.email(role_id, disabled=disabled))
        assert login is not None
        raw = ids.new_authkey()
        with database.writing():
            values = {"uuid": ids.new_uuid(), "user": login.user_id, "created": clock.now(), **columns}
            authkeys.insert_key(raw, values)
        return raw

    def get(self, path: str, **options: Any) -> requests.Response:
        """One GET, no redirect followed."""
        return call("GET", self.url + path, allow_redirects=False, timeout=10, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        """One POST, no redirect followed."""
        return call("POST", self.url + path, allow_redirects=False, timeout=10, **options)


_waitress: Any = importlib.import_module("waitress.server")
_wasyncore: Any = importlib.import_module("waitress.wasyncore")


class Served:
    """An application behind waitress on a port of the system's choice."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.sockets: dict[int, Any] = {}
        self.server: Any = _waitress.create_server(
            self._call, map=self.sockets, host="127.0.0.1", port=0, threads=4, clear_untrusted_proxy_headers=True
        )
        self.settings = Settings(data=data, port=self.server.effective_port, **settings)
        open_fresh_database(self.settings.database_path)
        self.app = create_app(self.settings)
        self.app.config["LOGIN_ATTEMPTS"] = "10000 per minute"
        self.url = f"http://127.0.0.1:{self.settings.port}"
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def stop(self) -> None:
        """End the loop, the sockets and the threads."""
        self.stopping.set()
        self.thread.join()
        self.server.task_dispatcher.shutdown()
        _wasyncore.close_all(self.sockets)
        database.close_database()

    def _call(self, environ: Any, start_response: Any) -> Any:
        return self.app.wsgi_app(environ, start_response)

    def _run(self) -> None:
        while not self.stopping.is_set():
            _wasyncore.loop(timeout=0.02, map=self.sockets, count=1)


@contextmanager
def serving_site(folder: Path, password_hash: str, **settings: Any) -> Iterator[Site]:
    """An instance with an organisation and a site admin."""
    served = Served(folder, **settings)
    first = setting_up.FirstRun(org_name="ACME", email="admin@acme.test", wants_key=True)
    founded = setting_up.set_up(first)
    assert founded.authkey
    yield Site(served.url, served.app, founded.organisation.id, password_hash, first.email, founded.authkey)
    served.stop()


@pytest.fixture(scope="session")
def password_hash() -> str:
    """A hash of PASSWORD."""
    return hash_password(PASSWORD)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[Site]:
    """An instance with an organisation and a site admin, limits small enough to meet."""
    limits = {"max_body_bytes": 200_000, "max_inflated_bytes": 400_000}
    with serving_site(tmp_path_factory.mktemp("site"), password_hash, **limits) as site:
        site.app.register_blueprint(specimens())
        yield site


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Served]:
    """An instance without an account."""
    served = Served(tmp_path)
    yield served
    served.stop()
