"""One of the demo's two instances: set up by the command line, spoken to over REST, as a stranger would."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from mispmini import program
from mispmini.domain.distribution import Distribution
from mispmini.domain.errors import MispminiError
from mispmini.domain.ids import new_authkey, new_uuid

_ATTRIBUTES = (
    {"type": "domain", "category": "Network activity", "value": "login.demo-bank.example", "to_ids": True},
    {"type": "ip-dst", "category": "Network activity", "value": "192.0.2.17", "to_ids": True},
)


class DemoFailed(MispminiError):
    """A step of the demo did not work; the sentence names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """An instance with its folder, its port on the loopback, and the login of its admin."""

    org_name: str
    email: str
    data: Path
    port: int
    org_uuid: str = field(default_factory=new_uuid)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(15))
    key: str = field(default_factory=new_authkey)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def set_up(self) -> None:
        """Make the data folder. Raises DemoFailed."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = f'port = {self.port}\nallow_internal = ["127.0.0.0/8"]\nlog_level = "WARNING"\n'
        (self.data / "config.toml").write_text(settings, encoding="utf-8")
        names = ("--org-name", self.org_name, "--org-uuid", self.org_uuid, "--admin-email", self.email)
        secrets_in = ("--password-stdin", "--authkey-stdin")
        self.verb("init", *names, *secrets_in, stdin=f"{self.password}\n{self.key}\n")

    def lets_in(self, partner: "Half") -> str:
        """Add a partner's organisation with a sync user; the key for the partner. Raises DemoFailed."""
        self.verb("org", "add", "--name", partner.org_name, "--uuid", partner.org_uuid)
        email = f"sync@{partner.email.partition('@')[2]}"
        self.verb("user", "add", "--email", email, "--org", partner.org_uuid, "--role", "Sync user")
        key: str = self.verb("key", "add", "--user", email, "--comment", f"{partner.org_name} syncs")["authkey"]
        return key

    def connects_to(self, partner: "Half", key: str, *rules: str) -> None:
        """Add the partner's server with the key it gave; `rules` are flags of `server add`. Raises DemoFailed."""
        names = ("--name", partner.org_name, "--url", partner.url, "--org", partner.org_uuid)
        self.verb("server", "add", *names, *rules, stdin=f"{key}\n")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Its serving process, until the block ends. Raises DemoFailed."""
        command = (*program.command(), "serve", "--data", str(self.data), "--json")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own words)
            try:
                assert process.stdout is not None
                if "url" not in json.loads(process.stdout.readline() or "{}"):
                    raise DemoFailed(f"{self.org_name} did not start on port {self.port}.")
                yield
            finally:
                process.terminate()

    def adds_published_event(self, info: str) -> str:
        """Write an event that may travel to connected communities and publish it; its uuid. Raises DemoFailed."""
        event = {"info": info, "distribution": int(Distribution.CONNECTED), "Attribute": _ATTRIBUTES}
        uuid: str = self.call("/events/add", {"Event": event})["Event"]["uuid"]
        self.call(f"/events/publish/{uuid}", {})
        return uuid

    def has(self, uuid: str) -> bool:
        """Whether an event is here with all its attributes. Raises DemoFailed."""
        found = self.call(f"/events/view/{uuid}")
        return found is not None and len(found["Event"]["Attribute"]) == len(_ATTRIBUTES)

    def verb(self, *words: str, stdin: str = "") -> dict[str, Any]:
        """What a verb of the command line answers on this instance. Raises DemoFailed."""
        command = (*program.command(), *words, "--data", str(self.data), "--json")
        done = subprocess.run(command, input=stdin, capture_output=True, text=True)  # noqa: S603 (our own words)
        if done.returncode:
            raise DemoFailed(f"`{' '.join(words[:2])}` failed: {done.stdout.strip()} {done.stderr.strip()[-500:]}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def call(self, path: str, body: object = None) -> Any:
        """The JSON answer to a GET, or to a POST when there is a body; None for 404. Raises DemoFailed."""
        headers = {"Authorization": self.key, "Accept": "application/json", "Content-Type": "application/json"}
        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body))
        try:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
                connection.request(method, path, sent, headers)
                answer = connection.getresponse()
                text = answer.read().decode()
        except (OSError, HTTPException) as error:
            raise DemoFailed(f"{self.url}{path} did not answer: {error}.") from None
        if answer.status not in (200, 404):
            raise DemoFailed(f"{self.url}{path} answered {answer.status}: {text[:500]}")
        return json.loads(text) if answer.status == 200 else None
