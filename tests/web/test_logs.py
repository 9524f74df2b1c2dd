"""The audit log: one row per request with before and after, for those who may read it; an event's history."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mispmini.domain.ids import new_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.store import keeping_tidy
from mispmini.store.audit import MAX_CHANGE_BYTES, steps_of
from mispmini.store.database import writing
from mispmini.store.sql import execute, rows, scalar
from tests.web.callers import Browser, Caller
from tests.web.conftest import ADMIN, PEOPLE, PUBLISHER, READ_ONLY, USER, Site

Json = Any


def admin(site: Site) -> Caller:
    """The site admin with a key."""
    return Caller(site, site.admin_key)


def newest_id() -> int:
    """The newest row's id; 0 for an empty log."""
    return int(scalar("SELECT COALESCE(MAX(id), 0) FROM audit"))


def since(row_id: int) -> list[tuple[Any, ...]]:
    """Action, model, title and steps of the rows after that one."""
    found = rows("SELECT action, model, title, change FROM audit WHERE id > ? ORDER BY id", (row_id,))
    return [(action, model, title, steps_of(change)[0]) for action, model, title, change in found]


def added_event(caller: Caller, **more: object) -> Json:
    """A fresh event, as it was answered."""
    return caller.post("/events/add", {"info": f"Event {new_uuid()}", **more}).json()["Event"]


def test_a_request_is_one_row_with_all_that_it_did(site: Site) -> None:
    before = newest_id()
    tag, info = f"new:{new_uuid()}", f"Event {new_uuid()}"
    body = {"info": info, "Tag": [{"name": tag}], "Attribute": [{"type": "domain", "value": f"{new_uuid()}.example"}]}
    admin(site).post("/events/add", body)
    ((action, model, title, _steps),) = since(before)
    assert (action, model, title) == ("add", "Event", info)
    ids = [added_event(admin(site))["id"] for _ in range(3)]
    before = newest_id()
    admin(site).post("/events/delete", {"id": ids})
    ((action, model, _title, steps),) = since(before)
    assert (action, model, len(steps)) == ("delete", "Event", 3)


@pytest.mark.parametrize(
    ("body", "field", "old", "new"),
    [
        ({"value": "after.example"}, "value1", "before.example", "after.example"),
        ({"to_ids": False}, "to_ids", 1, 0),
        ({"type": "hostname"}, "type", "domain", "hostname"),
        ({"comment": "seen twice"}, "comment", "", "seen twice"),
    ],
    ids=["value", "to_ids", "type", "comment"],
)
def test_an_edit_tells_before_and_after(site: Site, body: Json, field: str, old: object, new: object) -> None:
    attribute = {"type": "domain", "value": "before.example", "to_ids": True}
    event = added_event(admin(site), Attribute=[attribute])
    before = newest_id()
    assert admin(site).post(f"/attributes/edit/{event['Attribute'][0]['id']}", body).status_code == 200
    ((action, model, _title, (step,)),) = since(before)
    assert (action, model, step.change) == ("edit", "Attribute", {field: [old, new]})
    assert scalar("SELECT event_id FROM audit WHERE id > ?", (before,)) == int(event["id"])


def test_what_is_refused_or_only_read_leaves_no_row(site: Site) -> None:
    event = added_event(admin(site))
    before = newest_id()
    admin(site).get(f"/events/view/{event['id']}")
    assert admin(site).post("/events/add", {"info": ""}).status_code == 403
    assert admin(site).post("/attributes/add/" + event["id"], {"type": "ip-src", "value": "no"}).status_code == 403
    assert since(before) == []


def records_and_fails(title: str) -> None:
    """A verb that notes what it did and is then taken back."""
    with writing():
        audit.record(Viewer.everything(), "add", "Tag", None, title)
        raise ZeroDivisionError


@pytest.fixture
def command() -> Iterator[None]:
    """A command of this thread, whose steps are one row."""
    audit.begin("command")
    yield
    audit.end()


@pytest.mark.usefixtures("command")
def test_a_step_taken_back_does_not_stay_in_a_row(site: Site) -> None:
    viewer = Viewer.everything()
    before = newest_id()
    with pytest.raises(ZeroDivisionError):
        records_and_fails("never")
    with writing():
        audit.record(viewer, "add", "Tag", None, "stays")
        with pytest.raises(ZeroDivisionError):
            records_and_fails("neither")
        audit.record(viewer, "edit", "Tag", None, "stays too")
    ((_action, _model, title, steps),) = since(before)
    assert (title, [step.title for step in steps]) == ("stays too", ["stays", "stays too"])


