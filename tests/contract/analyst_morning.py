"""Before noon: who am I, what is new, is it known; an event is written and published; others answer."""

import hashlib
from io import BytesIO

import pytest
from pymisp import MISPAttribute, MISPObject, MISPSighting, PyMISPError

from mispmini.domain.ids import new_uuid
from tests.contract.analyst import Day, found_by, one_of_value, said, values

SAMPLE = b"MZ: not a real program"
SHA256 = hashlib.sha256(SAMPLE).hexdigest()


def asks_who_she_is(day: Day) -> None:
    user, role, _settings = day.misp.get_user(pythonify=True, expanded=True)
    assert (role.perm_add, role.perm_publish, role.perm_site_admin) == (True, True, False), user


def is_turned_away_with_a_wrong_key(day: Day) -> None:
    with pytest.raises(PyMISPError, match="Authentication failed"):
        day.keyless("x" * 40)


def asks_which_server_and_types_there_are(day: Day) -> None:
    assert day.misp.misp_instance_version["version"].startswith("2.")
    assert "domain" in day.misp.describe_types_remote["types"]


def reads_what_came_in_over_night(day: Day) -> None:
    found = day.misp.search(controller="events", publish_timestamp="1d", metadata=True, limit=10, pythonify=True)
    assert isinstance(found, list)


def looks_a_domain_up(day: Day) -> None:
    assert found_by(day.misp, value=day.named("login")) == []


def asks_the_warninglists(day: Day) -> None:
    wanted = {"name": f"Everybody's {day.mark}", "type": "hostname", "entries": f"{day.mark}.example", "enabled": True}
    assert "errors" not in day.admin.direct_call("warninglists/add", wanted)
    hits = day.misp.values_in_warninglist([f"www.{day.mark}.example", day.named("login")])
    assert {value: [hit["name"] for hit in found] for value, found in hits.items()} == {
        f"www.{day.mark}.example": [wanted["name"]]
    }


def has_the_campaign_tag_made(day: Day) -> None:
    assert day.admin.add_tag({"name": day.tag, "colour": "#336699"}, pythonify=True).name == day.tag
    assert [tag.name for tag in day.misp.search_tags(day.tag, pythonify=True)] == [day.tag]


def writes_the_event(day: Day) -> None:
    day.event.info, day.event.distribution, day.event.threat_level_id = f"Phishing {day.mark}", 1, 2
    day.event.add_attribute("domain", day.named("login"), comment="sender of the mails")
    for tag in (day.tag, "tlp:green"):
        day.event.add_tag(tag)
    day.event = day.misp.add_event(day.event, pythonify=True)
    assert [tag.name for tag in day.event.tags] == [day.tag, "tlp:green"]
    assert day.event.attributes[0].category == "Network activity"


def sees_that_it_exists(day: Day) -> None:
    assert day.misp.event_exists(day.event)
    assert day.misp.attribute_exists(day.event.attributes[0])
    assert not day.misp.event_exists(new_uuid())


def adds_it_twice_by_mistake(day: Day) -> None:
    assert day.misp.add_event(day.event)["errors"][0] == 404


def adds_one_attribute(day: Day) -> None:
    wanted = {"type": "url", "value": f"https://{day.named('login')}/bank", "to_ids": True}
    assert day.misp.add_attribute(day.event, wanted, pythonify=True).category == "Network activity"


def adds_a_handful_at_once(day: Day) -> None:
    wanted = [{"type": "domain", "value": day.named(name)} for name in ("one", "two", "three")]
    added = day.misp.add_attribute(day.event, wanted, pythonify=True)
    assert values(added["attributes"]) == values(map(_as_attribute, wanted))


def _as_attribute(wanted: dict[str, str]) -> MISPAttribute:
    attribute = MISPAttribute()
    attribute.from_dict(**wanted)
    return attribute


def is_told_which_of_a_list_is_bad(day: Day) -> None:
    wanted = [{"type": "ip-dst", "value": "nowhere"}, {"type": "md5", "value": "a" * 32}]
    answer = day.misp.add_attribute(day.event, wanted, pythonify=True)
    assert list(answer["errors"]) == ["attribute_0"]
    assert values(answer["attributes"]) == ["a" * 32]


def pastes_a_text(day: Day) -> None:
    site = f"{day.mark}.exemplo.com.br"
    text = f"Visto: hxxps://{site}/x e 198[.]51[.]100[.]9, também por {day.mark}[@]exemplo.com.br."
    found = day.misp.freetext(day.event, text, pythonify=True)
    assert {(one.type, one.value) for one in found} == {
        ("url", f"https://{site}/x"), ("ip-dst", "198.51.100.9"), ("email-src", f"{day.mark}@exemplo.com.br"),
    }  # fmt: skip


def adds_an_object(day: Day) -> None:
    pair = MISPObject("domain-ip")
    pair.add_attribute("domain", value=day.named("host"))
    pair.add_attribute("ip", value="198.51.100.7")
    added = day.misp.add_object(day.event, pair, pythonify=True)
    assert [one.object_relation for one in added.attributes] == ["domain", "ip"]


def adds_the_sample_that_came_by_mail(day: Day) -> None:
    file = MISPObject("file")
    file.add_attribute("filename", value=f"{day.mark}.exe")
    file.add_attribute("sha256", value=SHA256)
    file.add_attribute("malware-sample", value=f"{day.mark}.exe", data=BytesIO(SAMPLE))
    added = day.misp.add_object(day.event, file, pythonify=True)
    sample = next(one for one in added.attributes if one.type == "malware-sample")
    assert sample.value == f"{day.mark}.exe|{hashlib.md5(SAMPLE, usedforsecurity=False).hexdigest()}"


