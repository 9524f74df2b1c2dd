"""Whose certificate a link takes: a private authority's, one that was pinned by hand, and ours shown to the partner."""

import base64
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme

from mispmini.domain.ids import new_uuid
from tests.cast import Actor, organisation_id
from tests.contract.secured import SYNC_KEY, pem_of, secured_partner, tls_of
from tests.sync.hostile import HostileServer

SIGMA = new_uuid()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The partner's own authority."""
    return trustme.CA()


@pytest.fixture(scope="module")
def clients() -> trustme.CA:
    """The authority that the partner takes clients' certificates from."""
    return trustme.CA()


@pytest.fixture
def partner(authority: trustme.CA) -> Iterator[HostileServer]:
    """A partner with a certificate of its own authority."""
    with secured_partner(tls_of(authority.issue_cert("127.0.0.1"))) as listening:
        yield listening


def add_link(dora: Actor, url: str, **more: object) -> str:
    """A link to it; its id."""
    org_id = organisation_id(dora, "CSIRT Sigma", SIGMA)
    wanted = {"name": "Sigma", "url": url, "remote_org_id": org_id, "authkey": SYNC_KEY}
    answer = dora.post("/servers/add", wanted | more)
    assert answer.status_code == 200, answer.text
    link_id: str = answer.json()["Server"]["id"]
    return link_id


def status_of(dora: Actor, link_id: str) -> int:
    """MISP's number of the connection test."""
    status: int = dora.post(f"/servers/testConnection/{link_id}").json()["status"]
    return status


def page(dora: Actor, path: str, method: str = "GET") -> str:
    """A page in English."""
    headers = {"Authorization": dora.key, "Accept": "text/html", "Accept-Language": "en"}
    return requests.request(method, f"{dora.server.url}{path}", headers=headers, timeout=30).text


def edits(dora: Actor, link_id: str, **change: object) -> dict[str, object]:
    """Change the link; its columns."""
    answer = dora.post(f"/servers/edit/{link_id}", change)
    assert answer.status_code == 200, answer.text
    columns: dict[str, object] = answer.json()["Server"]
    return columns


def files_of(dora: Actor) -> dict[str, Path]:
    """The certificate files of the instance by name."""
    return {path.name: path for path in (dora.server.data / "certificates").glob("*")}


@pytest.mark.parametrize("as_base64", [True, False], ids=["base64", "PEM"])
def test_a_private_authority_is_trusted_once_its_certificate_is_uploaded(
    dora: Actor, authority: trustme.CA, partner: HostileServer, as_base64: bool
) -> None:
    link_id = add_link(dora, partner.url)
    assert status_of(dora, link_id) == 2
    assert "not from an authority that is trusted here" in page(dora, f"/servers/testConnection/{link_id}", "POST")
    assert partner.requests == []
    pem = pem_of(authority.cert_pem)
    name = edits(dora, link_id, submitted_cert=base64.b64encode(pem.encode()).decode() if as_base64 else pem)[
        "cert_file"
    ]
    assert status_of(dora, link_id) == 1
    assert oct(files_of(dora)[str(name)].stat().st_mode & 0o777) == "0o600"
    assert edits(dora, link_id, delete_cert=True)["cert_file"] is None
    assert str(name) not in files_of(dora)
    assert status_of(dora, link_id) == 2


def test_a_self_signed_certificate_is_taken_once_somebody_trusts_it_and_every_other_is_refused(dora: Actor) -> None:
    first, second = (trustme.CA().issue_cert("other.example") for _ in range(2))
    with secured_partner(tls_of(first)) as partner:
        link_id = add_link(dora, partner.url, pull=True)
        shown = page(dora, f"/servers/testConnection/{link_id}", "POST")
        found = re.search(r'name="pinned_sha256" value="([0-9A-F:]{95})"', shown)
        assert found, shown
        assert dora.post(f"/servers/pinCertificate/{link_id}", {"pinned_sha256": found[1]}).status_code == 200
        assert status_of(dora, link_id) == 1
        assert found[1] in page(dora, f"/servers/view/{link_id}")
        asked = len(partner.requests)
        context = partner.tls = tls_of(second)
        assert isinstance(context, ssl.SSLContext)
        assert status_of(dora, link_id) == 2
        refused = dora.post(f"/servers/pull/{link_id}/full")
        assert (refused.status_code, refused.json()["errors"].partition(":")[0]) == (403, "tls_pin")
        assert len(partner.requests) == asked
        warned = page(dora, f"/servers/testConnection/{link_id}", "POST")
        assert "Somebody may stand between the two servers." in warned
        assert found[1] not in warned
        assert dora.post(f"/servers/unpinCertificate/{link_id}").status_code == 200
        assert found[1] not in page(dora, f"/servers/view/{link_id}")


