"""Writes a database of the program that runs this, as SQL text, and what it answers to each of a list of questions.

Run with the Python of an installed release, before it is let go: `python -m tests.upgrade.record NAME PYTHON`.
"""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

HERE = Path(__file__).parent
KEY = "recorded0key0of0the0site0admin0000000000"
ORG = "5d6a3a2e-0000-4000-8000-000000000001"
PARTNER = "5d6a3a2e-0000-4000-8000-000000000002"
GROUP = "5d6a3a2e-0000-4000-8000-000000000003"
EVENTS = tuple(str(UUID(int=0x5D6A3A2E00004000800000000000_1000 + number)) for number in range(4))
QUESTIONS = (
    *(f"/events/view/{uuid}" for uuid in EVENTS),
    "/events/index", "/attributes/index", "/organisations/index/scope:all", "/admin/users/index", "/roles/index",
    "/tags/view/1", "/tags/view/6", "/servers/index", "/sharing_groups/index",
    f"/sharing_groups/view/{GROUP}", "/users/view/me",
    *(f"/eventReports/index/event_id:{number}" for number in (1, 2)), "/auth_keys/index", "/sightings/index/1",
)  # fmt: skip
SEARCHES = (
    ("/events/restSearch", {"returnFormat": "json", "published": 1}),
    ("/attributes/restSearch", {"returnFormat": "json", "deleted": [0, 1]}),
    ("/attributes/restSearch", {"returnFormat": "json", "value": "%.example"}),
)
Json = dict[str, Any]


class Instance:
    """A folder, served by one version of the program."""

    def __init__(self, data: Path, program: tuple[str, ...], environment: Mapping[str, str] = os.environ) -> None:
        self.data, self.program, self.environment, self.port = data, program, environment, 0

    def verb(self, *words: str, stdin: str = "", folder: Path | None = None) -> None:
        """Run a verb of the command line, on this folder unless another one is named."""
        command = (*self.program, *words, "--data", str(folder or self.data), "--json")
        subprocess.run(command, input=stdin, text=True, check=True, stdout=subprocess.DEVNULL, **self._place())

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = (*self.program, "serve", "--data", str(self.data), "--port", str(self.port), "--json")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **self._place()) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline().startswith("{")
                yield
            finally:
                process.terminate()

    def _place(self) -> Json:
        """Not in a checkout, where another version would be found first."""
        return {"cwd": self.data.parent, "env": self.environment}

    def ask(self, path: str, body: object = None) -> Any:
        """The JSON answer to a GET, or to a POST when there is a body."""
        headers = {"Authorization": KEY, "Accept": "application/json", "Content-Type": "application/json"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            sent = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, sent, headers)
            answer = connection.getresponse()
            return {"status": answer.status, "body": json.loads(answer.read())}

    def must(self, path: str, body: object) -> Any:
        """A POST that has to work."""
        answer = self.ask(path, body)
        assert answer["status"] == 200, (path, answer)
        return answer["body"]


def fill(instance: Instance) -> None:
    """Something of each kind that the first landing knew."""
    for name in ("CIRCL", "Partner"):
        instance.ask("/admin/organisations/add", {"name": name, **({"uuid": PARTNER} if name == "Partner" else {})})
    place = ("--name", "Partner", "--url", "https://misp.partner.example", "--org", PARTNER)
    instance.verb("server", "add", *place, "--push", "--pull", stdin=f"{'p' * 40}\n")
    instance.verb("user", "add", "--email", "sync@partner.example", "--org", PARTNER, "--role", "Sync user")
    group = {"name": "Banks", "uuid": GROUP, "releasability": "Banks", "roaming": True, "active": True}
    instance.must("/sharing_groups/add", group)
    instance.must(f"/sharing_groups/addOrg/{GROUP}/{PARTNER}", {})
    for number, uuid in enumerate(EVENTS):
        instance.must("/events/add", event_of(number, uuid))
    instance.must(f"/events/publish/{EVENTS[0]}", {})
    instance.must(f"/events/publish/{EVENTS[1]}", {})
    first = instance.ask(f"/events/view/{EVENTS[0]}")["body"]["Event"]["Attribute"]
    instance.must(f"/attributes/delete/{first[1]['id']}", {})
    instance.ask("/sightings/add", {"id": first[0]["id"]})  # not in the first landing
    instance.must("/attributes/edit/" + first[0]["id"], {"comment": "changed once: ção 𝔘"})


def event_of(number: int, uuid: str) -> Json:
    """An event with attributes, an object, tags and a report; the last one lies in the group."""
    values = {
        "domain": f"n{number}.example",
        "ip-dst": f"192.0.2.{number}",
        "comment": "linha\nção 𝔘",
        "filename|md5": f"a{number}.exe|{number:032x}",
        "link": f"https://n{number}.example/?a=b&c",
    }
    attributes = [
        {
            "type": kind,
            "value": value,
            "comment": f"<b>{kind}</b>",
            "Tag": [{"name": f"own:{kind}"}],
            "uuid": _uuid(number, place),
        }
        for place, (kind, value) in enumerate(values.items())
    ]
    held = {"type": "domain", "object_relation": "domain", "value": f"o{number}.example", "uuid": _uuid(number, 50)}
    found = {
        "name": "domain-ip",
        "meta-category": "network",
        "description": "d",
        "template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734",
        "template_version": "11",
        "uuid": _uuid(number, 60),
        "Attribute": [held],
    }
    report = {"name": "Report", "content": "# Title\n", "uuid": _uuid(number, 70), "distribution": 5}
    event = {
        "uuid": uuid,
        "info": f"Event {number}: phishing ção",
        "date": "2026-11-01",
        "distribution": (2, 3, 0, 4)[number],
        "threat_level_id": 2,
        "analysis": 1,
        "Tag": [{"name": "tlp:green"}, {"name": "phishing"}],
        "Attribute": attributes,
        "Object": [found],
        "EventReport": [report],
    }
    return {"Event": event | ({"sharing_group_id": 1} if number == 3 else {})}


def answers_of(instance: Instance) -> Json:
    """What each question is answered, by question."""
    asked = {path: instance.ask(path) for path in QUESTIONS}
    return asked | {f"{path} {json.dumps(body)}": instance.ask(path, body) for path, body in SEARCHES}


def _uuid(number: int, place: int) -> str:
    return str(UUID(int=0x5D6A3A2E00004000900000000000_0000 + number * 100 + place))


def main() -> None:
    """Record."""
    name, python = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        instance = Instance(Path(folder) / "data", (python, "-m", "mispmini"))
        names = ("--org-name", "CSIRT Alfa", "--org-uuid", ORG, "--admin-email", "dora@alfa.example")
        instance.verb("init", *names, "--password-stdin", "--authkey-stdin", stdin=f"correct-Horse-battery-7\n{KEY}\n")
        with instance.serving():
            fill(instance)
            answers = answers_of(instance)
        with closing(sqlite3.connect(instance.data / "mispmini.db")) as database:
            text = "\n".join(database.iterdump()) + "\n"
        kept = sorted(path.name for path in instance.data.iterdir())
    (HERE / f"{name}.sql").write_text(text, encoding="utf-8")
    lines = ",\n".join(f"{json.dumps(asked)}: {json.dumps(answer)}" for asked, answer in answers.items())
    (HERE / f"{name}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    print(f"{name}: {len(text)} characters of SQL, {len(answers)} answers; {kept}")


if __name__ == "__main__":
    main()
