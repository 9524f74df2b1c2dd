"""The pages of events as plain links and forms, without script: what they show, refuse, and keep of what was typed."""

import re
from collections.abc import Iterator

import pytest

from mispmini.domain.distribution import Distribution, Reason
from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft, TagDraft
from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.domain.receipts import Direction, LedgerState, Receipt
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import audience, events, servers
from mispmini.store.database import writing
from mispmini.store.ledger import write_receipt
from mispmini.store.sql import execute
from mispmini.web.building.sentences import for_people
from tests.web.browsing import Reader, an_attribute, number_of, rows_of
from tests.web.conftest import ADMIN, PUBLISHER, READ_ONLY, Site


@pytest.fixture(scope="module")
def reader(site: Site) -> Reader:
    """A site admin in front of a browser."""
    reader = Reader(site)
    reader.sign_in(site.email(ADMIN))
    return reader


@pytest.fixture(scope="module")
def push_server(site: Site) -> Iterator[int]:
    """A partner that events are pushed to."""
    viewer = Viewer.everything(org_id=site.org_id)
    draft = ServerDraft(
        name="CERT Beta",
        url="https://misp.beta.example",
        authkey=new_authkey(),
        new_org=OrganisationDraft(new_uuid(), "CERT Beta"),
        push=True,
    )
    server = servers.add_server(viewer, draft)
    yield server.id
    servers.delete_server(viewer, server.id)


def test_a_new_event_is_shown_with_what_was_typed(reader: Reader) -> None:
    page = reader.read(reader.adds_event("Phishing <b>against</b> a bank"))
    for text in (
        "Event added.",
        "Phishing <b>against</b> a bank",
        "2026-03-01",
        "Medium",
        "Ongoing",
        "Draft",
        "No TLP",
    ):
        assert text in page
    assert "<h1>Phishing &lt;b&gt;" in reader.open(reader.adds_event("Phishing <b>against</b> a bank")).text


def test_a_refused_form_keeps_what_was_typed_and_marks_the_field(reader: Reader) -> None:
    page = reader.adds_event("   ", extends_uuid="no uuid")
    assert 'value="no uuid"' in page
    assert 'id="info-error"' in page
    assert 'id="extends_uuid-error"' in page
    assert "Nothing was saved yet." in page


def test_editing_an_event_starts_from_what_it_is_and_keeps_the_rest(reader: Reader) -> None:
    event = reader.adds_event("Before")
    form = reader.read(f"/events/edit/{number_of(event)}")
    assert 'value="Before"' in form
    assert re.search(r'value="1"\s+checked', form)
    after = reader.submit(f"/events/edit/{number_of(event)}", form, info="After", distribution="3")
    assert after == event
    assert "passed on from server to server" in reader.read(event)


def test_several_values_are_added_at_once(reader: Reader) -> None:
    event = reader.adds_event("A list")
    values = "192.0.2.1\n\n192.0.2.2\n"
    assert reader.adds_attribute(event, type="ip-dst", value=values, batch_import="1", distribution="5") == event
    page = reader.read(event)
    assert [row.split()[0] for row in rows_of(page)] == ["192.0.2.2", "192.0.2.1"]
    assert "2 attributes" in page


def test_a_list_names_each_value_that_was_not_taken(reader: Reader) -> None:
    event = reader.adds_event("A list with a slip")
    values = "192.0.2.3\n999.1.1.1\n192.0.2.4\n"
    reader.adds_attribute(event, type="ip-dst", value=values, batch_import="1", distribution="5")
    page = reader.read(event)
    assert "Added: 2. Not added: 999.1.1.1" in page
    assert "Added: 2" not in reader.read(event), "told once"


def test_a_value_that_does_not_fit_is_shown_again_on_the_page_of_the_event(reader: Reader) -> None:
    event = reader.adds_event("A wrong value")
    page = reader.adds_attribute(event, type="ip-dst", value="300.1.2.3", comment="kept", distribution="5")
    assert 'id="value-error"' in page
    assert re.search(r">\s*300\.1\.2\.3</textarea>", page)
    assert 'value="kept"' in page
    assert "A wrong value" in page


def test_an_attribute_is_edited_deleted_shown_and_restored(reader: Reader) -> None:
    event = reader.adds_event("Coming and going")
    reader.adds_attribute(event, type="domain", value="old.example", distribution="5")
    number = an_attribute(reader.read(event))
    form = reader.read(f"/attributes/edit/{number}")
    assert re.search(r">\s*old\.example</textarea>", form)
    reader.submit(f"/attributes/edit/{number}", form, type="domain", value="new.example", to_ids="0", comment="now")
    reader.submit(f"/events/publish/{number_of(event)}", form, confirmed="1")
    page = reader.read(event)
    assert rows_of(page)[0].startswith("new.example domain Network activity no now")

    reader.submit(f"/attributes/delete/{number}", page)
    assert rows_of(reader.read(event)) == []
    page = reader.read(f"{event}?deleted=1")
    assert "new.example Deleted" in rows_of(page)[0]
    reader.submit(f"/attributes/restore/{number}", page)
    assert rows_of(reader.read(event))[0].startswith("new.example")


