"""The parts of an event on its pages, without script: objects, reports, files, deletions, kin, history, blocklist."""

import re
from collections.abc import Mapping
from html import unescape
from typing import NamedTuple

import pytest

from mispmini.domain.drafts import AttributeDraft, EventDraft, ReportDraft, TagDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services import events, reports
from tests.web.browsing import Reader, an_attribute, number_of, rows_of
from tests.web.conftest import ADMIN, MACHINE, READ_ONLY, Served, Site

PHISHING = "2dad6f9d-d425-4217-8fda-0b0a2d815307"  # url is needed; hostname and ip take several values
FIELDS = {"distribution": "5", "comment": ""}


@pytest.fixture(scope="module")
def reader(site: Site) -> Reader:
    """A site admin in front of a browser."""
    reader = Reader(site)
    reader.sign_in(site.email(ADMIN))
    return reader


class Guest(NamedTuple):
    """Somebody who only reads, an event to be read, and the numbers of what is in it."""

    reader: Reader
    event: str
    named: Mapping[str, str]


@pytest.fixture(scope="module")
def guest(site: Site, reader: Reader) -> Guest:
    """A read only account in front of a browser."""
    event = reader.adds_event("Only to be read")
    adds_object(reader, event, url="https://read.example/")
    page = reader.read(event)
    guest = Reader(site)
    guest.sign_in(site.email(READ_ONLY))
    named = {"event": number_of(event), "object": an_object(page), "attribute": an_attribute(page)}
    return Guest(guest, event, named)


def publish(reader: Reader, event: str) -> None:
    """Publish an event, whatever the page warns of."""
    reader.submit(f"/events/publish/{number_of(event)}", reader.read(event), confirmed="1")


def an_object(page: str) -> str:
    """The number of the first object on a page."""
    found = re.search(r'id="object-(\d+)"', page)
    assert found
    return found[1]


def uuid_of(page: str) -> str:
    """The uuid of the event on a page."""
    found = re.search(r'<code id="uuid">([^<]+)<', page)
    assert found
    return found[1]


def adds_object(reader: Reader, event: str, **fields: str) -> str:
    """Where adding a phishing object leads, or the form again."""
    path = f"/objects/add/{number_of(event)}/{PHISHING}"
    given = {f"relation-{name}": value for name, value in fields.items()}
    return reader.submit(path, reader.read(path), **FIELDS, **given)


def adds_report(reader: Reader, event: str, content: str) -> str:
    """The path of a fresh report."""
    path = f"/event_reports/add/{number_of(event)}"
    return reader.submit(path, reader.read(path), name="What happened", content=content, distribution="5")


def test_a_template_is_found_by_name_and_category(reader: Reader) -> None:
    event = reader.adds_event("To hold objects")
    page = reader.read(f"/objects/add/{number_of(event)}?q=phishing&category=network")
    assert f'href="/objects/add/{number_of(event)}/{PHISHING}"' in page
    assert "No template matches." in reader.read(f"/objects/add/{number_of(event)}?q=nothing-is-called-so")
    reader.read(f"/objects/add/{number_of(event)}/{new_uuid()}", status=404)


def test_an_object_is_added_edited_and_read_by_programs_as_json(reader: Reader, site: Site) -> None:
    event = reader.adds_event("An object")
    adds_object(reader, event, url="https://a.example/login", hostname="a.example\nb.example", ip="")
    page = reader.read(event)
    assert [row.split()[:2] for row in rows_of(page)] == [
        ["url", "https://a.example/login"], ["hostname", "a.example"], ["hostname", "b.example"],
    ]  # fmt: skip
    number = an_object(page)
    form = reader.read(f"/objects/edit/{number}")
    values = dict(re.findall(r'name="(attribute-[0-9a-f-]{36})" value="([^"]*)"', form))
    (gone,) = (name for name, value in values.items() if value == "b.example")
    changed = {**values, gone: "", "relation-ip": "192.0.2.1", "comment": "seen twice"}
    reader.submit(f"/objects/edit/{number}", form, **FIELDS | changed)
    page = reader.read(event)
    assert "seen twice" in page
    assert [row.split()[1] for row in rows_of(page)] == ["https://a.example/login", "a.example", "192.0.2.1"]
    told = site.get(f"/objects/view/{number}", headers={**MACHINE, "Authorization": site.admin_key}).json()
    assert told["Object"]["template_uuid"] == PHISHING


def test_a_refused_object_form_keeps_what_was_typed(reader: Reader) -> None:
    event = reader.adds_event("A wrong object")
    again = adds_object(reader, event, url="https://kept.example/", ip="300.1.1.1")
    assert 'value="https://kept.example/"' in again
    assert "300.1.1.1" in again
    assert rows_of(reader.read(event)) == []
    assert "Please fill in at least one" in adds_object(reader, event)


