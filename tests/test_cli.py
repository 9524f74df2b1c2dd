"""The command line: its verbs, their exit codes, and how they live beside a serving process."""

import json
import logging
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from mispmini.cli import commands
from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import is_authkey, new_uuid
from mispmini.serving import MaskingFormatter
from tests.cast import Actor, link
from tests.conftest import FreshServer
from tests.live import PASSWORD, ROOT, Birth, LiveServer, clean_environment, eventually, run_verb

JSON = {"Accept": "application/json", "Content-Type": "application/json"}
VERBS_OF_A_FOLDER = ["org list", "user list", "key list", "server list", "pull 1", "push 1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that `init` made; nobody serves it."""
    server = LiveServer(tmp_path_factory.mktemp("cli") / "instance", Birth())
    server.set_up()
    return server.data


def answer(folder: Path, *words: str, stdin: str = "", expect: int = 0) -> Any:
    """The JSON answer of a verb on a folder."""
    return json.loads(run_verb(*words, "--data", str(folder), "--json", stdin=stdin, expect=expect).stdout)


def init(folder: Path, *more: str, stdin: str = "", expect: int = 0) -> Any:
    """The JSON answer of `init` with the least it needs."""
    return answer(
        folder, "init", "--org-name", "Alfa", "--admin-email", "a@b.example", *more, stdin=stdin, expect=expect
    )


def test_init_tells_the_admins_key_and_only_then(tmp_path: Path) -> None:
    made = init(tmp_path / "new")
    assert is_authkey(made["authkey"])
    listed = run_verb("key", "list", "--data", str(tmp_path / "new")).stdout
    assert "a@b.example" in listed
    assert made["authkey"] not in listed


def test_init_keeps_the_uuid_it_is_given(tmp_path: Path) -> None:
    uuid = new_uuid()
    init(tmp_path, "--org-uuid", uuid.upper())
    assert [org["uuid"] for org in answer(tmp_path, "org", "list")] == [uuid]


def test_a_second_init_changes_nothing(folder: Path) -> None:
    before = answer(folder, "user", "list")
    refusal = init(folder, expect=1)
    assert refusal["error"] == "This server is set up already."
    assert answer(folder, "user", "list") == before


def test_a_weak_password_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    refusal = init(tmp_path, "--password-stdin", stdin="password1234\n", expect=1)
    assert "password" in refusal
    assert answer(tmp_path, "user", "list") == []


def test_everything_in_the_data_folder_is_its_owners_alone(folder: Path) -> None:
    answer(folder, "server", "add", "--name", "X", "--url", "http://127.0.0.1:9", "--org", "1", stdin="k" * 40)
    made = [folder, *(path for path in folder.rglob("*") if path.name != "config.toml")]
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in made if path.stat().st_mode & 0o077} == {}
    assert (folder / "secrets.json").exists()


def test_a_server_is_changed_and_its_certificates_are_trusted_and_forgotten(folder: Path, tmp_path: Path) -> None:
    pin = "AB:" * 31 + "AB"
    words = ("--name", "Pinned", "--url", "https://pinned.example", "--org", "1", "--pin", pin)
    added = answer(folder, "server", "add", *words, stdin="k" * 40)
    assert added["pin"] == "ab" * 32
    changed = answer(folder, "server", "edit", "Pinned", "--forget", "pin", "--pull", "--every", "600", "--name", "Q")
    assert (changed["pin"], changed["pull"], changed["every"], changed["name"]) == (None, True, 600, "Q")
    no_pem = tmp_path / "no.pem"
    no_pem.write_text("nothing", encoding="ascii")
    for option, field in (("--ca-file", "submitted_cert"), ("--client-cert", "submitted_client_cert")):
        assert field in answer(folder, "server", "edit", "Q", option, str(no_pem), expect=1)
    assert answer(folder, "server", "edit", "Q", "--pin", "short", expect=1)["error"]
    answer(folder, "server", "edit", "Q", "--pause", "--new-key", stdin="n" * 40)


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["org"],
        ["org", "add"],
        ["serve", "--port", "99999"],
        ["serve", "--base-url", "ftp://x"],
        ["demo", "--port", "65535"],
        ["pull"],
        ["key", "add", "--user", "1", "--expires", "soon"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    done = CliRunner().invoke(commands, words)
    assert (done.exit_code, done.stderr.startswith("Usage:")) == (2, True)


def test_an_unknown_setting_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("colour = 1\n", encoding="utf-8")
    done = CliRunner().invoke(commands, ["config", "--data", str(tmp_path)])
    assert (done.exit_code, "colour" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("correlation_limit = 0", "correlation_limit in {place}: Please give a whole number from 1 to 10000."),
        ("port = 0.5", "port in {place} must be a whole number from 0 to 65535, not 0.5."),
    ],
    ids=["of-the-instance", "of-the-process"],
)
def test_a_wrong_value_is_told_with_its_name_and_place(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "config.toml").write_text(f"{line}\n", encoding="utf-8")
    done = CliRunner().invoke(commands, ["config", "--data", str(tmp_path)])
    assert told.format(place=tmp_path / "config.toml") in done.stderr
    assert done.exit_code == 2


