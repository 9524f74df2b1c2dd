"""Event reports over REST (API §9.5, sample 20p, PROTOCOL §3.9)."""

from typing import Any

import pytest

from mispmini.domain.ids import new_uuid
from tests.web.browsing import Reader
from tests.web.callers import Analyst
from tests.web.conftest import PUBLISHER, READ_ONLY, Site

Json = dict[str, Any]


@pytest.fixture
def analyst(site: Site) -> Analyst:
    """Somebody who adds and publishes."""
    return Analyst(site)


def added(analyst: Analyst, event: str, **fields: object) -> Json:
    """A fresh report, as it was answered."""
    return analyst.post(f"/eventReports/add/{event}", {"name": "Report", "content": "# Title", **fields})


def test_a_partner_that_probes_gets_a_description(analyst: Analyst) -> None:
    answer = analyst.get("/eventReports/add")
    assert (answer.status_code, bool(answer.json()["description"])) == (200, True)


def test_a_reader_gets_no_description(site: Site) -> None:
    assert Analyst(site, READ_ONLY).get("/eventReports/add").status_code == 403


def test_a_report_is_answered_with_its_event_beside_it(analyst: Analyst) -> None:
    event = analyst.adds_event()
    made = added(analyst, event)
    assert made["EventReport"]["distribution"] == "5"
    assert (made["EventReport"]["event_id"], made["Event"]["id"], made["Event"]["Orgc"]["name"]) == (
        event,
        event,
        "ACME",
    )
    assert made["SharingGroup"] == {"id": None, "name": None, "uuid": None}
    for ref in (made["EventReport"]["id"], made["EventReport"]["uuid"]):
        assert analyst.get(f"/eventReports/view/{ref}").json() == made


def test_the_index_is_of_one_event_and_of_live_reports(analyst: Analyst) -> None:
    event, other = analyst.adds_event(), analyst.adds_event()
    live, gone = added(analyst, event), added(analyst, event, name="Gone")
    added(analyst, other)
    analyst.post(f"/eventReports/delete/{gone['EventReport']['id']}")

    def names(tail: str = "") -> list[str]:
        return [
            item["EventReport"]["name"] for item in analyst.get(f"/eventReports/index/event_id:{event}{tail}").json()
        ]

    assert analyst.get(f"/eventReports/index/event_id:{event}").json() == [live]
    assert (names("/context:deleted"), names("/context:all")) == (["Gone"], ["Report", "Gone"])
    assert (names("/value:nothing"), names("/value:title")) == ([], ["Report"])
    assert analyst.get("/eventReports/index/event_id:x").json() == []


def test_an_edit_keeps_what_it_leaves_out(analyst: Analyst) -> None:
    made = added(analyst, analyst.adds_event())["EventReport"]
    edited = analyst.post(f"/eventReports/edit/{made['id']}", {"EventReport": {"name": "Better"}})["EventReport"]
    assert (edited["name"], edited["content"], int(edited["timestamp"]) > int(made["timestamp"])) == (
        "Better",
        "# Title",
        True,
    )


def test_a_nameless_report_is_a_save_failure(analyst: Analyst) -> None:
    told = analyst.post(f"/eventReports/add/{analyst.adds_event()}", {"content": "x"}, status=403)
    assert (told["message"], told["errors"]) == ("Could not add EventReport", {"name": ["valueNotEmpty"]})


def test_a_deletion_is_soft_and_restored_or_hard(analyst: Analyst) -> None:
    made = added(analyst, analyst.adds_event())["EventReport"]
    path = f"/eventReports/view/{made['id']}"
    assert analyst.post(f"/eventReports/delete/{made['id']}")["saved"] is True
    assert analyst.get(path).json()["EventReport"]["deleted"] is True
    assert analyst.post(f"/eventReports/restore/{made['id']}")["saved"] is True
    assert analyst.get(path).json()["EventReport"]["deleted"] is False
    analyst.post(f"/eventReports/delete/{made['id']}", {"hard": 1})
    assert analyst.get(path).status_code == 404


def test_an_absent_event_or_report_is_not_found(analyst: Analyst) -> None:
    assert analyst.post(f"/eventReports/add/{new_uuid()}", {"name": "x"}, status=404)["message"] == "Invalid event"
    assert analyst.get(f"/eventReports/view/{new_uuid()}").json()["message"] == "Invalid Event Report"


def test_tags_of_a_report_are_kept_with_it_changed_with_it_and_shown(analyst: Analyst, site: Site) -> None:
    event, tag, other = analyst.adds_event(), "tlp:green", "tlp:amber"
    made = added(analyst, event, Tag=[{"name": tag}, {"name": ""}])
    report = made["EventReport"]["id"]
    assert [one["name"] for one in made["EventReport"]["Tag"]] == [tag]
    assert analyst.get(f"/eventReports/view/{report}").json() == made
    shown = analyst.get(f"/events/view/{event}").json()["Event"]["EventReport"]
    assert [one["name"] for one in shown[0]["Tag"]] == [tag]
    reader = Reader(site)
    reader.sign_in(site.email(PUBLISHER))
    assert tag in reader.read(f"/event_reports/view/{report}")
    assert tag in reader.read(f"/events/view/{event}?tab=reports")
    kept = analyst.post(f"/eventReports/edit/{report}", {"content": "More"})["EventReport"]
    assert [one["name"] for one in kept["Tag"]] == [tag]
    changed = {"Tag": [{"name": tag, "deleted": True}], "EventReportTag": []}
    assert "Tag" not in analyst.post(f"/eventReports/edit/{report}", changed)["EventReport"]
    pivot = {"EventReportTag": [{"Tag": {"name": other}, "local": True}]}
    [local] = analyst.post(f"/eventReports/edit/{report}", pivot)["EventReport"]["Tag"]
    assert (local["name"], local["local"]) == (other, True)
