"""What partners know us by, our organisation's uuid and our URL, changes only if what that breaks is confirmed."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.domain.receipts import Direction, LedgerState, Receipt
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import servers
from mispmini.store import ledger
from mispmini.store.database import writing
from mispmini.store.known_as import KnownAs, know_as, known_as
from mispmini.store.settings import save_setting
from mispmini.store.sql import execute
from tests.conftest import FreshServer
from tests.live import Birth
from tests.web.callers import Browser, Client
from tests.web.conftest import ADMIN, SYNC_USER, Site, serving_site

OLD, NEW = "https://old.example", "https://new.example"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[Site]:
    """An instance of its own: what partners know of it is changed."""
    with serving_site(tmp_path_factory.mktemp("site"), password_hash) as site:
        yield site


@pytest.fixture
def site(sites: Site) -> Iterator[Site]:
    """As partners do not know it yet, under the old URL; and back to that."""
    uuid = host(sites)["uuid"]
    with writing():
        save_setting("base_url", OLD, user_id=None)
        know_as(KnownAs(OLD, uuid))
    yield sites
    with writing():
        for name, value in {"base_url": OLD, "external_baseurl": "", "url_aliases": []}.items():
            save_setting(name, value, user_id=None)
        save_setting("host_org_id", sites.org_id, user_id=None)


@pytest.fixture
def link(site: Site) -> Iterator[int]:
    """A partner that events are pushed to."""
    viewer = Viewer.everything(org_id=site.org_id)
    org = OrganisationDraft(new_uuid(), f"CERT {new_uuid()}")
    draft = ServerDraft(name="Beta", url="https://beta.example", authkey=new_authkey(), new_org=org, push=True)
    server = servers.add_server(viewer, draft)
    yield server.id
    servers.delete_server(viewer, server.id)


def admin(site: Site) -> Client:
    """The site admin."""
    return Client(site, site.admin_key)


def host(site: Site) -> Json:
    """The organisation that runs the instance."""
    found: Json = admin(site).get(f"/organisations/view/{site.org_id}")["Organisation"]
    return found


def share(site: Site, server_id: int) -> None:
    """An event of ours arrived at the partner."""
    event = admin(site).adds_event()
    uuid = admin(site).get(f"/events/view/{event}")["Event"]["uuid"]
    with writing():
        ledger.write_receipt(server_id, Direction.PUSH, uuid, Receipt(LedgerState.SENT, version=1))


def setting_of(site: Site, name: str) -> object:
    """Its value as clients read it."""
    return admin(site).get(f"/servers/getSetting/{name}")["value"]


def test_a_uuid_that_no_partner_has_seen_is_corrected_at_once(site: Site, link: int) -> None:
    """The commonest mistake of a set-up: a link alone has shared nothing."""
    wish = {"uuid": new_uuid()}
    assert admin(site).post(f"/admin/organisations/edit/{site.org_id}", wish).status_code == 200
    assert host(site)["uuid"] == wish["uuid"]
    assert known_as() == KnownAs(OLD, wish["uuid"])


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "under its model"])
def test_one_that_partners_hold_is_changed_by_force_alone(site: Site, link: int, wrapped: bool) -> None:
    share(site, link)
    path, before = f"/admin/organisations/edit/{site.org_id}", host(site)["uuid"]
    wish: Json = {"uuid": new_uuid()}
    refused = admin(site).post(path, wish)
    assert refused.status_code == 403
    told = refused.json()
    assert (told["saved"], told["name"]) == (False, "Could not edit Organisation")
    assert any("Events in its name at partners" in sentence for sentence in told["errors"]["force"])
    assert any("whose accounts for us have the old UUID: 1." in sentence for sentence in told["errors"]["force"])
    assert host(site)["uuid"] == before
    assert admin(site).post(path, {**wish, "force": 0}).status_code == 403
    assert admin(site).post(path, {"name": "ACME", "uuid": before}).status_code == 200, "the same uuid is no change"
    forced = {**wish, "force": 1}
    assert admin(site).post(path, {"Organisation": forced} if wrapped else forced).status_code == 200
    assert host(site)["uuid"] == wish["uuid"]
    newest = max(int(row["Log"]["id"]) for row in admin(site).get("/admin/logs/index/limit:500"))
    log = admin(site).page(f"/logs/view/{newest}")
    assert wish["uuid"] in log
    assert "could no longer be updated or retracted there" in log


def test_another_organisation_as_host_is_the_same_change(site: Site, link: int) -> None:
    share(site, link)
    other = admin(site).post("/admin/organisations/add", {"name": f"Other {new_uuid()}"}).json()["Organisation"]["id"]
    path = "/servers/serverSettingsEdit/MISP.host_org_id"
    assert "force" in admin(site).post(path, {"value": other}).json()["errors"]
    assert "force" in admin(site).post("/servers/serverSettingsReset/MISP.host_org_id").json()["errors"]
    assert setting_of(site, "MISP.host_org_id") == site.org_id
    assert admin(site).post(path, {"value": other, "force": 1}).status_code == 200


def test_so_is_a_merge_of_the_organisation_that_a_link_is_of(site: Site, link: int) -> None:
    share(site, link)
    names = (f"One {new_uuid()}", f"Two {new_uuid()}")
    one, two = (
        admin(site).post("/admin/organisations/add", {"name": name}).json()["Organisation"]["id"] for name in names
    )
    with writing():
        save_setting("host_org_id", int(two), user_id=None)
    path = f"/admin/organisations/merge/{site.org_id}"
    assert "force" in admin(site).post(path, {"target": one}).json()["errors"]
    page = admin(site).sends(path, target=one)
    assert page.status_code == 403
    assert "Merge all the same" in page.text
    assert host(site)["id"] == str(site.org_id)


def test_the_page_shows_what_breaks_and_a_box(site: Site, link: int) -> None:
    share(site, link)
    path, wish = f"/admin/organisations/edit/{site.org_id}", {"name": "ACME", "uuid": new_uuid(), "local": "1"}
    person = Browser(site, site.email(ADMIN), language="pt-BR")
    assert 'name="force"' not in person.get(path).text
    refused = person.post(path, wish, form_at=path)
    assert refused.status_code == 403
    told = unescape(refused.text)
    assert 'name="force" value="1"' in told
    assert "Eventos em seu nome em parceiros" in told
    assert person.post(path, {**wish, "force": "1"}, form_at=path).status_code == 303
    assert host(site)["uuid"] == wish["uuid"]


@pytest.mark.parametrize("name", ["MISP.baseurl", "MISP.external_baseurl"])
def test_a_url_that_partners_know_is_changed_by_force_alone(site: Site, link: int, name: str) -> None:
    path = f"/servers/serverSettingsEdit/{name}"
    if name == "MISP.external_baseurl":
        assert admin(site).post(path, {"value": NEW}).status_code == 200, "the base URL is still one of ours"
        uuid = host(site)["uuid"]
        with writing():
            know_as(KnownAs(NEW, uuid))
        before, wish = NEW, "https://newer.example"
    else:
        before, wish = OLD, NEW
    refused = admin(site).post(path, {"value": wish})
    assert (refused.status_code, refused.json()["saved"]) == (403, False)
    told = " ".join(refused.json()["errors"]["force"])
    assert before in told
    assert "own entries of this server lead to the old URL: 1." in told
    assert "url_aliases" in told
    assert setting_of(site, name) == before
    assert admin(site).post(path, {"value": f"{before.upper().replace('HTTPS', 'https')}/"}).status_code == 200
    assert admin(site).post(path, {"value": wish, "force": 1}).status_code == 200
    assert known_as() == KnownAs(wish, host(site)["uuid"])


def test_a_url_is_free_while_no_partner_is_there(site: Site) -> None:
    assert admin(site).post("/servers/serverSettingsEdit/MISP.baseurl", {"value": NEW}).status_code == 200
    assert (known_as() or KnownAs("", "")).url == NEW


def test_an_account_of_a_partner_leads_here(site: Site) -> None:
    email = site.email(SYNC_USER)
    refused = admin(site).post("/servers/serverSettingsEdit/MISP.baseurl", {"value": NEW})
    assert "Accounts of partners, which call the old URL: 1." in refused.json()["errors"]["force"]
    with writing():
        execute('UPDATE "user" SET disabled = 1 WHERE email = ?', (email,))


def test_a_url_that_stays_known_changes_freely_and_then_stays(site: Site, link: int) -> None:
    aliases, base = "/servers/serverSettingsEdit/url_aliases", "/servers/serverSettingsEdit/MISP.baseurl"
    assert admin(site).post(aliases, {"value": [OLD]}).status_code == 200
    assert admin(site).post(base, {"value": NEW}).status_code == 200
    assert (known_as() or KnownAs("", "")).url == OLD
    assert "force" in admin(site).post(aliases, {"value": []}).json()["errors"], "partners know it by that alone"
    assert "force" in admin(site).post("/servers/serverSettingsReset/url_aliases").json()["errors"]
    assert admin(site).post(aliases, {"value": [], "force": 1}).status_code == 200


def test_what_a_file_changed_is_told_until_it_is_confirmed(fresh_server: FreshServer) -> None:
    """It cannot be refused: `doctor`, the health page and the log say what it breaks."""

    def configured(*lines: str) -> None:
        server.stop()
        config = server.data / "config.toml"
        config.write_text("\n".join((*server.birth.settings, *lines)) + "\n", encoding="utf-8")
        server.start()

    def check() -> Json:
        found = server.request("GET", "/health.json").json()["checks"]
        [by_doctor] = [one for one in server.verb("doctor") if one["check"] == "identity"]
        [by_health] = [one for one in found if one["check"] == "identity"]
        assert by_doctor["verdict"] == by_health["verdict"]
        told: Json = by_health
        return told

    server = fresh_server(Birth(settings=(*Birth().settings, f'base_url = "{OLD}"')))
    server.birth = Birth(key=server.birth.key)
    body = {"name": "Beta", "url": "https://beta.example", "authkey": "k" * 40, "push": True, "remote_org_id": 1}
    assert server.request("POST", "/servers/add", body).status_code == 200
    assert check()["verdict"] == "ok"
    configured(f'base_url = "{NEW}"')
    assert check()["verdict"] == "warn"
    assert OLD in check()["sentence"]
    assert "links: 1" in check()["sentence"]
    assert server.request("POST", "/admin/organisations/edit/1", {"description": "another"}).status_code == 200
    assert check()["verdict"] == "warn", "what else is saved confirms nothing"
    assert f"Partners know this server as {OLD}" in server.log.read_text(encoding="utf-8")
    configured(f'base_url = "{NEW}"', f'url_aliases = ["{OLD}"]')
    assert check()["verdict"] == "ok"
    configured(f'base_url = "{NEW}"')
    assert check()["verdict"] == "warn"
    assert server.request("POST", "/servers/confirmIdentity").status_code == 200
    assert check()["verdict"] == "ok"
    configured(f'base_url = "{OLD}"')
    assert check()["verdict"] == "warn"
    server.verb("doctor", "--confirm-identity")
    assert check()["verdict"] == "ok"
