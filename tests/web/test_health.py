"""How the server stands: for watchers without a key, for monitoring with a read-only one, and as a page."""

import re
from collections.abc import Iterator

import pytest

from mispmini.domain.alarms import AlarmKind
from mispmini.services import alarms
from tests.web.callers import Browser, Caller
from tests.web.conftest import ADMIN, PUBLISHER, Site


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_watchers_need_no_key(site: Site, path: str) -> None:
    answer = site.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/health.json", "/metrics"])
def test_numbers_need_a_site_admins_key_which_may_be_read_only(site: Site, path: str) -> None:
    assert Caller(site, site.key(ADMIN, read_only=True)).get(path).status_code == 200
    assert Caller(site, site.key(PUBLISHER)).get(path).status_code == 403
    assert site.get(path, headers={"Accept": "application/json"}).status_code == {"/metrics": 401}.get(path, 403)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"Accept": "text/html"}, 401), ({"Authorization": "k" * 40}, 401)],
    ids=["nobody", "a browser", "a wrong key"],
)
def test_metrics_ask_for_a_key(site: Site, headers: dict[str, str], status: int) -> None:
    answer = site.get("/metrics", headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (status, 'Bearer realm="mispmini"')


def test_metrics_take_a_key_as_prometheus_sends_it_and_nothing_else_does(site: Site) -> None:
    key = site.key(ADMIN, read_only=True)
    for value in (key, f"Bearer {key}", f"bearer {key}"):
        assert site.get("/metrics", headers={"Authorization": value}).status_code == 200
    assert site.get("/events/index", headers={"Authorization": f"Bearer {key}"}).status_code == 403
    assert site.get("/health", headers={"Accept": "text/html"}).status_code == 302


def test_metrics_are_as_prometheus_reads_them(site: Site) -> None:
    answer = Caller(site, site.admin_key).get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"mispmini_[a-z_]+ -?\d+", line) for line in lines)
    told = dict(line.split() for line in lines)
    assert int(told["mispmini_users"]) > 0
    assert told["mispmini_scheduler_running"] == "0"


def test_health_names_checks_and_partners(site: Site) -> None:
    wanted = {"name": "Beta", "url": "https://beta.example", "remote_org_id": site.org_id, "authkey": "k" * 40}
    assert Caller(site, site.admin_key).post("/servers/add", wanted).status_code == 200
    told = Caller(site, site.admin_key).get("/health.json").json()
    assert told["status"] in {"ok", "warn", "fail"}
    assert {"schema", "disk", "queue", "keys"} <= {check["check"] for check in told["checks"]}
    assert [partner["name"] for partner in told["partners"]] == ["Beta"]
    page = Browser(site, site.email(ADMIN)).get("/health").text
    assert "Beta" in page
    assert "badge" in page
    assert Browser(site, site.email(PUBLISHER)).get("/health").status_code == 403


@pytest.fixture
def damaged(site: Site) -> Iterator[None]:
    """An alarm that stands for the time of a test."""
    alarms.raise_alarm(AlarmKind.DATABASE, "Page 7 <b>is</b> bad")
    yield
    alarms.clear_alarm(AlarmKind.DATABASE)


@pytest.mark.usefixtures("damaged")
def test_an_alarm_is_on_the_pages_of_those_who_may_see_it(site: Site) -> None:
    for path in ("/", "/health"):
        page = Browser(site, site.email(ADMIN)).get(path).text
        assert "O banco de dados está danificado: Page 7 &lt;b&gt;is&lt;/b&gt; bad" in page
        assert "Desde" in page
    assert "danificado" not in Browser(site, site.email(PUBLISHER)).get("/").text


@pytest.mark.usefixtures("damaged")
def test_watchers_hear_of_damage_in_one_word(site: Site) -> None:
    answer = site.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "damaged"})
    told = Caller(site, site.key(ADMIN, read_only=True)).get("/health.json").json()
    (check,) = [check for check in told["checks"] if check["check"] == "integrity"]
    assert (told["status"], check["verdict"], check["since"] > 0) == ("fail", "fail", True)


def test_the_second_place_of_backups_is_shown_without_its_secrets_and_never_changed_here(site: Site) -> None:
    caller = Caller(site, site.admin_key)
    page = Browser(site, site.email(ADMIN)).get("/servers/serverSettings").text
    assert "backup_command" in page
    assert caller.post("/servers/serverSettingsEdit/backup_command", {"value": "/bin/sh"}).status_code in (403, 404)
