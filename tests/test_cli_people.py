"""The command line's verbs about people: shut out, let in, replaced, made one."""

from pathlib import Path
from typing import Any

import pytest

from tests.live import Birth, LiveServer, run_verb


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> LiveServer:
    """An instance that nobody serves."""
    server = LiveServer(tmp_path_factory.mktemp("cli") / "instance", Birth())
    server.set_up()
    return server


def test_an_account_is_disabled_enabled_unlocked_and_deleted(folder: LiveServer) -> None:
    email = "eve@alfa.example"
    folder.verb("user", "add", "--email", email, "--org", folder.birth.org_name)
    assert folder.verb("user", "disable", email)["disabled"] is True
    assert folder.verb("user", "enable", email)["disabled"] is False
    assert folder.verb("user", "unlock", email)["email"] == email
    folder.verb("user", "delete", email)
    assert email not in {account["email"] for account in folder.verb("user", "list")}


def test_a_lost_telephone_is_forgotten(folder: LiveServer) -> None:
    email = folder.birth.email
    assert folder.verb("user", "second-factor-off", email)["email"] == email


def test_a_key_is_rotated_and_revoked(folder: LiveServer) -> None:
    email = folder.birth.email
    made: dict[str, Any] = folder.verb("key", "add", "--user", email, "--comment", "feed", "--read-only")
    fresh: dict[str, Any] = folder.verb("key", "rotate", str(made["id"]), "--hours", "0")
    assert (fresh["comment"], fresh["read_only"], len(fresh["authkey"])) == ("feed", True, 40)
    folder.verb("key", "revoke", str(made["id"]))
    ids = {key["id"] for key in folder.verb("key", "list", "--user", email)}
    assert (made["id"] in ids, fresh["id"] in ids) == (False, True)


def test_two_organisations_become_one(folder: LiveServer) -> None:
    folder.verb("org", "add", "--name", "Twice", "--local")
    folder.verb("user", "add", "--email", "m@twice.example", "--org", "Twice")
    shown = folder.verb("org", "merge", "Twice", folder.birth.org_name, "--dry-run")
    assert shown["moved"]["users"] == 1
    assert folder.verb("org", "merge", "Twice", folder.birth.org_name)["moved"] == shown["moved"]
    assert "Twice" not in {org["name"] for org in folder.verb("org", "list")}
    run_verb("org", "merge", folder.birth.org_name, "Nobody", "--data", str(Path(folder.data)), expect=1)
