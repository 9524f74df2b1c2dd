"""Events as they go out: our own golden texts, and the shapes of a real MISP's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain.graphs import EventGraph
from mispmini.domain.index_items import IndexItem
from mispmini.domain.records import GroupName, IndexOrganisation, IndexTag, MinimalIndexRow
from mispmini.wire.attribute_out import (
    context_event_json,
    edited_attribute_json,
    found_attribute_json,
    found_event_json,
    saved_attribute_json,
)
from mispmini.wire.event_in import read_event
from mispmini.wire.event_out import OutOptions, event_chunks, event_json
from mispmini.wire.index_out import index_item_json, minimal_index_item_json
from mispmini.wire.object_out import saved_object_json, viewed_object_json
from tests.pace import rounds_worth
from tests.wire import example
from tests.wire.conftest import Recordings

GOLDEN = Path(__file__).parents[1] / "golden"
PUSH = OutOptions(for_push=True, with_creator_email=True)
METADATA = OutOptions(metadata=True, with_creator_email=True)
NORTH = IndexOrganisation(1, "CERT North", example.NORTH.uuid)
INDEX_ITEM = IndexItem(
    event=example.EVENT,
    org=NORTH,
    orgc=IndexOrganisation(2, "CERT “South”", example.SOUTH.uuid),
    tags=(IndexTag(27, 5, False, None, "tlp:green", "#33cc00", False),),
    sharing_group=GroupName(9, "Banks", example.GROUP.uuid),
)


def written(graph: EventGraph, options: OutOptions) -> Any:
    return json.loads(event_json(graph, options=options))


CASES = {
    "event-view": lambda: event_json(example.everything(), options=OutOptions(with_creator_email=True)),
    "event-push": lambda: event_json(example.everything(), options=PUSH),
    "event-metadata": lambda: event_json(example.everything(), options=METADATA),
    "event-empty": lambda: event_json(example.nothing_but_itself()),
    "index-item": lambda: index_item_json(INDEX_ITEM),
    "index-minimal": lambda: minimal_index_item_json(MinimalIndexRow(1, 2, 0, True, example.EVENT.uuid, NORTH.uuid)),
    "attribute-saved": lambda: saved_attribute_json(example.LOOSE),
    "attribute-edited": lambda: edited_attribute_json(example.LOOSE, [example.LOCAL, example.GONE]),
    "attribute-found": lambda: found_attribute_json(
        example.INSIDE,
        tags=[example.LOCAL, example.GONE],
        inherited=[example.GREEN],
        event=found_event_json(example.EVENT),
        obj=example.OBJECT,
        event_uuid=example.EVENT.uuid,
        data=b"x",
    ),
    "event-context": lambda: context_event_json(example.EVENT, example.SOUTH, [example.GREEN]),
    "object-viewed": lambda: viewed_object_json(
        example.OBJECT, example.EVENT, [example.INSIDE], [example.TO_ATTRIBUTE], {103: [example.GREEN]}
    ),
    "object-saved": lambda: saved_object_json(example.OBJECT, [example.INSIDE]),
}


@pytest.mark.parametrize("name", CASES)
def test_json_is_written_as_the_golden_file_says(name: str) -> None:
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    text = CASES[name]()
    assert json.loads(text) == expected
    assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def shape(value: Any) -> Any:
    """Keys and kinds of values, lists by their first item."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value[:1]]
    return type(value).__name__


def without(record: Any, *names: str) -> Any:
    return {key: value for key, value in record.items() if key not in names}


def plain_event() -> EventGraph:
    """The sharable part of the example, as sample 08's event is made."""
    graph = example.everything()
    return replace(
        graph,
        event=graph.event._replace(distribution=1, sharing_group_id=None, extra=None),
        tags=[example.GREEN],
        attributes=[example.LOOSE._replace(first_seen=None, extra=None), example.INSIDE],
        attribute_tags={101: [example.GREEN]},
        objects=[example.OBJECT._replace(last_seen=None)],
        references={},
        related=(),
    )


def test_a_view_has_the_shape_of_misps(recordings: Recordings) -> None:
    theirs = recordings.answer("08-events-view")["Event"]
    ours = written(plain_event(), OutOptions(with_creator_email=True))["Event"]
    assert shape(without(ours, "Galaxy")) == shape(without(theirs, "Galaxy"))


def test_metadata_has_the_shape_of_misps(recordings: Recordings) -> None:
    theirs = recordings.answer("10b-events-restSearch-metadata")["response"][0]["Event"]
    ours = written(replace(plain_event(), tags=()), METADATA)["Event"]
    assert shape(ours) == shape(theirs)