@pytest.mark.usefixtures("command")
def test_a_row_never_outgrows_its_limit_and_says_so(site: Site) -> None:
    before = newest_id()
    with writing():
        audit.record(Viewer.everything(), "edit", "Event", None, "long", {"info": ["á" * 200_000, "b"]})
    text = scalar("SELECT change FROM audit WHERE id > ?", (before,))
    assert len(text.encode()) <= MAX_CHANGE_BYTES
    assert steps_of(text)[0][0].change["info"] == ["á" * 1024 + "…", "b"]
    with writing():
        for number in range(300):
            audit.record(Viewer.everything(), "edit", "Event", None, f"{number}", {"info": [None, "x" * 900]})
    text = scalar("SELECT change FROM audit WHERE id > ?", (before,))
    assert len(text.encode()) <= MAX_CHANGE_BYTES
    assert steps_of(text)[1]
    with writing():
        audit.record(Viewer.everything(), "delete", "Event", None, "the last one")
    assert rows("SELECT action, title, change FROM audit WHERE id > ?", (before,)) == [("delete", "the last one", text)]


def test_no_secret_is_kept_however_deep(site: Site) -> None:
    assert audit.masked({"a": {"authkey": ["x", "y"]}, "list": [{"password": "x"}], "totp": None}) == {
        "a": {"authkey": [audit.HIDDEN, audit.HIDDEN]},
        "list": [{"password": audit.HIDDEN}],
        "totp": None,
    }
    made = admin(site).post("/auth_keys/add", {"comment": "quiet"}).json()["AuthKey"]
    wanted = {"name": "S", "url": "https://x.example", "remote_org_id": site.org_id, "authkey": "s" * 40}
    admin(site).post("/servers/add", wanted)
    told = json.dumps(rows("SELECT title, change FROM audit"))
    assert made["authkey_raw"] not in told
    assert "s" * 40 not in told


def test_a_row_tells_who_how_and_from_where(site: Site) -> None:
    before = newest_id()
    browser = Browser(site, email := site.email(ADMIN))
    tell = "SELECT email, org_name, how, address, session_id IS NOT NULL FROM audit WHERE id > ? ORDER BY id DESC"
    assert rows(tell, (before,)) == [(email, "ACME", "page", "127.0.0.1", 0)]
    before = newest_id()
    browser.post("/admin/organisations/add", {"name": new_uuid()}, form_at="/admin/organisations/add")
    assert rows(tell, (before,)) == [(email, "ACME", "page", "127.0.0.1", 1)]
    before = newest_id()
    added_event(admin(site))
    assert rows(tell, (before,)) == [(site.admin_email, "ACME", "key", "127.0.0.1", 0)]


def test_the_rest_answer_has_misps_shape(site: Site) -> None:
    name = f"Org {new_uuid()}"
    org = admin(site).post("/admin/organisations/add", {"name": name}).json()["Organisation"]
    admin(site).post(f"/admin/organisations/edit/{org['id']}", {"description": "changed"})
    found = admin(site).post("/admin/logs", {"model": "Organisation", "model_id": org["id"]}).json()
    assert [item["Log"]["action"] for item in found] == ["add", "edit"]
    log = found[1]["Log"]
    assert list(log) == [
        "id", "title", "created", "model", "model_id", "action", "user_id", "change", "email", "org", "description",
        "ip",
    ]  # fmt: skip
    assert all(isinstance(value, str) for value in log.values())
    assert log["change"] == "description () => (changed)"
    assert log["description"] == f'Organisation ({org["id"]}) edited by User "admin@acme.test" ({log["user_id"]}).'


@pytest.mark.parametrize(
    ("question", "is_found"),
    [
        ({}, True),
        ({"model": "Organisation"}, True),
        ({"model": "User"}, False),
        ({"action": "add"}, True),
        ({"email": "admin@%"}, True),
        ({"email": "admin@"}, False),
        ({"org": "ACME"}, True),
        ({"ip": "127.0.0.1"}, True),
        ({"created": "1d"}, True),
        ({"created": "2020-01-01"}, True),
        ({"created": "2999-01-01"}, False),
        ({"created": ["2020-01-01", "2020-01-02"]}, False),
        ({"change": "%uuid%"}, True),
        ({"page": 2}, False),
        ({"user_id": 4242}, False),
    ],
    ids=str,
)
def test_rows_are_found_by_what_they_say(site: Site, question: Json, is_found: bool) -> None:
    name = f"Org {new_uuid()}"
    admin(site).post("/admin/organisations/add", {"name": name})
    found = admin(site).post("/admin/logs/index", {"title": f"%{name}%", **question}).json()
    assert bool(found) is is_found


