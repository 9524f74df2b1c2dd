"""Thirty steps of an analyst's day in plain PyMISP: from the first look in the morning to the report at night (issue 5)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pymisp import MISPAttribute, MISPEvent, MISPEventReport, MISPObject, MISPSighting, PyMISP

from mispmini.domain.ids import new_uuid
from tests.cast import Actor

Client = Any  # its answers are unions of dictionaries and objects, by the switch `pythonify`


@dataclass(slots=True)
class Day:
    """What the analyst works on: her client, a colleague's of another organisation, and the event of the day."""

    misp: Client
    colleague: Client
    admin: Client
    mark: str = field(default_factory=lambda: new_uuid()[:8])
    event: MISPEvent = field(default_factory=MISPEvent)
    proposal_id: int = 0

    def named(self, name: str) -> str:
        """A domain that no other test has."""
        return f"{name}-{self.mark}.example"

    @property
    def tag(self) -> str:
        """The tag of the campaign."""
        return f"campaign:day-{self.mark}"

    def reload(self) -> MISPEvent:
        """The event as it is now."""
        self.event = self.misp.get_event(self.event.uuid, pythonify=True)
        return self.event


Step = Callable[[Day], None]


def _said(answer: Any) -> str:
    """The sentence of an answer that is none of a refusal."""
    assert "errors" not in answer, answer
    return str(answer.get("message", answer.get("success", "")))


def _values(attributes: list[MISPAttribute]) -> list[str]:
    return [one.value for one in attributes]


def _one(day: Day, value: str) -> MISPAttribute:
    event = day.reload()
    every = [*event.attributes, *(one for item in event.objects for one in item.attributes)]
    return next(one for one in every if one.value == value)


def asks_who_she_is(day: Day) -> None:
    user, role, _settings = day.misp.get_user(pythonify=True, expanded=True)
    assert (role.perm_add, role.perm_publish, role.perm_site_admin) == (True, True, False), user


def asks_which_types_there_are(day: Day) -> None:
    assert "domain" in day.misp.describe_types_remote["types"]


def reads_what_came_in_over_night(day: Day) -> None:
    assert isinstance(day.misp.search(controller="events", publish_timestamp="1d", metadata=True, limit=10), list)


def looks_a_domain_up(day: Day) -> None:
    assert day.misp.search(controller="attributes", value=day.named("login"), pythonify=True) == []


def asks_the_warninglists(day: Day) -> None:
    assert "errors" not in day.misp.values_in_warninglist(["8.8.8.8", day.named("login")])


def has_the_campaign_tag_made(day: Day) -> None:
    assert day.admin.add_tag({"name": day.tag, "colour": "#336699"}, pythonify=True).name == day.tag
    assert [tag.name for tag in day.misp.search_tags(day.tag, pythonify=True)] == [day.tag]


def writes_the_event(day: Day) -> None:
    day.event.info, day.event.distribution, day.event.threat_level_id = f"Phishing {day.mark}", 1, 2
    day.event.add_attribute("domain", day.named("login"), comment="sender of the mails")
    day.event.add_tag(day.tag)
    day.event = day.misp.add_event(day.event, pythonify=True)
    assert [tag.name for tag in day.event.tags] == [day.tag]


def sees_that_it_exists(day: Day) -> None:
    assert day.misp.event_exists(day.event)
    assert not day.misp.event_exists(new_uuid())


def adds_one_attribute(day: Day) -> None:
    wanted = {"type": "url", "value": f"https://{day.named('login')}/bank", "to_ids": True}
    assert day.misp.add_attribute(day.event, wanted, pythonify=True).category == "Network activity"


def adds_a_handful_at_once(day: Day) -> None:
    wanted = [{"type": "domain", "value": day.named(name)} for name in ("one", "two", "three")]
    assert len(day.misp.add_attribute(day.event, wanted, pythonify=True)) == 3


def is_told_which_of_a_list_is_bad(day: Day) -> None:
    answer = day.misp.add_attribute(
        day.event, [{"type": "ip-dst", "value": "nowhere"}, {"type": "md5", "value": "a" * 32}]
    )
    assert answer["errors"].keys() == {"attribute_0"}


def pastes_a_text(day: Day) -> None:
    found = day.misp.freetext(day.event, f"seen: hxxps://{day.named('pasted')}[.]example/x", pythonify=True)
    assert found, "nothing was found in the text"


def adds_an_object(day: Day) -> None:
    pair = MISPObject("domain-ip")
    pair.add_attribute("domain", value=day.named("host"))
    pair.add_attribute("ip", value="198.51.100.7")
    assert len(day.misp.add_object(day.event, pair, pythonify=True).attributes) == 2


def joins_object_and_attribute(day: Day) -> None:
    source, target = day.reload().objects[0], _one(day, day.named("login"))
    reference = source.add_reference(target, "resolves-to")
    assert day.misp.add_object_reference(reference, pythonify=True).relationship_type == "resolves-to"


def corrects_a_comment(day: Day) -> None:
    found = _one(day, day.named("one"))
    found.comment = "second wave"
    assert day.misp.update_attribute(found, pythonify=True).comment == "second wave"