def test_a_damaged_database_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "mispmini.db").write_bytes(b"no database" * 1000)
    for words in ("doctor", "serve --port 0"):
        told = answer(tmp_path, *words.split(), expect=1)["error"]
        assert told.startswith(f"{tmp_path / 'mispmini.db'} is damaged")
        assert "`restore`" in told


def test_what_the_system_refuses_is_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = answer(folder, "backup", "--to", str(tmp_path / "file" / "backups"), expect=1)
    assert told == {"error": f"{tmp_path / 'file' / 'backups'}: Not a directory."}


def test_bytes_that_are_no_text_are_refused_in_a_sentence(folder: Path) -> None:
    told = answer(folder, "org", "add", "--name", "S\udce3o", expect=1)["error"]
    assert told.startswith("What was given is no text")


@pytest.mark.parametrize("words", VERBS_OF_A_FOLDER)
def test_a_verb_needs_an_instance_and_makes_none(tmp_path: Path, words: str) -> None:
    done = CliRunner().invoke(commands, [*words.split(), "--data", str(tmp_path / "none"), "--json"])
    assert done.exit_code == 1
    assert "There is no mispmini in" in json.loads(done.stdout)["error"]
    assert not (tmp_path / "none").exists()


def test_config_tells_where_a_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('port = 9000\nhost = "127.0.0.2"\naudit_days = 30\n', encoding="utf-8")
    done = CliRunner().invoke(
        commands, ["config", "--data", str(tmp_path), "--json"], env={"MISPMINI_HOST": "127.0.0.3"}
    )
    told = {item["setting"]: (item["value"], item["source"]) for item in json.loads(done.stdout)}
    assert told["data"] == (str(tmp_path), "flag")
    assert told["host"] == ("127.0.0.3", "environment")
    assert told["port"] == (9000, "file")
    assert told["threads"] == (8, "default")
    assert told["audit_days"] == (30, "file")


def test_organisations_users_and_keys_are_added_and_listed(folder: Path) -> None:
    uuid, email = new_uuid(), f"{new_uuid()}@beta.example"
    org = answer(folder, "org", "add", "--name", f"Org {uuid}", "--uuid", uuid)
    assert org in answer(folder, "org", "list")
    user = answer(folder, "user", "add", "--email", email, "--org", uuid, "--role", "sync user")
    assert (user["org"], user["role"]) == (org["name"], "Sync user")
    limits = ("--read-only", "--expires", "2099-12-31", "--allowed-ip", "192.0.2.0/24")
    key = answer(folder, "key", "add", "--user", email, "--comment", "for tests", *limits)
    raw = key.pop("authkey")
    assert is_authkey(raw)
    assert key in answer(folder, "key", "list", "--user", email)
    assert (key["read_only"], key["expires"]) == (True, "2099-12-31 23:59:59")
    assert key["allowed_ips"] == ["192.0.2.0/24"]


@pytest.mark.parametrize(
    "words",
    [
        ["org", "add", "--name", "CSIRT Alfa"],
        ["org", "add", "--name", "Y", "--uuid", "not-a-uuid"],
        ["user", "add", "--email", "x@y.example", "--org", "nobody"],
        ["user", "add", "--email", "x@y.example", "--org", "1", "--role", "king"],
        ["user", "add", "--email", "dora@alfa.example", "--org", "1"],
        ["key", "add", "--user", "nobody@alfa.example"],
        ["key", "add", "--user", "1", "--allowed-ip", "everywhere"],
        ["server", "add", "--name", "Z", "--url", "gopher://x", "--org", "1"],
        ["pull", "no such server"],
        ["push", "99"],
    ],
    ids=" ".join,
)
def test_a_refusal_is_told_and_ends_with_1(folder: Path, words: list[str]) -> None:
    assert answer(folder, *words, stdin="k" * 40, expect=1)["error"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [("key revoke 999", "key"), ("key rotate 999", "key"), ("pull nobody", "server"), ("push 99", "server")],
)
def test_what_is_not_there_is_told_with_the_way_to_see_what_is(folder: Path, words: str, kind: str) -> None:
    ref = words.split()[-1]
    told = answer(folder, *words.split(), expect=1)
    assert told == {"error": f"There is no {kind} {ref}. `{kind} list` shows what there is."}


def test_people_get_lines_instead_of_json(folder: Path) -> None:
    shown = run_verb("org", "list", "--data", str(folder)).stdout.splitlines()
    assert shown[0].split() == ["id", "uuid", "name", "local", "users"]
    refused = run_verb("org", "add", "--name", "CSIRT Alfa", "--data", str(folder), expect=1)
    assert refused.stderr.startswith("Error: Could not add Organisation\n")
    assert refused.stdout == ""