def test_a_link_that_allows_self_signed_ones_pins_the_first_that_its_test_meets(dora: Actor) -> None:
    first, second = (trustme.CA().issue_cert("other.example") for _ in range(2))
    with secured_partner(tls_of(first)) as partner:
        link_id = add_link(dora, partner.url, pull=True, self_signed=True)
        refused = dora.post(f"/servers/pull/{link_id}/full")
        assert refused.json()["errors"].partition(":")[0] == "tls_chain"
        assert dora.get(f"/servers/testConnection/{link_id}").json()["status"] == 2
        told = page(dora, f"/servers/testConnection/{link_id}", "POST")
        found = re.search(r"and no other: SHA-256 ([0-9A-F:]{95})", told)
        assert found, told
        assert found[1] in page(dora, f"/servers/view/{link_id}")
        assert status_of(dora, link_id) == 1
        partner.tls = tls_of(second)
        assert status_of(dora, link_id) == 2
        assert found[1] in page(dora, f"/servers/view/{link_id}")


def test_our_certificate_is_shown_to_a_partner_that_asks_and_to_nobody_else(
    dora: Actor, authority: trustme.CA, clients: trustme.CA
) -> None:
    ours = clients.issue_cert("us@alfa.example")
    pair = pem_of(ours.private_key_and_cert_chain_pem)
    with secured_partner(tls_of(authority.issue_cert("127.0.0.1"), clients=clients)) as partner:
        link_id = add_link(dora, partner.url, submitted_cert=pem_of(authority.cert_pem))
        assert status_of(dora, link_id) == 2
        name = edits(dora, link_id, submitted_client_cert=pair)["client_cert_file"]
        assert status_of(dora, link_id) == 1
        path = files_of(dora)[str(name)]
        assert oct(path.stat().st_mode & 0o777) == "0o600"
        secret = pair.splitlines()[1]
        for told in (
            dora.get("/servers/index").text,
            dora.get(f"/servers/view/{link_id}").text,
            page(dora, f"/servers/view/{link_id}"),
            page(dora, f"/servers/edit/{link_id}"),
            dora.server.log.read_text(encoding="utf-8"),
        ):
            assert secret not in told
        dora.post(f"/servers/delete/{link_id}")
        assert not path.exists()


def test_files_that_cannot_be_used_are_refused_with_the_reason(dora: Actor, authority: trustme.CA) -> None:
    leaf = authority.issue_cert("127.0.0.1")
    before = set(files_of(dora))
    link_id = add_link(dora, "https://sigma.example")
    for name, text in (
        ("submitted_cert", "nothing"),
        ("submitted_cert", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("submitted_cert", pem_of(*leaf.cert_chain_pems[:1])),
        ("submitted_cert", pem_of(leaf.private_key_pem, authority.cert_pem)),
        ("submitted_client_cert", pem_of(authority.cert_pem)),
        ("submitted_client_cert", pem_of(leaf.private_key_pem)),
        ("submitted_client_cert", "é"),
        ("pinned_sha256", "abc"),
        ("proxy", "socks5://127.0.0.1:9"),
    ):
        answer = dora.post(f"/servers/edit/{link_id}", {name: text})
        assert (answer.status_code, list(answer.json()["errors"])) == (403, [name]), f"{name} {text[:40]}"
    assert set(files_of(dora)) == before


def test_a_proxys_password_is_sealed_and_a_form_that_shows_it_masked_keeps_it(dora: Actor) -> None:
    link_id = add_link(dora, "https://sigma.example", proxy="http://me:s3cr3t-proxy@127.0.0.1:3128")
    kept = (dora.server.data / "secrets.json").read_text(encoding="utf-8")
    assert "s3cr3t-proxy" in kept
    assert "s3cr3t-proxy" not in dora.get("/servers/index").text
    form = page(dora, f"/servers/edit/{link_id}")
    assert "http://me:****@127.0.0.1:3128" in form
    assert "s3cr3t-proxy" not in form
    edits(dora, link_id, proxy="http://me:****@127.0.0.1:3128")
    assert (dora.server.data / "secrets.json").read_text(encoding="utf-8") == kept
    assert b"s3cr3t-proxy" not in (dora.server.data / "mispmini.db").read_bytes()
    edits(dora, link_id, proxy="")
    assert "s3cr3t-proxy" not in (dora.server.data / "secrets.json").read_text(encoding="utf-8")
