"""TRUST S13, G16: secrets that everything has passed through stand in no answer, log or database (CVE-2017-16946)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from mispmini.domain.ids import new_authkey, new_uuid
from tests.calling import call
from tests.cast import PUBLISHER, Actor, add_actor, admin_of
from tests.contract.test_nobody_sees_what_is_not_his import OPEN_PAGES
from tests.live import PASSWORD, live_server

PARTNERS_KEY, PASTED_KEY = new_authkey(), new_authkey()
SECRETS = {
    "partner's key": PARTNERS_KEY,
    "pasted key": PASTED_KEY,
    "proxy's password": f"proxy-{new_authkey()}",
    "mail's password": f"mail-{new_authkey()}",
    "new password": f"Correct-horse-{new_authkey()}",
    "password": PASSWORD,
}
KEY_FILES = {"secrets.json", "secret.key", "web.key"}  # for their owner alone: services/diagnostics.py looks at that


@pytest.fixture(scope="module")
def dora() -> Iterator[Actor]:
    """The admin of a server of its own."""
    with live_server() as server:
        yield admin_of(server)


@pytest.fixture(scope="module")
def told(dora: Actor) -> list[str]:
    """What the server answered to those who hand it secrets, and on every page that needs no reference."""
    alice = add_actor(dora, "Alice", org_name=dora.org_name, org_uuid=dora.org_uuid, role_id=PUBLISHER, signs_in=True)
    link = {
        "name": "Partner", "url": "http://127.0.0.1:9", "authkey": PARTNERS_KEY, "pull": True, "push": True,
        "proxy": f"http://me:{SECRETS[PROXY]}@127.0.0.1:9", "remote_org_name": "P", "remote_org_uuid": new_uuid(),
    }  # fmt: skip
    answers = [dora.post("/servers/add", link), _pasted(dora)]
    number = answers[0].json()["Server"]["id"]
    answers += [dora.post(f"/servers/{verb}/{number}") for verb in ("pull", "push", "testConnection", "edit", "cache")]
    answers += [
        dora.post("/servers/serverSettingsEdit/mail_password", {"value": SECRETS["mail's password"]}),
        alice.post("/users/change_pw", {"password": SECRETS["new password"]}),
        dora.post(f"/admin/users/edit/{alice.user_id}", {"password": SECRETS["new password"]}),
        requests.post(f"{dora.server.url}/users/login", json={"email": alice.email, "password": PASSWORD}, timeout=10),
        alice.post("/events/add", {"info": {"deep": dora.key}}),
        alice.get(f"/events/index/authkey:{new_authkey()}"),
    ]
    for key in (dora.key, alice.key):
        for path in OPEN_PAGES:
            for accept in ("application/json", "text/html"):
                headers = {"Authorization": key, "Accept": accept}
                answers.append(call("GET", dora.server.url + path, headers=headers, allow_redirects=False, timeout=20))
    return [f"{answer.url} {answer.headers} {answer.text}" for answer in answers]


def _pasted(dora: Actor) -> requests.Response:
    """A partner's configuration is taken while the bodies of requests are logged."""
    organisation = {"uuid": new_uuid(), "name": "Q"}
    link = {"url": "http://127.0.0.1:8", "authkey": PASTED_KEY, "Organisation": organisation}
    _log_bodies(dora, on=True)
    answer = dora.post("/servers/import", {"json": json.dumps({"Server": link})})
    _log_bodies(dora, on=False)
    return answer


def _log_bodies(dora: Actor, *, on: bool) -> None:
    for name in ("MISP.log_paranoid", "MISP.log_paranoid_include_post_body"):
        assert dora.post(f"/servers/serverSettingsEdit/{name}", {"value": on}).status_code == 200


PROXY = "proxy's password"


@pytest.mark.parametrize("name", SECRETS)
def test_no_answer_tells_a_secret(told: list[str], name: str) -> None:
    assert [text[:80] for text in told if SECRETS[name] in text] == []
    assert len(told) > 100


@pytest.mark.parametrize("name", [*SECRETS, "admin's key"])
def test_no_file_holds_a_secret_but_the_key_files(dora: Actor, told: list[str], tmp_path: Path, name: str) -> None:
    secret = {**SECRETS, "admin's key": dora.key}[name].encode()
    files = [path for path in dora.server.data.rglob("*") if path.is_file() and path.name not in KEY_FILES]
    assert {"mispmini.db"} <= {path.name for path in files}
    holding = [path.name for path in (*files, dora.server.log) if secret in path.read_bytes()]
    assert holding == []