def test_a_verb_does_not_wait_for_the_web_to_load(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mispmini", "org", "list", "--data", str(folder)],
        env=clean_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "peewee" in loaded
    assert loaded.isdisjoint({"flask", "requests", "apscheduler", "waitress"})


def test_verbs_run_beside_a_serving_process(server: LiveServer, dora: Actor) -> None:
    added = server.verb("org", "add", "--name", f"Org {new_uuid()}")
    assert dora.get(f"/organisations/view/{added['uuid']}").json()["Organisation"]["name"] == added["name"]


def test_a_second_serve_on_one_folder_refuses(server: LiveServer) -> None:
    refusal = answer(server.data, "serve", "--port", "0", expect=1)
    assert refusal == {"error": f"Another mispmini serves {server.data} already."}


def test_a_taken_port_is_named_and_ends_with_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in answer(tmp_path, "serve", "--port", port, expect=3)["error"]


def test_a_fresh_folder_leads_to_the_one_time_link_and_nowhere_else(tmp_path: Path) -> None:
    with serving(tmp_path / "fresh") as told:
        for path in ("/", "/events/index", "/users/login", "/servers"):
            elsewhere = requests.get(told["url"] + path, allow_redirects=False, timeout=10)
            assert (elsewhere.status_code, elsewhere.headers["Location"]) == (302, "/setup")
        assert requests.get(f"{told['url']}/setup", timeout=10).status_code == 403
        assert 'name="org_name"' in requests.get(told["setup_url"], timeout=10).text


def test_sigterm_lets_a_running_request_finish(fresh_server: FreshServer) -> None:
    server = fresh_server()
    uuid = new_uuid()
    body = json.dumps({"Event": {"uuid": uuid, "info": "cut in two"}}).encode()
    host, port = server.url.removeprefix("http://").split(":")
    with closing(HTTPConnection(host, int(port), timeout=20)) as connection:
        connection.putrequest("POST", "/events/add")
        for name, value in {"Authorization": server.birth.key, "Content-Length": str(len(body)), **JSON}.items():
            connection.putheader(name, value)
        connection.endheaders(body[:10])
        assert server.process is not None
        server.process.terminate()
        eventually(lambda: is_closed(host, int(port)))
        connection.send(body[10:])
        assert connection.getresponse().status == 200
    assert server.wait() == 0
    assert not (server.data / "mispmini.db-wal").exists()
    server.start()
    assert server.request("HEAD", f"/events/view/{uuid}").status_code == 200


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("key aB3dEfGhIjKlMnOpQrStUvWxYz0123456789wXyZ refused", "key aB3d…wXyZ refused"),
        ("GET /setup/NXTz3jV0NP08oaLevCdN8Hj-ZwI8sz34KZGH2cObJPA", "GET /setup/NXTz…bJPA"),
        ("/events/view/45e0f6be-b71d-4d58-8bcb-c45a6dea03d0", "/events/view/45e0f6be-b71d-4d58-8bcb-c45a6dea03d0"),
    ],
    ids=["an authkey", "a one-time link", "a uuid stays"],
)
def test_a_log_line_shows_no_secret(line: str, shown: str) -> None:
    record = logging.LogRecord("any", logging.INFO, __file__, 1, "%s", (line,), None)
    assert MaskingFormatter("%(message)s").format(record) == shown


def test_an_idle_connection_does_not_hold_up_the_end(fresh_server: FreshServer) -> None:
    server = fresh_server()
    with requests.Session() as session:
        session.get(f"{server.url}/users/login", timeout=10)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 3


def test_a_pull_and_a_push_by_hand(dora: Actor, partner_dora: Actor) -> None:
    server_id = str(link(dora, partner_dora, push=True, pull=True))
    theirs = partner_dora.adds_event(
        distribution=Distribution.CONNECTED, attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}]
    )
    partner_dora.publishes(theirs)
    pulled = dora.server.verb("pull", server_id, theirs["uuid"])
    assert pulled["message"].startswith("Pull completed. 1 events pulled")
    assert dora.sees(theirs)
    assert dora.server.verb("push", server_id)["message"].startswith("Push complete.")


def test_another_password_is_set_from_the_command_line(folder: Path) -> None:
    answer(folder, "user", "password", "dora@alfa.example", stdin=f"{PASSWORD}-2\n")
    assert "error" in answer(folder, "user", "password", "dora@alfa.example", stdin="short\n", expect=1)


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, Any]]:
    """What `serve` tells once it is ready; it is stopped when the block ends."""
    command = [sys.executable, "-m", "mispmini", "serve", "--data", str(folder), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=clean_environment()) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def is_closed(host: str, port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as caller:
        return caller.connect_ex((host, port)) != 0


def test_the_command_line_speaks_the_terminals_language() -> None:
    environment = {**clean_environment(), "LANG": "pt_BR.UTF-8"}
    command = (sys.executable, "-m", "mispmini", "key", "add", "--help")
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    assert "Cria uma chave e a mostra" in told
    assert "Opções:" in told
    assert "[obrigatório]" in told
