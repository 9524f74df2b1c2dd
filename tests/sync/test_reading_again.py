"""What was pulled while its partner may still have been writing it is read again (RULES §11)."""

import json
from email.utils import formatdate
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.distribution import Reason
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState
from mispmini.domain.servers import LinkedServer
from mispmini.services import tags
from mispmini.services.events import delete_event
from mispmini.store import rereadings, servers, sql
from mispmini.store.attachments import attributes_having_files
from mispmini.store.database import writing
from mispmini.store.ledger import list_entries_of_event
from mispmini.store.rereadings import AGAIN_SECONDS, MOST_READINGS, Rereading
from mispmini.store.versions import local_versions
from mispmini.sync.pull import AGAIN, FULL, pull_from
from mispmini.web.building.receipts import ledger_row
from tests.sync.ground import OUTBOUND, Ground
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import lines_of
from tests.sync.test_pull import Json, Source, event

YEAR = 365 * 86400
WRITTEN = 1_700_000_000


def attribute(**more: Any) -> Json:
    """An attribute of the version that is being written."""
    kept = {"type": "domain", "category": "Network activity", "distribution": "5", "timestamp": str(WRITTEN)}
    return kept | {"uuid": new_uuid(), "value": f"{new_uuid()}.example"} | more


class Writer(Source):
    """A partner whose clock says `now`, and whose one event is not all there from the beginning."""

    def __init__(self, *parts: list[Json], age: int = 60, now: int = WRITTEN + 60, **more: Any) -> None:
        self.readings, self.now = list(parts), now
        self.event = event(timestamp=str(WRITTEN), publish_timestamp=str(now - age), **more)
        super().__init__(self.event)

    def _view(self, request: Received) -> bytes:
        if self.readings:
            self.event["Attribute"] = self.readings[0] if len(self.readings) == 1 else self.readings.pop(0)
        if self.event["uuid"] in self.answers:
            return self.answers[self.event["uuid"]]()
        return answer({"Event": self.event}, Date=formatdate(self.now, usegmt=True))


class Pulls:
    """One link to a partner, and its runs."""

    def __init__(self, ground: Ground, partner: HostileServer, **wish: Any) -> None:
        self.ground, self.partner = ground, partner
        self.server = ground.links(partner.url, **({"pull": True} | wish))

    @property
    def link(self) -> LinkedServer:
        """As it is now."""
        found = servers.find_any_server(self.server.id)
        assert found is not None
        return found

    def run(self, technique: str = FULL) -> int:
        """One run; how many events it asked for."""
        before = len(self.partner.requests)
        pull_from(self.link, technique, OUTBOUND)
        return sum("/events/view/" in line for line in lines_of(self.partner)[before:])

    def waits(self, uuid: str) -> Rereading | None:
        """What the ledger's row says of a further reading."""
        [entry] = [one for one in list_entries_of_event(uuid) if one.server_id == self.server.id]
        return entry.again


def values_of(ground: Ground, uuid: str) -> set[str]:
    """The values of an event here."""
    return {item.value for item in ground.sees(uuid).attributes}


@pytest.mark.parametrize("ahead", [0, -3 * YEAR, 3 * YEAR], ids=["our time", "years behind", "years ahead"])
def test_what_was_still_being_written_is_completed_by_the_next_run_and_then_left_alone(
    ground: Ground, ahead: int
) -> None:
    written = [attribute() for _ in range(8)]
    writer = Writer(written[:5], written, now=clock.now() + ahead, age=60)
    uuid = writer.event["uuid"]
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        assert pulls.run() == 1
        assert len(values_of(ground, uuid)) == 5
        assert pulls.waits(uuid) is not None, "the row says that it may not be whole"
        assert pulls.run() == 1, "although the index says 304"
        assert values_of(ground, uuid) == {item["value"] for item in written}
        assert pulls.run() == 1, "until two readings agree"
        assert pulls.waits(uuid) is None
        assert pulls.run() == 0
    assert ground.receipt(pulls.server, uuid).state is LedgerState.UPDATED


def test_the_row_says_so_in_words(ground: Ground) -> None:
    writer = Writer([attribute()], [attribute()])
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
    [entry] = list_entries_of_event(writer.event["uuid"])
    row = ledger_row(entry, with_detail=True)
    assert "may still have been writing it" in row.again
    assert row.again_at == pytest.approx(clock.now() + AGAIN_SECONDS, abs=5)


