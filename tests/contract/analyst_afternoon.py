"""After noon: the event is searched, exported, reported and closed, and something remains for a few."""

import json

from pymisp import MISPEvent, MISPEventReport, MISPSharingGroup

from tests.contract.analyst import Day, found_by, one_of_value, said, values
from tests.contract.analyst_morning import publishes


def searches_by_value_type_tag_and_date(day: Day) -> None:
    domains = {"eventid": day.event.id, "type_attribute": "domain"}
    named = [day.named(name) for name in ("host", "login", "one", "proposed", "three", "two")]
    assert found_by(day.misp, **domains) == named
    assert found_by(day.misp, **domains, to_ids=1) == [value for value in named if value != day.named("two")]
    assert found_by(day.misp, value=f"%{day.mark}.example", tags=[day.tag], type_attribute="domain") == named
    assert found_by(day.misp, tags=[f"!{day.tag}"], value=f"%{day.mark}%") == []
    assert found_by(day.misp, value=day.named("one"), date_from="1d", timestamp="1h") == [day.named("one")]
    assert found_by(day.misp, value=day.named("one"), date_to="2001-01-01") == []


def searches_with_a_complex_query(day: Day) -> None:
    query = day.misp.build_complex_query(
        or_parameters=[day.named("one"), day.named("two")], not_parameters=[day.named("two")]
    )
    assert found_by(day.misp, value=query) == [day.named("one")]


def searches_objects(day: Day) -> None:
    found = day.misp.search(controller="objects", object_name="domain-ip", eventid=day.event.id, pythonify=True)
    assert [values(one.attributes) for one in found] == [["198.51.100.7", day.named("host")]]


def finds_the_day_in_the_index(day: Day) -> None:
    """It is a draft again: accepting a proposal unpublishes, like every change (MODEL §7.12)."""
    found = day.misp.search_index(eventinfo=day.event.info, tags=[day.tag], published=False, pythonify=True)
    assert [one.uuid for one in found] == [day.event.uuid]


def publishes_again_what_was_changed(day: Day) -> None:
    wanted = {"controller": "attributes", "return_format": "text", "tags": [day.tag], "type_attribute": "domain"}
    assert day.misp.search(**wanted) == {"errors": "The response is empty."}
    publishes(day)


def exports_for_the_firewall(day: Day) -> None:
    wanted = {"controller": "attributes", "tags": [day.tag], "type_attribute": "domain", "to_ids": 1}
    lines = day.misp.search(return_format="text", **wanted).split()
    assert day.named("login") in lines
    assert day.named("two") not in lines


def exports_a_table(day: Day) -> None:
    table = day.misp.search(controller="attributes", return_format="csv", eventid=day.event.id, pythonify=True)
    row = next(row for row in table if row["value"] == day.named("login"))
    assert (row["type"], row["comment"]) == ("domain", "sender of the mails")


def exports_rules_for_the_sensor(day: Day) -> None:
    rules = day.misp.search(controller="attributes", return_format="suricata", eventid=day.event.id, to_ids=1)
    assert [line for line in str(rules).splitlines() if line.startswith("alert dns") and day.named("login") in line]


def exports_stix(day: Day) -> None:
    bundle = day.misp.search(controller="events", return_format="stix2", eventid=day.event.id)
    bundle = json.loads(bundle) if isinstance(bundle, str) else bundle
    assert bundle["type"] == "bundle"
    assert day.named("login") in json.dumps(bundle)


def counts(day: Day) -> None:
    assert day.misp.tags_statistics()["tags"][day.tag]
    assert int(day.misp.attributes_statistics()["domain"]) >= 6
    assert "stats" in day.misp.users_statistics()


def writes_a_report(day: Day) -> None:
    report = MISPEventReport()
    report.name, report.content, report.distribution = "What happened", "# Phishing\n\nIt is over.", 5
    made = day.misp.add_event_report(day.event, report, pythonify=True)
    made.content = "# Phishing\n\nIt is over, again."
    assert day.misp.update_event_report(made, pythonify=True).content.endswith("again.")
    assert [one.name for one in day.misp.get_event_reports(day.event.id, pythonify=True)] == ["What happened"]


def closes_the_analysis(day: Day) -> None:
    event = day.reload()
    event.analysis = 2
    event.add_attribute("domain", day.named("late"))
    closed = day.misp.update_event(event, pythonify=True)
    assert (closed.analysis, closed.published) == (2, False)
    assert day.named("late") in values(closed.attributes)


def has_a_group_made_for_a_few(day: Day) -> None:
    wanted = MISPSharingGroup()
    wanted.name, wanted.releasability = f"Banks {day.mark}", "Banks only"
    day.group = day.admin.add_sharing_group(wanted, pythonify=True)
    assert (
        said(day.admin.add_org_to_sharing_group(day.group, day.colleague_org))
        == "Organisation added to the sharing group."
    )
    assert day.group.name in [one.name for one in day.misp.sharing_groups(pythonify=True)]


def keeps_one_attribute_for_the_few(day: Day) -> None:
    found = one_of_value(day, day.named("late"))
    changed = day.misp.change_sharing_group_on_entity(found, day.group.id, pythonify=True)
    assert (changed.distribution, int(changed.sharing_group_id)) == (4, int(day.group.id))
    assert "errors" not in day.misp.publish(day.event)
    assert found_by(day.colleague, value=day.named("late")) == [day.named("late")]
    assert found_by(day.outsider, value=day.named("late")) == []


def extends_the_event(day: Day) -> None:
    more = MISPEvent()
    more.info, more.distribution, more.extends_uuid = f"More of {day.mark}", 0, day.event.uuid
    more.add_attribute("domain", day.named("extension"))
    assert day.misp.add_event(more, pythonify=True).extends_uuid == day.event.uuid
    whole = day.misp.get_event(day.event.uuid, extended=True, pythonify=True)
    assert day.named("extension") in values(whole.attributes)


def deletes_a_draft(day: Day) -> None:
    draft = MISPEvent()
    draft.info = f"Draft {day.mark}"
    draft = day.misp.add_event(draft, pythonify=True)
    assert said(day.misp.delete_event(draft)) == "Event deleted."
    assert not day.misp.event_exists(draft)


def looks_at_what_the_log_says(day: Day) -> None:
    found = day.admin.search_logs(model="Event", title=f"%{day.mark}%", created="1h", pythonify=True)
    assert {"add", "edit", "publish"} <= {one.action for one in found}