@pytest.mark.parametrize(
    "question", [{"limit": "many"}, {"created": {}}, {"id": "x"}, {"model": ["User", "Event"]}], ids=str
)
def test_nonsense_is_refused(site: Site, question: Json) -> None:
    assert admin(site).post("/admin/logs/index", question).status_code == 403


def test_auditors_see_their_own_organisation_alone(site: Site) -> None:
    org = admin(site).post("/admin/organisations/add", {"name": f"Org {new_uuid()}"}).json()["Organisation"]
    foreign = Caller(site, _key_in(site, int(org["id"])))
    event = added_event(foreign)
    assert {item["Log"]["org"] for item in foreign.get("/logs/index").json()} == {org["name"]}
    own = Caller(site, site.key(READ_ONLY)).post("/admin/logs/index", {"event_id": event["id"]})
    assert own.json() == []
    row_id = scalar("SELECT id FROM audit WHERE event_id = ?", (int(event["id"]),))
    assert Caller(site, site.key(USER)).get(f"/logs/view/{row_id}").status_code == 404
    assert admin(site).get(f"/logs/view/{row_id}").status_code == 200


def _key_in(site: Site, org_id: int) -> str:
    wanted = {"email": f"user{next(site.numbers)}@other.test", "org_id": org_id, "role_id": PUBLISHER}
    user = admin(site).post("/admin/users/add", wanted).json()["User"]
    made = admin(site).post(f"/auth_keys/add/{user['id']}", {"comment": "x"})
    key: str = made.json()["AuthKey"]["authkey_raw"]
    return key


def test_an_events_history_tells_each_what_they_may_know(site: Site) -> None:
    hidden: Json = {"type": "domain", "value": f"hidden{new_uuid()}.example", "distribution": 0}
    seen: Json = {"type": "domain", "value": f"seen{new_uuid()}.example", "distribution": 5}
    owner = Caller(site, site.key(PUBLISHER))
    event = added_event(owner, distribution=1, Attribute=[hidden, seen])
    by_value = {item["value"]: item["id"] for item in event["Attribute"]}
    for value, number in by_value.items():
        owner.post(f"/attributes/edit/{number}", {"comment": f"about {value}"})
    org = admin(site).post("/admin/organisations/add", {"name": f"Org {new_uuid()}"}).json()["Organisation"]
    foreign = Caller(site, _key_in(site, int(org["id"])))
    path = f"/logs/event_index/{event['id']}"
    whole = [item["Log"] for item in owner.get(path).json()]
    assert [log["action"] for log in whole] == ["edit", "edit", "add"]
    assert hidden["value"] in str(whole)
    assert whole[0]["email"]
    outline = [item["Log"] for item in foreign.get(path).json()]
    assert [(log["model"], log["model_id"]) for log in outline] == [
        ("Attribute", by_value[seen["value"]]),
        ("Event", event["id"]),
    ]
    assert {log["email"] for log in outline} | {log["title"] for log in outline} == {""}
    assert "about" not in str(outline)
    private = added_event(owner, distribution=0)
    absent = foreign.get("/logs/event_index/424242")
    assert foreign.get(f"/logs/event_index/{private['id']}").status_code == absent.status_code == 404


def test_rows_are_kept_as_long_as_the_setting_says(site: Site) -> None:
    old, recent = (int(added_event(admin(site))["id"]) for _ in range(2))
    with writing(quiet=True):
        execute("UPDATE audit SET time = time - 181 * 86400 WHERE event_id = ?", (old,))
    admin(site).post("/servers/serverSettingsEdit/audit_days", {"value": 0})
    keeping_tidy.forget_what_ran_out()
    kept = "SELECT COUNT(*) FROM audit WHERE event_id = ?"
    assert scalar(kept, (old,)) == 1
    admin(site).post("/servers/serverSettingsEdit/audit_days", {"value": 180})
    keeping_tidy.forget_what_ran_out()
    assert (scalar(kept, (old,)), scalar(kept, (recent,))) == (0, 1)