def test_an_object_refers_to_another_element(reader: Reader) -> None:
    event = reader.adds_event("References")
    adds_object(reader, event, url="https://ref.example/")
    reader.adds_attribute(event, type="domain", value="target.example", distribution="5")
    number = an_object(reader.read(event))
    form = reader.read(f"/object_references/add/{number}")
    target = re.search(r'<option value="([0-9a-f-]{36})">domain: target.example', form)
    assert target
    path = f"/object_references/add/{number}"
    assert 'id="referenced_uuid-error"' in reader.submit(
        path, form, relationship_type="hosts", referenced_uuid=new_uuid()
    )
    assert reader.submit(path, form, relationship_type="hosts", referenced_uuid=target[1]) == event
    page = reader.read(event)
    assert re.search(r'hosts → <a href="#attribute-\d+">target.example</a>', page)
    removal = re.search(r'action="(/object_references/delete/\d+)"', page)
    assert removal
    reader.submit(removal[1], page)
    assert "hosts →" not in reader.read(event)


def test_what_was_never_published_is_deleted_for_good_and_that_is_said(reader: Reader) -> None:
    event = reader.adds_event("Never published")
    reader.adds_attribute(event, type="domain", value="gone.example", distribution="5")
    number = an_attribute(reader.read(event))
    question = reader.read(f"/attributes/delete/{number}")
    assert "It is removed for good" in question
    assert reader.submit(f"/attributes/delete/{number}", question) == event
    assert rows_of(reader.read(f"{event}?deleted=1")) == []


def test_what_was_published_is_deleted_softly_unless_one_ticks_more(reader: Reader) -> None:
    event = reader.adds_event("Published once")
    reader.adds_attribute(event, type="domain", value="first.example", distribution="5")
    reader.adds_attribute(event, type="domain", value="second.example", distribution="5")
    publish(reader, event)
    number = an_attribute(reader.read(event))
    question = reader.read(f"/attributes/delete/{number}")
    assert "may stay in the databases of partners" in question
    reader.submit(f"/attributes/delete/{number}", question)
    page = reader.read(f"{event}?deleted=1")
    assert "second.example Deleted" in rows_of(page)[0]
    assert "Changed since publishing" in page
    kept = rows_of(reader.read(event))
    assert len(kept) == 1
    reader.submit(f"/attributes/delete/{an_attribute(reader.read(event))}", question, hard="1")
    assert [row.split()[0] for row in rows_of(reader.read(f"{event}?deleted=1"))] == ["second.example"]


def test_a_deleted_object_comes_back_with_what_went_with_it(reader: Reader) -> None:
    event = reader.adds_event("An object that returns")
    adds_object(reader, event, url="https://back.example/", hostname="back.example\nalone.example")
    publish(reader, event)
    page = reader.read(event)
    number = an_object(page)
    reader.submit(f"/objects/delete/{number}", page)
    assert rows_of(reader.read(event)) == []
    page = reader.read(f"{event}?deleted=1")
    assert reader.submit(f"/objects/restore/{number}", page) == event
    assert len(rows_of(reader.read(event))) == 3