@pytest.mark.parametrize("kind", ["events", "attributes"])
def test_a_tag_is_added_and_taken_off(reader: Reader, kind: str) -> None:
    event = reader.adds_event("Tagged")
    reader.adds_attribute(event, type="domain", value="tagged.example", distribution="5")
    page = reader.read(event)
    number = number_of(event) if kind == "events" else an_attribute(page)
    assert reader.submit(f"/{kind}/addTag/{number}", page, tag="tlp:amber+strict") == event
    page = reader.read(event)
    assert 'class="badge tlp-amber">tlp:amber+strict' in page
    assert ("No TLP" in page) == (kind == "attributes")
    removal = re.search(rf'action="(/{kind}/removeTag/{number}/\d+)"', page)
    assert removal
    reader.submit(removal[1], page)
    assert "tlp-amber" not in reader.read(event)


def test_long_events_are_paged(reader: Reader) -> None:
    event = reader.adds_event("Long")
    values = "\n".join(f"host{number}.example" for number in range(150))
    reader.adds_attribute(event, type="domain", value=values, batch_import="1", distribution="5")
    first = reader.read(event)
    assert "1 to 100 of 150" in first
    assert f'href="{event}?page=2"' in first
    assert len(rows_of(reader.read(f"{event}?page=2"))) == 50


def test_the_list_has_tabs_and_filters(reader: Reader) -> None:
    word = new_uuid()[:8]
    event = reader.adds_event(f"Needle {word}")
    for path in (f"/events/index?q={word}", f"/events/index?q={word}&tab=ours", f"/events/index?q={word}&tab=drafts"):
        assert f'href="{event}"' in reader.read(path)
    assert "No event matches." in reader.read(f"/events/index?q={word}&tab=received")
    assert "No event matches." in reader.read(f"/events/index?q={word}&published=1")


def test_publishing_is_told_before_it_is_done(reader: Reader, push_server: int) -> None:
    event = reader.adds_event("Bare")
    page = reader.read(f"/events/publish/{number_of(event)}")
    for text in (
        "It has no TLP tag",
        "It has no attributes yet",
        "Every organisation on this server sees it.",
        "<strong>ACME",
        "CERT Beta",
        "Its distribution does not let it leave this server.",
    ):
        assert text in page
    assert reader.submit(f"/events/publish/{number_of(event)}", page, confirmed="1") == event
    published = reader.read(event)
    assert "Event published." in published
    reader.submit(f"/events/unpublish/{number_of(event)}", published)
    assert "Event unpublished." in reader.read(event)


@pytest.mark.usefixtures("push_server")
def test_who_may_not_publish_an_event_is_not_told_where_it_would_go(site: Site) -> None:
    draft = EventDraft(info="Theirs", distribution=3, locked=True, orgc=OrganisationDraft(new_uuid(), "CERT Gamma"))
    made = events.add_event(Viewer.everything(org_id=site.org_id), draft)
    reader = Reader(site)
    reader.sign_in(site.email(PUBLISHER))
    page = reader.read(f"/events/publish/{made.event_id}")
    assert "Only CERT Gamma may publish it." in page
    for text in ("Who will see this", "On this server:", "CERT Beta", "It has no TLP tag", 'type="submit">Publish'):
        assert text not in page


def test_the_organisation_that_wrote_a_deleted_event_brings_it_back_from_the_trash(site: Site) -> None:
    author, colleague, reader = (Reader(site) for _ in range(3))
    author.sign_in(site.email(PUBLISHER))
    colleague.sign_in(site.email(PUBLISHER))
    reader.sign_in(site.email(READ_ONLY))
    event = author.adds_event("Deleted by mistake")
    author.submit(f"/events/delete/{number_of(event)}", author.read(event))
    trash = colleague.read("/events/index?tab=trash")
    assert "Deleted by mistake" in trash
    assert "Deleted by mistake" not in reader.read("/events/index?tab=trash")
    restoring = re.search(r'action="(/events/restore/[^"]+)"', trash)
    assert restoring
    assert colleague.submit(restoring[1], trash) == event
    assert "Deleted by mistake" in author.read(event)