def test_the_pages_filter_and_show_before_and_after(site: Site) -> None:
    name = f"Org {new_uuid()}"
    org = admin(site).post("/admin/organisations/add", {"name": name}).json()["Organisation"]
    admin(site).post(f"/admin/organisations/edit/{org['id']}", {"sector": "<energy>"})
    browser = Browser(site, site.email(ADMIN))
    listed = browser.get(f"/logs/index?model=Organisation&model_id={org['id']}&action=edit&email=admin").text
    assert name in listed
    row_id = scalar("SELECT MAX(id) FROM audit WHERE model = 'Organisation' AND action = 'edit'")
    assert f'href="/logs/view/{row_id}"' in listed
    page = browser.get(f"/logs/view/{row_id}").text
    assert "&lt;energy&gt;" in page
    assert "127.0.0.1" in page
    assert browser.get("/logs/index?since=2999-01-01").status_code == 200
    assert browser.get("/logs/index?since=nonsense&model_id=x").status_code == 200


def test_an_owner_is_not_told_what_others_keep_to_themselves(site: Site) -> None:
    owner = Caller(site, site.key(PUBLISHER))
    event = added_event(owner, distribution=1)
    owner.post(f"/events/publish/{event['id']}")
    org = admin(site).post("/admin/organisations/add", {"name": f"Org {new_uuid()}"}).json()["Organisation"]
    foreign, said = Caller(site, _key_in(site, int(org["id"]))), f"only ours {new_uuid()}"
    note = {"note": said, "distribution": 0}
    assert foreign.post(f"/analyst_data/add/Note/{event['uuid']}/Event", note).status_code == 200
    told = owner.get(f"/logs/event_index/{event['id']}")
    assert told.status_code == 200
    assert said not in told.text
    assert org["name"] not in told.text


def test_colleagues_of_a_site_admin_are_not_told_what_it_does_for_others(site: Site) -> None:
    name, info = f"Org {new_uuid()}", f"Event {new_uuid()}"
    org = admin(site).post("/admin/organisations/add", {"name": name}).json()["Organisation"]
    foreign = Caller(site, _key_in(site, int(org["id"])))
    event = added_event(foreign, distribution=0)
    assert admin(site).post(f"/events/edit/{event['id']}", {"info": info}).status_code == 200
    own = added_event(Caller(site, site.key(PUBLISHER)))
    assert admin(site).post(f"/events/edit/{own['id']}", {"info": "seen to"}).status_code == 200
    auditor = Caller(site, site.key(USER))
    assert auditor.post("/admin/logs/index", {"title": info}).json() == []
    assert auditor.post("/admin/logs/index", {"model": "User", "title": "%@other.test"}).json() == []
    assert len(auditor.post("/admin/logs/index", {"event_id": own["id"]}).json()) == 2
    assert len(admin(site).post("/admin/logs/index", {"title": info}).json()) == 1


def test_kept_bodies_of_requests_hold_no_key_of_a_partner(site: Site) -> None:
    for name in ("log_requests", "log_request_bodies"):
        admin(site).post(f"/servers/serverSettingsEdit/{name}", {"value": True})
    before, secret = newest_id(), new_uuid()
    body = {
        "name": "S",
        "submitted_client_cert": f"-----BEGIN PRIVATE KEY-----{secret}",
        "proxy": f"http://u:{secret}@p",
    }
    admin(site).post("/servers/add", {"Server": body})
    for name in ("log_requests", "log_request_bodies"):
        admin(site).post(f"/servers/serverSettingsEdit/{name}", {"value": False})
    told = str(rows("SELECT change FROM audit WHERE id > ?", (before,)))
    assert "submitted_client_cert" in told
    assert secret not in told


def test_the_form_offers_no_words_of_rows_that_one_does_not_see(site: Site) -> None:
    dora, reader = admin(site), Caller(site, site.key(USER))
    assert dora.post("/admin/roles/add", {"name": f"Role {new_uuid()[:8]}"}).status_code == 200
    option = '<option value="Role">'
    pages_of = [site.get("/logs/index", headers={**PEOPLE, "Authorization": who.key}).text for who in (dora, reader)]
    assert [option in page for page in pages_of] == [True, False]