def test_a_report_is_laid_out_and_calls_nobody(reader: Reader) -> None:
    event = reader.adds_event("With a report")
    content = (
        "# Head\n\n**bold** [out](https://out.example/) [bad](javascript:alert(1))\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    )
    report = adds_report(reader, event, f"{content}\n\n![spy](https://spy.example/x.png) <script>alert(1)</script>")
    page = reader.open(report).text
    assert "<h2>Head</h2>" in page
    assert "<strong>bold</strong>" in page
    assert '<a href="https://out.example/" rel="nofollow noopener noreferrer">' in page
    assert "<td>1</td>" in page
    assert "<img" not in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "What happened" in reader.read(f"{event}?tab=reports")


def test_a_report_names_elements_by_link(reader: Reader) -> None:
    event = reader.adds_event("Named")
    uuid = new_uuid()
    report = adds_report(reader, event, f"See @[attribute]({uuid}) and @[object]({uuid}).")
    page = reader.read(report)
    assert f'href="/attributes/view/{uuid}"' in page
    assert f'href="/objects/view/{uuid}"' in page


def test_a_long_report_is_shown_as_it_was_written(reader: Reader) -> None:
    event = reader.adds_event("Long-winded")
    with_marks = "# no heading\n" + "word " * 40_200
    viewer = Viewer.everything(org_id=reader.site.org_id)
    made = reports.add_report(viewer, number_of(event), ReportDraft("Long", with_marks))
    page = reader.read(f"/event_reports/view/{made.report.id}")
    assert "It is shown as it was written." in page
    assert "# no heading" in page


def test_a_report_is_edited_deleted_and_restored(reader: Reader) -> None:
    event = reader.adds_event("Reports come and go")
    report = adds_report(reader, event, "first")
    number = number_of(report)
    publish(reader, event)
    form = reader.read(f"/event_reports/edit/{number}")
    assert 'id="name-error"' in reader.submit(f"/event_reports/edit/{number}", form, name=" ", content="kept text")
    reader.submit(f"/event_reports/edit/{number}", form, name="Renamed", content="second", distribution="5")
    publish(reader, event)
    assert reader.submit(f"/event_reports/delete/{number}", form) == f"{event}?tab=reports"
    assert "Renamed" not in reader.read(f"{event}?tab=reports")
    page = reader.read(f"{event}?tab=reports&deleted=1")
    assert "Renamed" in page
    reader.submit(f"/event_reports/restore/{number}", page)
    assert "second" in reader.read(report)


def test_a_file_is_attached_and_fetched(reader: Reader) -> None:
    event = reader.adds_event("With a file")
    path = f"/attributes/add_attachment/{number_of(event)}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', reader.read(path))
    assert token
    files = {"files": ("note.txt", b"hello")}
    sent = reader.open(path, "POST", data={"csrf_token": token[1], "malware": "0"}, files=files)
    assert sent.headers["Location"].endswith(event)
    page = reader.read(event)
    link = re.search(r'href="(/attributes/download/\d+)"', page)
    assert link
    fetched = reader.open(link[1])
    assert (fetched.content, fetched.headers["Content-Type"]) == (b"hello", "application/octet-stream")


def test_an_event_that_extends_another_is_named_and_shown_together(reader: Reader) -> None:
    base = reader.adds_event("The base")
    reader.adds_attribute(base, type="domain", value="base.example", distribution="5")
    more = reader.adds_event("The supplement", extends_uuid=uuid_of(reader.read(base)))
    reader.adds_attribute(more, type="domain", value="more.example", distribution="5")
    assert f'<a href="{base}">#{number_of(base)} · The base</a>' in reader.read(more)
    assert "The supplement" in reader.read(f"{base}?tab=related")
    together = reader.read(f"{base}?extended=1")
    assert {row.split()[0] for row in rows_of(together)} == {"base.example", "more.example"}
    assert "Shown together with 1 event that extends it." in together
    assert len(re.findall(r'action="/attributes/delete/', together)) == 1, "what is another's is not changed here"
    assert "This event is not here" in reader.read(reader.adds_event("Alone", extends_uuid=new_uuid()))


def test_events_that_share_values_are_listed_with_these(reader: Reader) -> None:
    word = new_uuid()[:8]
    pages = [reader.adds_event(f"Kin {word} {place}") for place in range(2)]
    for event in pages:
        reader.adds_attribute(event, type="domain", value=f"{word}.example", distribution="5")
    assert "also in 1 other event" in reader.read(pages[0])
    related = reader.read(f"{pages[0]}?tab=related")
    assert f'href="{pages[1]}"' in related
    assert f"{word}.example" in related


def test_the_history_tells_what_changed(reader: Reader) -> None:
    event = reader.adds_event("Before the change")
    form = reader.read(f"/events/edit/{number_of(event)}")
    reader.submit(f"/events/edit/{number_of(event)}", form, info="After the change", distribution="0")
    history = reader.read(f"{event}?tab=history")
    assert "<del>Before the change</del> → After the change" in history
    assert '<span class="quiet">Distribution:</span> <del>This community only</del> → Your organisation only' in history


def test_the_form_of_a_new_event_sets_its_tlp(reader: Reader) -> None:
    assert "tlp:amber+strict</option>" in reader.read("/events/add")
    assert '<span class="badge tlp-amber">tlp:amber</span>' in reader.read(reader.adds_event("Amber", tlp="tlp:amber"))
    assert "No TLP" in reader.read(reader.adds_event("None", tlp="tlp:purple"))


@pytest.mark.parametrize("kind", ["events", "attributes"])
def test_a_local_tag_is_marked_and_taken_off(reader: Reader, kind: str) -> None:
    event = reader.adds_event("Tagged locally")
    reader.adds_attribute(event, type="domain", value="local.example", distribution="5")
    publish(reader, event)
    page = reader.read(event)
    number = number_of(event) if kind == "events" else an_attribute(page)
    reader.submit(f"/{kind}/addTag/{number}", page, tag="check:later", local="1")
    page = reader.read(event)
    assert re.search(r'</svg>check:later\s*<span class="quiet">\(local\)', page)
    assert "Changed since publishing" not in page
    removal = re.search(rf'action="(/{kind}/removeTag/{number}/\d+)"', page)
    assert removal
    reader.submit(removal[1], page)
    assert "</svg>check:later" not in reader.read(event)


def test_a_deleted_event_is_on_the_blocklist_until_it_is_restored(reader: Reader) -> None:
    event = reader.adds_event("Deleted by mistake")
    uuid = uuid_of(reader.read(event))
    question = reader.read(f"/events/delete/{number_of(event)}")
    assert "no partner has a copy" in question
    reader.submit(f"/events/delete/{number_of(event)}", question)
    page = reader.read("/event_blocklists/index")
    assert "Deleted by mistake" in page
    assert "Deleted here" in page
    assert reader.submit(f"/events/restore/{uuid}", page) == event
    assert uuid not in reader.read("/event_blocklists/index")


def test_an_entry_of_the_blocklist_is_taken_off(reader: Reader) -> None:
    uuid = new_uuid()
    reader.open(
        "/event_blocklists/add",
        "POST",
        json={"uuids": [uuid]},
        headers={**MACHINE, "Authorization": reader.site.admin_key},
    )
    page = reader.read("/event_blocklists/index")
    row = page[page.index(uuid) :]
    action = re.search(r'action="(/event_blocklists/delete/\d+)"', row)
    assert action
    reader.submit(action[1], page)
    assert uuid not in reader.read("/event_blocklists/index")


def test_an_attribute_is_edited_with_all_its_fields(reader: Reader) -> None:
    event = reader.adds_event("Every field")
    reader.adds_attribute(event, type="domain", value="all.example", distribution="5")
    path = f"/attributes/edit/{an_attribute(reader.read(event))}"
    form = reader.read(path)
    given = {
        "type": "domain",
        "value": "all.example",
        "category": "Network activity",
        "to_ids": "0",
        "distribution": "0",
    }
    seen = {"first_seen": "2026-03-01T12:00:00Z", "last_seen": "2026-02-01", "disable_correlation": "1"}
    again = reader.submit(path, form, comment="kept", **given, **seen)
    assert "Last seen is before first seen." in again
    assert 'value="2026-03-01T12:00:00Z"' in again
    reader.submit(path, form, comment="kept", **given, **seen | {"last_seen": "2026-03-02 08:30"})
    form = reader.read(path)
    for text in ('value="2026-03-01T12:00:00Z"', 'value="2026-03-02T08:30:00Z"', 'value="kept"'):
        assert text in form
    assert re.search(r'id="disable_correlation"[^>]* checked', form)
    page = reader.read(event)
    assert "Seen from 2026-03-01 12:00 UTC to 2026-03-02 08:30 UTC" in page
    assert "Who can see it: Your organisation only" in page


def test_elements_are_found_within_their_event(reader: Reader) -> None:
    event = reader.adds_event("Needles")
    values = "\n".join(["needle.example", *(f"hay{number}.example" for number in range(120))])
    reader.adds_attribute(event, type="domain", value=values, batch_import="1", distribution="5")
    adds_object(reader, event, url="https://needle.example/x")
    page = reader.read(f"{event}?q=NEEDLE")
    assert [row.split()[0] for row in rows_of(page)] == ["url", "needle.example"]
    assert "121 attributes" not in reader.read(f"{event}?q=hay"), "all are counted"
    assert f'href="{event}?q=hay&page=2"' in reader.read(f"{event}?q=hay")
    assert "Nothing in this event matches." in reader.read(f"{event}?q=straw")


def test_a_page_of_a_large_event_reads_only_what_it_shows(reader: Reader) -> None:
    viewer = Viewer.everything(org_id=reader.site.org_id)
    drafts = tuple(AttributeDraft(type="domain", value=f"n{number}.example") for number in range(2_000))
    made = events.add_event(
        viewer, EventDraft(info="Large", distribution=1, attributes=drafts, tags=(TagDraft("tlp:red"),))
    )
    page = reader.read(f"/events/view/{made.event_id}?page=20")
    assert [row.split()[0] for row in rows_of(page)][-1] == "n0.example"
    assert "1,901 to 2,000 of 2,000" in page


@pytest.mark.parametrize(
    "path",
    [
        "/objects/add/{event}",
        "/objects/add/{event}/" + PHISHING,
        "/objects/edit/{object}",
        "/objects/delete/{object}",
        "/object_references/add/{object}",
        "/event_reports/add/{event}",
        "/attributes/add_attachment/{event}",
        "/attributes/edit/{attribute}",
        "/attributes/delete/{attribute}",
        "/event_blocklists/index",
    ],
)
def test_forms_are_not_offered_to_those_who_only_read(guest: Guest, path: str) -> None:
    guest.reader.read(path.format(**guest.named), status=403)
    assert "because your role or key only reads" in guest.reader.read(guest.event)


def test_before_the_set_up_a_refusal_offers_no_way_that_leads_nowhere(empty_site: Served) -> None:
    stranger = Site(empty_site.url, empty_site.app, 0, "", "", "")
    told = stranger.get("/setup", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert told.status_code == 403
    page = unescape(told.text)
    assert "Look where the server was started" in page
    assert 'class="button"' not in page