def test_a_push_has_the_shape_of_misps(recordings: Recordings) -> None:
    pushed = {where: event for where, event in recordings.events("transcripts", "1[23]*") if "ThreatLevel" in event}
    theirs = pushed["12-push-sharing-group-with-B"]
    graph = replace(plain_event(), tags=(), attribute_tags={}, objects=(), reports=())
    limited = replace(graph, event=graph.event._replace(distribution=4, sharing_group_id=9))
    ours = written(replace(limited, attributes=limited.attributes[:1]), PUSH)["Event"]
    assert {**shape(ours), "Attribute": shape([without(a, "object_relation") for a in ours["Attribute"]])} == {
        **shape(theirs),
        "Attribute": shape([without(a, "object_relation") for a in theirs["Attribute"]]),
    }


@pytest.mark.parametrize("index", [0, 1], ids=["tagged", "plain"])
def test_a_found_attribute_has_the_shape_of_misps(recordings: Recordings, index: int) -> None:
    theirs = recordings.answer("11-attributes-restSearch")["response"]["Attribute"][index]
    ours = found_attribute_json(
        example.LOOSE._replace(first_seen=None, extra=None),
        tags=[example.GREEN][index:],
        event=found_event_json(example.EVENT),
    )
    assert shape(json.loads(ours)) == shape(theirs)


@pytest.mark.parametrize(
    ("sample", "key", "ours"),
    [
        ("16-attributes-add", "Attribute", saved_attribute_json(example.LOOSE._replace(extra=None, first_seen=None))),
        (
            "16f-attributes-edit",
            "Attribute",
            edited_attribute_json(example.LOOSE._replace(extra=None, first_seen=None), [example.GREEN]),
        ),
        ("17c-objects-add", "Object", saved_object_json(example.OBJECT._replace(last_seen=None), [example.INSIDE])),
    ],
    ids=["attribute-add", "attribute-edit", "object-add"],
)
def test_what_was_saved_has_the_shape_of_misps(recordings: Recordings, sample: str, key: str, ours: str) -> None:
    theirs = shape(recordings.answer(sample)[key])
    assert {**shape(json.loads(ours)), "object_relation": None} == {**theirs, "object_relation": None}


def test_index_items_have_the_shape_of_misps(recordings: Recordings) -> None:
    theirs = recordings.answer("09c-events-index-POST-filter")[0]
    tagged = replace(INDEX_ITEM, sharing_group=None, tags=(INDEX_ITEM.tags[0]._replace(relationship_type=""),))
    assert shape(json.loads(index_item_json(tagged))) == shape(without(theirs, "GalaxyCluster"))
    minimal = minimal_index_item_json(MinimalIndexRow(1, 2, 0, True, example.EVENT.uuid, NORTH.uuid))
    assert shape(json.loads(minimal)) == shape(recordings.answer("09b-events-index-POST-minimal")[0])


def test_what_goes_out_comes_in_again_unchanged() -> None:
    draft = read_event(written(example.everything(), PUSH), from_partner=True)
    assert draft.dropped == ()
    assert draft.extra == {"future_column": {"a": [1, "ü"]}}
    assert draft.info == example.EVENT.info
    assert draft.sharing_group is not None
    assert draft.sharing_group.servers[0].is_announcer
    assert [a.value for a in draft.attributes] == ["läßt.exe|0123456789abcdef0123456789abcdef", "note.txt"]
    assert draft.attributes[0].extra == {"edge": True}
    assert draft.attributes[0].first_seen == example.LOOSE.first_seen
    assert draft.attributes[1].data == b"hello"
    assert [t.deleted for t in draft.tags] == [False, False, True]
    assert draft.objects[0].attributes[0].tags[0].deleted


def test_a_partner_always_gets_a_description_of_an_object() -> None:
    graph = replace(example.everything(), objects=[example.OBJECT._replace(description=" ")])
    assert written(graph, PUSH)["Event"]["Object"][0]["description"] == "domain-ip"
    assert written(graph, OutOptions())["Event"]["Object"][0]["description"] == " "


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1001])
def test_a_long_event_comes_in_pieces_that_join_to_valid_json(count: int) -> None:
    rows = [example.LOOSE._replace(id=number) for number in range(count)]
    graph = replace(example.nothing_but_itself(), attributes=rows)
    chunks = list(event_chunks(graph))
    assert len(json.loads("".join(chunks))["Event"]["Attribute"]) == count
    assert max(chunk.count('"object_relation"') for chunk in chunks) <= 500


def test_a_thousand_attributes_are_written_within_their_budget() -> None:
    rows = [example.SAMPLE._replace(id=number, distribution=5) for number in range(1000)]
    graph = replace(
        example.nothing_but_itself(), attributes=rows, attribute_tags={n: [example.GREEN] for n in range(100)}
    )

    assert rounds_worth(lambda: event_json(graph)) < 400