def takes_one_out_of_detection(day: Day) -> None:
    found = _one(day, day.named("two"))
    found.to_ids = False
    assert day.misp.update_attribute(found, pythonify=True).to_ids is False


def deletes_a_mistake(day: Day) -> None:
    assert _said(day.misp.delete_attribute(_one(day, day.named("three")))) == "Attribute deleted."
    assert day.named("three") not in _values(day.reload().attributes)


def tags_an_attribute(day: Day) -> None:
    found = _one(day, day.named("login"))
    assert "successfully attached" in _said(day.misp.tag(found, day.tag))
    assert [tag.name for tag in _one(day, day.named("login")).tags] == [day.tag]


def takes_the_tag_off(day: Day) -> None:
    assert "successfully removed" in _said(day.misp.untag(_one(day, day.named("login")), day.tag))


def notes_a_sighting(day: Day) -> None:
    sighting = MISPSighting()
    sighting.value, sighting.source = day.named("login"), "mail gateway"
    assert "errors" not in day.misp.add_sighting(sighting)
    assert [one.source for one in day.misp.sightings(_one(day, day.named("login")), pythonify=True)] == ["mail gateway"]


def publishes(day: Day) -> None:
    assert "errors" not in day.misp.publish(day.event)
    assert day.reload().published


def a_colleague_finds_it(day: Day) -> None:
    found = day.colleague.search(controller="attributes", value=day.named("login"), pythonify=True)
    assert _values(found) == [day.named("login")]


def the_colleague_proposes_another_value(day: Day) -> None:
    proposed = day.colleague.add_attribute_proposal(
        day.event, {"type": "domain", "value": day.named("proposed")}, pythonify=True
    )
    day.proposal_id = proposed.id
    assert proposed.value == day.named("proposed")


def accepts_the_proposal(day: Day) -> None:
    assert _said(day.misp.accept_attribute_proposal(day.proposal_id)) == "Proposed change accepted."
    assert _one(day, day.named("proposed"))


def the_colleague_may_not_change_the_event(day: Day) -> None:
    theirs = day.colleague.get_event(day.event.uuid, pythonify=True)
    theirs.info = "Taken over"
    assert day.colleague.update_event(theirs)["errors"][0] == 403


def exports_for_the_firewall(day: Day) -> None:
    text = day.misp.search(
        controller="attributes", return_format="text", tags=[day.tag], type_attribute="domain", to_ids=1
    )
    assert day.named("login") in str(text).split()
    assert day.named("two") not in str(text).split()


def exports_a_table(day: Day) -> None:
    table = day.misp.search(controller="attributes", return_format="csv", eventid=day.event.id)
    assert f'"{day.named("login")}"' in str(table) or day.named("login") in str(table)


def writes_a_report(day: Day) -> None:
    report = MISPEventReport()
    report.name, report.content, report.distribution = "What happened", "# Phishing\n\nIt is over.", 5
    assert day.misp.add_event_report(day.event, report, pythonify=True).name == "What happened"
    assert [one.name for one in day.misp.get_event_reports(day.event.id, pythonify=True)] == ["What happened"]


def closes_the_analysis(day: Day) -> None:
    event = day.reload()
    event.analysis = 2
    assert day.misp.update_event(event, pythonify=True).analysis == 2


def finds_the_day_in_the_index(day: Day) -> None:
    found = day.misp.search_index(eventinfo=day.event.info, pythonify=True)
    assert [one.uuid for one in found] == [day.event.uuid]


def deletes_a_draft(day: Day) -> None:
    draft = MISPEvent()
    draft.info = f"Draft {day.mark}"
    draft = day.misp.add_event(draft, pythonify=True)
    assert _said(day.misp.delete_event(draft)) == "Event deleted."
    assert not day.misp.event_exists(draft)


STEPS: tuple[Step, ...] = (
    asks_who_she_is, asks_which_types_there_are, reads_what_came_in_over_night, looks_a_domain_up,
    asks_the_warninglists, has_the_campaign_tag_made, writes_the_event, sees_that_it_exists, adds_one_attribute,
    adds_a_handful_at_once, is_told_which_of_a_list_is_bad, pastes_a_text, adds_an_object, joins_object_and_attribute,
    corrects_a_comment, takes_one_out_of_detection, deletes_a_mistake, tags_an_attribute, takes_the_tag_off,
    notes_a_sighting, publishes, a_colleague_finds_it, the_colleague_proposes_another_value, accepts_the_proposal,
    the_colleague_may_not_change_the_event, exports_for_the_firewall, exports_a_table, writes_a_report,
    closes_the_analysis, finds_the_day_in_the_index, deletes_a_draft,
)  # fmt: skip


def test_a_day_of_an_analyst(alice: Actor, bob: Actor, dora: Actor) -> None:
    alice_client, bob_client, dora_client = (PyMISP(one.server.url, one.key, timeout=30) for one in (alice, bob, dora))
    day = Day(alice_client, bob_client, dora_client)
    assert len(STEPS) >= 30
    for step in STEPS:
        try:
            step(day)
        except Exception as error:
            error.add_note(f"in the step: {step.__name__}")  # one test, many steps: say which
            raise