def gets_the_sample_back(day: Day) -> None:
    found = day.misp.search(
        controller="attributes",
        eventid=day.event.id,
        type_attribute="malware-sample",
        with_attachments=True,
        pythonify=True,
    )
    assert found[0].malware_binary.getvalue() == SAMPLE


def joins_object_and_attribute(day: Day) -> None:
    source = next(one for one in day.reload().objects if one.name == "domain-ip")
    reference = source.add_reference(one_of_value(day, day.named("login")), "resolves-to")
    assert day.misp.add_object_reference(reference, pythonify=True).relationship_type == "resolves-to"
    kept = next(one for one in day.reload().objects if one.name == "domain-ip")
    assert [one.relationship_type for one in kept.references] == ["resolves-to"]


def corrects_a_comment(day: Day) -> None:
    found = one_of_value(day, day.named("one"))
    found.comment = "second wave"
    assert day.misp.update_attribute(found, pythonify=True).comment == "second wave"


def takes_one_out_of_detection(day: Day) -> None:
    found = one_of_value(day, day.named("two"))
    found.to_ids = False
    assert day.misp.update_attribute(found, pythonify=True).to_ids is False


def deletes_a_mistake_and_takes_it_back(day: Day) -> None:
    mistaken = one_of_value(day, day.named("three"))
    assert said(day.misp.delete_attribute(mistaken)) == "Attribute deleted."
    assert day.named("three") not in values(day.reload().attributes)
    assert day.misp.restore_attribute(mistaken, pythonify=True).deleted is False
    assert day.named("three") in values(day.reload().attributes)


def tags_an_attribute_and_takes_it_off(day: Day) -> None:
    found = one_of_value(day, day.named("login"))
    assert "successfully attached" in said(day.misp.tag(found, day.tag))
    assert [tag.name for tag in one_of_value(day, day.named("login")).tags] == [day.tag]
    assert "successfully removed" in said(day.misp.untag(found, day.tag))
    assert not one_of_value(day, day.named("login")).tags


def names_the_actor_with_a_cluster(day: Day) -> None:
    galaxy = {
        "uuid": new_uuid(),
        "name": f"Actors {day.mark}",
        "type": f"actors-{day.mark}",
        "description": "",
        "version": "1",
    }
    cluster = {"uuid": new_uuid(), "type": galaxy["type"], "value": "Grey Ibis", "version": "1", "distribution": "3"}
    day.admin.direct_call("galaxies/pushCluster", [{"GalaxyCluster": {**cluster, "Galaxy": galaxy}}])
    found = day.misp.search_galaxy_clusters(galaxy["uuid"], searchall="Ibis", pythonify=True)
    assert "errors" not in day.misp.attach_galaxy_cluster(day.event, found[0])
    named = day.reload()
    assert [one.value for item in named.galaxies for one in item.clusters] == ["Grey Ibis"]
    assert f'misp-galaxy:{galaxy["type"]}="{cluster["uuid"]}"' in [tag.name for tag in named.tags]


def notes_what_she_thinks(day: Day) -> None:
    note = day.event.add_note("Same kit as in spring.", language="en")
    assert day.misp.add_note(note, pythonify=True).note == "Same kit as in spring."
    assert [one.note for one in day.reload().notes] == ["Same kit as in spring."]


def notes_sightings(day: Day) -> None:
    seen, not_seen = MISPSighting(), MISPSighting()
    seen.value, seen.source = day.named("login"), "mail gateway"
    not_seen.type, not_seen.source = "1", "sandbox"
    assert "errors" not in day.misp.add_sighting(seen)
    assert day.misp.add_sighting(not_seen, one_of_value(day, day.named("login")), pythonify=True).type == "1"
    found = day.misp.sightings(one_of_value(day, day.named("login")), pythonify=True)
    assert sorted(one.source for one in found) == ["mail gateway", "sandbox"]
    assert day.misp.search_sightings(context="event", context_id=day.event.id, source="sandbox", pythonify=True)


def keeps_something_for_her_organisation(day: Day) -> None:
    own = {"type": "email-dst", "value": f"vera@{day.named('bank')}", "distribution": 0}
    assert day.misp.add_attribute(day.event, own, pythonify=True).distribution == 0
    assert found_by(day.misp, value=own["value"]) == [own["value"]]
    assert found_by(day.colleague, value=own["value"]) == []


def publishes(day: Day) -> None:
    assert "errors" not in day.misp.publish(day.event)
    assert day.reload().published


def a_colleague_finds_it(day: Day) -> None:
    assert found_by(day.colleague, value=day.named("login")) == [day.named("login")]


def the_colleague_proposes_and_she_accepts(day: Day) -> None:
    wanted = {"type": "domain", "value": day.named("proposed")}
    proposed = day.colleague.add_attribute_proposal(day.event, wanted, pythonify=True)
    assert [one.id for one in day.misp.attribute_proposals(day.event, pythonify=True)] == [proposed.id]
    assert said(day.misp.accept_attribute_proposal(proposed)) == "Proposed change accepted."
    assert one_of_value(day, day.named("proposed"))


def the_colleague_proposes_another_value_and_she_discards(day: Day) -> None:
    theirs = one_of_value(day, day.named("one"))
    changed = {"type": "domain", "value": day.named("changed")}
    proposed = day.colleague.update_attribute_proposal(theirs, changed, pythonify=True)
    assert said(day.misp.discard_attribute_proposal(proposed)) == "Proposal discarded."
    assert day.misp.attribute_proposals(day.event, pythonify=True) == []
    assert one_of_value(day, day.named("one"))


def the_colleague_may_not_change_the_event(day: Day) -> None:
    theirs = day.colleague.get_event(day.event.uuid, pythonify=True)
    theirs.info = "Taken over"
    assert day.colleague.update_event(theirs)["errors"][0] == 403