@pytest.mark.parametrize(
    ("settled", "wish"),
    [
        (True, {"age": 900}),
        (False, {"age": 899}),
        (False, {"age": YEAR, "attribute_count": "1001"}),
        (True, {"age": YEAR, "attribute_count": "1000"}),
        (True, {"age": YEAR, "protected": True}),
    ],
    ids=["old", "young", "large by what it says", "not large", "protected"],
)
def test_only_the_young_and_the_large_are_read_again(ground: Ground, settled: bool, wish: Json) -> None:
    writer = Writer([attribute()], **wish)
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        assert (pulls.waits(writer.event["uuid"]) is None) is settled
        assert pulls.run() == (0 if settled else 1)
        assert pulls.run() == 0


def test_an_old_event_that_is_large_is_read_again(ground: Ground) -> None:
    many = [attribute() for _ in range(1_001)]
    writer = Writer(many, age=YEAR)
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        assert [pulls.run(), pulls.run(), pulls.run()] == [1, 1, 0]


def test_what_is_read_again_unchanged_writes_nothing(ground: Ground) -> None:
    writer = Writer([attribute()])
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        known = sql.row("SELECT rev, timestamp, publish_timestamp FROM event WHERE uuid = ?", (writer.event["uuid"],))
        receipt, said = ground.receipt(pulls.server, writer.event["uuid"]), pulls.link.last_pull_result
        pulls.run()
        again = sql.row("SELECT rev, timestamp, publish_timestamp FROM event WHERE uuid = ?", (writer.event["uuid"],))
        assert again == known
    assert ground.receipt(pulls.server, writer.event["uuid"]) == receipt
    assert "1 events pulled" in str(said)
    assert "0 events pulled" in str(pulls.link.last_pull_result)


def test_an_event_that_was_read_before_its_first_attribute_comes(ground: Ground) -> None:
    writer = Writer([], [attribute()])
    uuid = writer.event["uuid"]
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        assert ground.receipt(pulls.server, uuid).reason == Reason.EMPTY
        pulls.run()
    assert ground.receipt(pulls.server, uuid).state is LedgerState.SENT
    assert len(values_of(ground, uuid)) == 1


def test_what_was_written_after_its_element_is_added_too(ground: Ground) -> None:
    """Inside objects, tags, files and references: the object, attribute or report is here already."""
    stamp, tag = {"timestamp": str(WRITTEN), "distribution": "5"}, [{"name": f"case:{new_uuid()}"}]
    bare, file = attribute(), attribute(type="attachment", category="External analysis", value="a.txt")
    report = {"uuid": new_uuid(), "name": "r", "content": "c"} | stamp
    obj = {"uuid": new_uuid(), "name": "domain-ip", "meta-category": "network", "description": "d"} | stamp
    inside = [attribute(object_relation="domain") for _ in range(3)]
    reference = {"uuid": new_uuid(), "referenced_uuid": bare["uuid"], "relationship_type": "x"} | stamp
    writer = Writer(
        [bare, file],
        [bare | {"Tag": tag}, file | {"data": "aGVsbG8="}],
        Object=[obj | {"Attribute": inside[:1]}],
        EventReport=[report],
    )
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        writer.event["Object"] = [obj | {"Attribute": inside, "ObjectReference": [reference]}]
        writer.event |= {"EventReport": [report | {"Tag": tag}], "Tag": tag}
        pulls.run()
    seen = ground.sees(writer.event["uuid"])
    numbers = {item.uuid: item.id for item in seen.attributes}
    assert {item["uuid"] for item in inside} <= numbers.keys()
    held = (seen.tags, seen.attribute_tags[numbers[bare["uuid"]]], seen.report_tags[seen.reports[0].id])
    assert [[one.name for one in carried] for carried in held] == [[tag[0]["name"]]] * 3
    assert attributes_having_files([numbers[file["uuid"]]])
    assert len(seen.references[seen.objects[0].id]) == 1


def test_a_partner_that_never_settles_is_read_five_times(ground: Ground) -> None:
    growing = [attribute() for _ in range(9)]
    writer = Writer(*(growing[:size] for size in range(1, 10)))
    uuid = writer.event["uuid"]
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        assert [pulls.run() for _ in range(7)] == [1] * MOST_READINGS + [0, 0]
        waits = pulls.waits(uuid)
    assert waits is not None
    assert (waits.readings, waits.due) == (MOST_READINGS, None)
    assert len(values_of(ground, uuid)) == MOST_READINGS
    assert "5" in ledger_row(list_entries_of_event(uuid)[0], with_detail=True).again
    assert rereadings.servers_due(clock.now() + YEAR) == []


