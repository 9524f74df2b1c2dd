"""Whom somebody tells of a flaw in this server (RFC 9116)."""

import pytest

from tests.web.callers import Caller
from tests.web.conftest import Site

PATH = "/.well-known/security.txt"


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("csirt@alfa.example", "mailto:csirt@alfa.example"),
        ("https://alfa.example/contato", "https://alfa.example/contato"),
        ("", None),
        ("Dora, room 7", None),
        ("http://alfa.example", None),
    ],
)
def test_a_stranger_is_told_the_contact_of_the_settings(site: Site, contact: str, told: str | None) -> None:
    sets = Caller(site, site.admin_key).post("/servers/serverSettingsEdit/MISP.contact", {"value": contact})
    assert sets.status_code == 200, sets.text
    answer = site.get(PATH)
    assert answer.status_code == (404 if told is None else 200)
    if told is not None:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
        assert fields["Contact"] == told
        assert fields["Expires"].endswith("Z")
        assert fields["Canonical"] == f"{site.url}{PATH}"