def test_what_its_source_no_longer_shows_is_marked(reader: Reader) -> None:
    event = reader.adds_event("Received")
    reader.adds_attribute(event, type="domain", value="gone.example", distribution="5")
    reader.adds_attribute(event, type="domain", value="here.example", distribution="5")
    assert "Gone at its source" not in reader.read(event)
    with writing():
        execute("UPDATE attribute SET gone_at_source = TRUE WHERE value1 = ?", ("gone.example",))
    page = reader.read(event)
    assert [row for row in rows_of(page) if "Gone at its source" in row] == [
        row for row in rows_of(page) if "gone.example" in row
    ]
    assert "exports leave it out" in page


def test_deleting_names_who_keeps_a_copy(reader: Reader, push_server: int) -> None:
    event = reader.adds_event("To be deleted")
    uuid = re.search(r'<code id="uuid">([^<]+)<', reader.read(event))
    assert uuid
    with writing():
        write_receipt(push_server, Direction.PUSH, uuid[1], Receipt(LedgerState.SENT, version=1))
    page = reader.read(f"/events/delete/{number_of(event)}")
    assert "<li>CERT Beta</li>" in page
    assert reader.submit(f"/events/delete/{number_of(event)}", page) == "/events/index"
    reader.read(event, status=404)


def test_deliveries_are_told_in_words(reader: Reader, push_server: int) -> None:
    event = reader.adds_event("Delivered")
    uuid = re.search(r'<code id="uuid">([^<]+)<', reader.read(event))
    assert uuid
    with writing():
        write_receipt(push_server, Direction.PUSH, uuid[1], Receipt(LedgerState.FAILED, "refused", "no, thanks", 403))
    assert "Needs attention" in reader.read(event)
    assert "They refused it. (HTTP 403)" in reader.read(f"{event}?tab=sharing")
    home = reader.read("/")
    assert "Delivered" in home
    assert "no, thanks" in home


def test_readers_are_offered_nothing_that_they_may_not_do(site: Site, reader: Reader) -> None:
    event = reader.adds_event("Look, do not touch")
    reader.adds_attribute(event, type="domain", value="look.example", distribution="5")
    guest = Reader(site)
    guest.sign_in(site.email(READ_ONLY))
    page = guest.read(event)
    forms = set(re.findall(r'<form[^>]* action="([^"]+)"', page))
    assert forms == {"/events/index", "/users/language", "/users/logout", event}, "searching, and filtering the event"
    assert "/events/edit/" not in page
    assert "You cannot change it" in page


def test_pages_speak_portuguese(site: Site) -> None:
    reader = Reader(site)
    reader.headers["Accept-Language"] = "pt-BR"
    reader.sign_in(site.email(ADMIN))
    page = reader.read(reader.adds_event("Um evento"))
    for text in ("Evento adicionado.", "Toda organização neste servidor o vê.", "Médio", "Em andamento", "Rascunho"):
        assert text in page


D = Distribution


@pytest.mark.parametrize(
    ("level", "attributes", "expected"),
    [
        pytest.param(D.ORGANISATION, [D.INHERIT], Reason.DISTRIBUTION, id="stays at home"),
        pytest.param(D.COMMUNITY, [D.INHERIT], Reason.DISTRIBUTION, id="stays on this server"),
        pytest.param(D.CONNECTED, [D.INHERIT], (D.COMMUNITY, 0), id="one step, lowered"),
        pytest.param(D.ALL, [D.INHERIT, D.COMMUNITY], (D.ALL, 1), id="one attribute stays"),
        pytest.param(D.ALL, [D.ORGANISATION], Reason.EMPTY, id="nothing is left to send"),
        pytest.param(D.ALL, [], Reason.EMPTY, id="nothing to send"),
    ],
)
def test_the_explainer_tells_what_a_push_does(
    site: Site,
    push_server: int,
    level: Distribution,
    attributes: list[Distribution],
    expected: Reason | tuple[Distribution, int],
) -> None:
    viewer = Viewer.everything(org_id=site.org_id)
    drafts = tuple(
        AttributeDraft(type="domain", value=f"h{place}.example", distribution=int(one))
        for place, one in enumerate(attributes)
    )
    draft = EventDraft(info="Who sees it?", distribution=int(level), attributes=drafts, tags=(TagDraft("tlp:green"),))
    told = audience.audience_of(viewer, str(events.add_event(viewer, draft).event_id))
    crossing = next(one for one in told.crossings if one.server.id == push_server)
    assert (crossing.refusal or (crossing.level, crossing.left_out)) == expected
    assert told.here == ("ACME",)
    assert told.fitness.tlp == "green"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("valueNotEmpty", "Please fill this in."),
        (
            "Failed to attach 1 tags. Reasons: x - Tag not found.",
            "There is no tag “x”, and your role may not make new ones.",
        ),
        ("A sentence that nobody put into words.", "A sentence that nobody put into words."),
    ],
    ids=["a code", "with a value", "unknown"],
)
def test_refusals_are_said_to_people(sentence: str, said: str) -> None:
    assert for_people(sentence) == said