def test_a_timestamp_that_moves_with_each_reading_is_no_way_around_the_five(ground: Ground) -> None:
    writer = Writer([attribute()])
    uuid = writer.event["uuid"]

    def moved() -> bytes:
        writer.event["timestamp"] = str(int(writer.event["timestamp"]) + 10)
        return answer({"Event": writer.event}, Date=formatdate(writer.now, usegmt=True))

    writer.answers[uuid] = moved
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        assert [pulls.run()] + [pulls.run(AGAIN) for _ in range(6)] == [1] * MOST_READINGS + [0, 0]


def test_a_newer_version_is_counted_anew(ground: Ground) -> None:
    writer = Writer([attribute()], [attribute()], [attribute()])
    uuid = writer.event["uuid"]
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        pulls.run()
        writer.event["timestamp"], writer.tag = str(WRITTEN + 50), '"two"'
        pulls.run()
        waits = pulls.waits(uuid)
    assert waits is not None
    assert waits.readings == 1


def test_a_run_by_itself_reads_what_is_due_and_no_index(ground: Ground) -> None:
    written = [attribute() for _ in range(3)]
    writer = Writer(written[:1], written)
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        assert rereadings.servers_due(clock.now()) == []
        assert [one.id for one in rereadings.servers_due(clock.now() + AGAIN_SECONDS)] == [pulls.server.id]
        before = len(partner.requests)
        assert pulls.run(AGAIN) == 1
        assert [line.split("/")[2] for line in lines_of(partner)[before:]] == ["getVersion", "view"]
    assert len(values_of(ground, writer.event["uuid"])) == 3


@pytest.mark.parametrize("wish", [{"pull": False}, {"paused": True}], ids=str)
def test_nothing_happens_by_itself_on_a_link_that_does_not_pull(ground: Ground, wish: Json) -> None:
    writer = Writer([attribute()])
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        with writing():
            servers.update_server(pulls.server.id, wish)
    assert rereadings.servers_due(clock.now() + YEAR) == []


def test_what_was_changed_here_meanwhile_stays_and_the_rest_is_added(ground: Ground) -> None:
    written = [attribute() for _ in range(3)]
    writer = Writer(written[:1], written)
    uuid = writer.event["uuid"]
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        tags.attach(ground.admin, tags.event_target(ground.admin, uuid), "workflow:ours")
        ours = ground.sees(uuid).event
        pulls.run()
    seen = ground.sees(uuid)
    assert {item.value for item in seen.attributes} == {item["value"] for item in written}
    assert (seen.event.timestamp, seen.event.published) == (ours.timestamp, ours.published)
    assert [tag.name for tag in seen.tags] == ["workflow:ours"]
    assert ours.timestamp > WRITTEN
    assert ground.receipt(pulls.server, uuid).version == WRITTEN, "a later version of theirs is still newer"


def test_what_was_deleted_here_is_not_waited_for(ground: Ground) -> None:
    writer = Writer([attribute()], [attribute()])
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        delete_event(ground.admin, writer.event["uuid"])
        assert pulls.run() == 0
    assert local_versions([writer.event["uuid"]])[writer.event["uuid"]].trashed
    assert rereadings.to_read_again(pulls.server.id) == {}


def test_a_refusal_counts_as_a_reading_and_the_ledger_keeps_what_it_knows(ground: Ground) -> None:
    writer = Writer([attribute()])
    uuid = writer.event["uuid"]
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        writer.answers[uuid] = lambda: answer({"name": "Invalid event"}, "404 Not Found")
        assert [pulls.run() for _ in range(6)] == [1] * (MOST_READINGS - 1) + [0, 0]
    assert ground.receipt(pulls.server, uuid).state is LedgerState.SENT


def test_no_answer_is_no_reading(ground: Ground) -> None:
    writer = Writer([attribute()])
    uuid = writer.event["uuid"]
    with writer.server() as partner:
        pulls = Pulls(ground, partner)
        pulls.run()
        writer.answers[uuid] = lambda: answer(json.dumps({"Event": {}}).encode()[:5], length=500, Connection="close")
        pulls.run()
        waits = pulls.waits(uuid)
    assert waits is not None
    assert (waits.readings, waits.due is None) == (1, False)
