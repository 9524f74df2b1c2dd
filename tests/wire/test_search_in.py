"""What one may search for, and how it is understood."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mispmini.domain.errors import Invalid, MispminiError
from mispmini.domain.filters import Days, Deleted, IndexFilters, Order, Scope, SearchFilters, Span, Terms, is_pattern
from mispmini.wire import formats
from mispmini.wire.index_in import read_index
from mispmini.wire.search_in import read_search
from tests.wire.strategies import json_values

NOW = 1_772_600_000
DAY = 86_400


def search(scope: Scope = Scope.EVENTS, /, **given: object) -> SearchFilters:
    return read_search(given, scope, now=NOW)


def index(**given: object) -> IndexFilters:
    return read_index(given, now=NOW)


@pytest.mark.parametrize(
    ("value", "terms"),
    [
        ("x", Terms(any=("x",))),
        ("x&&y", Terms(any=("x", "y"))),
        ("!x", Terms(none=("x",))),
        (["x", "y", "!z"], Terms(any=("x", "y"), none=("z",))),
        (5, Terms(any=("5",))),
        ([-5], Terms(any=("-5",))),
        ({"OR": ["a", "!b"], "AND": "c", "NOT": ["d", "!e"]}, Terms(("a",), ("c",), ("b", "d", "e"))),
        ({"not": "d"}, Terms(none=("d",))),
        ("%x%", Terms(any=("%x%",))),
        ("!", Terms(any=("!",))),
        ("", Terms()),
        ([], Terms()),
        ([None, "", False], Terms()),
        (None, Terms()),
        (False, Terms()),
    ],
    ids=str,
)
def test_a_list_filter_is_understood(value: object, terms: Terms) -> None:
    assert search(value=value).value == terms


@pytest.mark.parametrize("value", [{"XOR": ["a"]}, [["a"]], [{"OR": "a"}], {"OR": {"AND": "a"}}], ids=str)
def test_a_filter_of_a_wrong_kind_is_refused_by_name(value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        search(value=value)
    assert set(refusal.value.errors) == {"value"}


@pytest.mark.parametrize(
    ("given", "field", "expected"),
    [
        ({"id": 5}, "eventid", Terms(any=("5",))),
        ({"eventid": "all"}, "eventid", Terms()),
        ({"uuid": "AB"}, "uuid", Terms(any=("ab",))),
        ({"tag": "tlp:red"}, "tags", Terms(any=("tlp:red",))),
        ({"tag": "old", "tags": "new"}, "tags", Terms(any=("new",))),
        ({"value": "2001:DB8:0:0::1"}, "value", Terms(any=("2001:db8::1",))),
        ({"value": "2001:DB8:0:0::/32"}, "value", Terms(any=("2001:db8::/32",))),
        ({"value": "!2001:DB8:0:0::1"}, "value", Terms(none=("2001:db8::1",))),
        ({"value": "a:b:c"}, "value", Terms(any=("a:b:c",))),
        ({"type": "email-src"}, "type", Terms(any=("email-src", "email"))),
        ({"type": "!email-src"}, "type", Terms(none=("email-src",))),
        ({"sharinggroup": 3}, "sharing_group_id", Terms(any=("3",))),
        ({"distribution": 0}, "distribution", Terms(any=("0",))),
        ({"org.local": 1}, "org_local", True),
        ({"published": True}, "published", True),
        ({"published": "0"}, "published", False),
        ({"published": [True, False]}, "published", None),
        ({"published": 2}, "published", None),
        ({"to_ids": "exclude"}, "to_ids", False),
        ({"to_ids": [0, 1]}, "to_ids", None),
        ({"returnFormat": "Download"}, "return_format", "json"),
        ({"limit": "10", "page": 2}, "page", 2),
        ({"page": 2}, "page", None),
        ({"limit": -1}, "limit", None),
        ({"limit": "all"}, "limit", None),
        ({"order": "timestamp desc"}, "order", (Order("timestamp", True),)),
        ({"order": ["Event.id ASC", "password", "info; drop"]}, "order", (Order("id"),)),
        ({"misspelt": "x"}, "value", Terms()),
    ],
)
def test_a_parameter_is_understood(given: dict[str, object], field: str, expected: object) -> None:
    assert getattr(read_search(given, Scope.EVENTS, now=NOW), field) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, Deleted.LIVE),
        (0, Deleted.LIVE),
        ("0", Deleted.LIVE),
        (False, Deleted.LIVE),
        (1, Deleted.ONLY),
        (True, Deleted.ONLY),
        ("only", Deleted.ONLY),
        ([0, 1], Deleted.BOTH),
        (["0", "1"], Deleted.BOTH),
        ([0], Deleted.LIVE),
        ([1], Deleted.ONLY),
        ([], Deleted.LIVE),
    ],
)
def test_deleted_says_which_elements(value: object, expected: Deleted) -> None:
    assert search(deleted=value).deleted is expected


@pytest.mark.parametrize(
    ("value", "span"),
    [
        (1_700_000_000, Span(1_700_000_000)),
        ("1700000000", Span(1_700_000_000)),
        (0, Span()),
        ("7d", Span(NOW - 7 * DAY)),
        ("1.5h", Span(NOW - 5400)),
        ("10m", Span(NOW - 600)),
        ("30s", Span(NOW - 30)),
        ("2026-01-01", Span(1_767_225_600)),
        ("now", Span(NOW)),
        ("yesterday", Span(NOW - NOW % DAY - DAY)),
        ("2 weeks ago", Span(NOW - 14 * DAY)),
        ("last week", Span(NOW - 7 * DAY)),
        ("1 Month ago", Span(NOW - 28 * DAY)),
        ("-13 months", Span(NOW - (28 + 365) * DAY)),
        ("2 years ago", Span(NOW - 730 * DAY)),
        ("9999 years ago", Span(NOW + 1)),
        ("+1 day", Span(NOW + DAY)),
        ("next month", Span(NOW + 31 * DAY)),
        ("gibberish", Span(NOW + 1)),
        (["7d", "1d"], Span(NOW - 7 * DAY, NOW - DAY)),
        (["1d", "7d"], Span(NOW - 7 * DAY, NOW - DAY)),
        ([0, "1d"], Span(None, NOW - DAY)),
        ([], Span()),
        ("", Span()),
        (None, Span()),
        (1e300, Span(253_402_300_799)),
    ],
    ids=str,
)
def test_a_time_is_understood(value: object, span: Span) -> None:
    assert search(publish_timestamp=value).publish_timestamp == span
    assert index(timestamp=value).timestamp == span


@pytest.mark.parametrize("value", [["1d"], [1, 2, 3], {"a": 1}, True], ids=str)
def test_other_lengths_and_kinds_of_times_are_refused(value: object) -> None:
    with pytest.raises(Invalid):
        search(last=value)


def test_a_plain_timestamp_belongs_to_what_is_searched() -> None:
    assert search(Scope.EVENTS, timestamp=5).event_timestamp == Span(5)
    assert search(Scope.ATTRIBUTES, timestamp=5).attribute_timestamp == Span(5)
    assert search(Scope.OBJECTS, timestamp=5).object_timestamp == Span(5)
    assert search(Scope.EVENTS, timestamp=5, event_timestamp=9).event_timestamp == Span(9)
    assert search(Scope.ATTRIBUTES, event_timestamp=9).event_timestamp == Span(9)


def test_dates_of_events_are_days() -> None:
    assert search(**{"from": "2026-01-01", "to": 1_767_225_600}).days == (Days("2026-01-01", "2026-01-01"),)
    assert search(date="2026-01-01").days == (Days("2026-01-01"),)
    assert search(date=["2026-02-01", "2026-01-01"], to="2026-03-01").days == (
        Days(None, "2026-03-01"),
        Days("2026-01-01", "2026-02-01"),
    )
    assert index(datefrom="2026-01-01", dateuntil="2026-01-31").days == Days("2026-01-01", "2026-01-31")


def test_seen_times_are_microseconds_and_last_seen_bounds_from_above() -> None:
    assert search(first_seen="2026-01-01T00:00:00.000001Z").first_seen == Span(1_767_225_600_000_001)
    assert search(last_seen="2026-01-01").last_seen == Span(None, 1_767_225_600_000_000)
    assert search(last_seen=[10, 20]).last_seen == Span(10_000_000, 20_999_999)


def test_searchall_turns_every_other_filter_off() -> None:
    filters = search(searchall="%x%", type="md5", published=1, limit=5, metadata=1)
    assert filters == replace(search(limit=5, metadata=1), searchall=Terms(any=("%x%",)))
    assert search(quickFilter="x").searchall == Terms(any=("x",))


@pytest.mark.parametrize("name", sorted(formats.RESTRICTIVE))
def test_what_feeds_detection_is_published_and_to_ids_unless_asked(name: str) -> None:
    assert (search(returnFormat=name).published, search(returnFormat=name).to_ids) == (True, True)
    assert search(returnFormat=name, to_ids=[0, 1]).to_ids is None
    assert search(returnFormat=name, published=0).published is False
    ignoring = search(returnFormat=name, ignore=1)
    assert (ignoring.published, ignoring.to_ids) == (None, None)


def test_json_is_not_restrictive() -> None:
    assert (search().published, search().to_ids) == (None, None)


def test_options_are_read() -> None:
    options = search(
        metadata="1", withAttachments=True, includeEventUuid=1, includeEventTags=1, includeContext=1,
        includeEventCorrelations=0, requested_attributes=["uuid", "value"], headerless=1,
    ).options  # fmt: skip
    assert options.metadata
    assert options.with_attachments
    assert options.include_event_uuid
    assert options.include_event_tags
    assert options.include_context
    assert options.headerless
    assert not options.include_event_correlations
    assert options.requested_attributes == ("uuid", "value")


def test_bodies_come_wrapped_bare_or_empty() -> None:
    assert read_search({"request": {"value": "x"}}, Scope.EVENTS, now=NOW).value == Terms(any=("x",))
    nothing: tuple[object, ...] = ([], {}, None, "")
    for empty in nothing:
        assert read_search(empty, Scope.EVENTS, now=NOW) == search()
    with pytest.raises(MispminiError):
        read_search(["x"], Scope.EVENTS, now=NOW)


def test_patterns_begin_or_end_with_a_percent_sign() -> None:
    assert [is_pattern(t) for t in ("%a", "a%", "%a%", "a%b", "%", "a")] == [True, True, True, False, True, False]


@pytest.mark.parametrize(
    ("given", "field", "expected"),
    [
        ({"tag": ["a", "!b"]}, "tags", Terms(any=("a",), none=("b",))),
        ({"TAGS": "a|b"}, "tags", Terms(any=("a", "b"))),
        ({"tag": ["a|b", "!c & d"]}, "tags", Terms(any=("a|b",), none=("c & d",))),
        ({"searchtag": "a&b"}, "tags", Terms(all=("a", "b"))),
        ({"tags": "a&!b"}, "tags", Terms(all=("a",), none=("b",))),
        ({"searchOrg": "Org A|!Org B"}, "org", Terms(any=("Org A",), none=("Org B",))),
        ({"org": ["Org A", 5]}, "org", Terms(any=("Org A", "5"))),
        ({"eventid": ["1", "!2"]}, "eventid", Terms(any=("1",), none=("2",))),
        ({"search": "x"}, "everything", ""),
        ({"searchall": "x"}, "everything", "x"),
        ({"eventinfo": "a|b"}, "eventinfo", Terms(any=("a", "b"))),
        ({"published": 1}, "published", True),
        ({"published": 2}, "published", None),
        ({"published": [0, 1]}, "published", None),
        ({"minimal": 1}, "minimal", True),
        ({"publish_timestamp": 5}, "publish_timestamp", Span(5)),
        ({"publishtimestamp": [5, 9]}, "publish_timestamp", Span(5, 9)),
        ({"threat_level_id": 1}, "threat_level_id", Terms(any=("1",))),
        ({"distribution": "0|!3"}, "distribution", Terms(any=("0",), none=("3",))),
        ({"sort": "date", "direction": "DESC"}, "order", Order("date", True)),
        ({"sort": "Event.timestamp"}, "order", Order("timestamp")),
        ({"sort": "password"}, "order", None),
        ({"type_attribute": ["!md5"], "type_object": ["x"]}, "tags", Terms()),
    ],
)
def test_an_index_filter_is_understood(given: dict[str, object], field: str, expected: object) -> None:
    assert getattr(read_index(given, now=NOW), field) == expected


PARAMETERS = st.sampled_from([
    "value", "type", "category", "tags", "tag", "event_tags", "org", "org.local", "eventid", "uuid", "timestamp",
    "last", "date", "from", "to", "published", "to_ids", "deleted", "limit", "page", "order", "sort", "returnFormat",
    "searchall", "threat_level_id", "first_seen", "last_seen", "metadata", "eventinfo", "all", "attribute", "minimal",
    "request", "email", "ignore", "requested_attributes", "hash_type",
])  # fmt: skip


@given(st.dictionaries(PARAMETERS, json_values, max_size=6) | json_values)
def test_any_json_is_understood_or_refused_by_name(body: object) -> None:
    for scope in Scope:
        with suppress(MispminiError):
            assert read_search(body, scope, now=NOW).scope is scope
    with suppress(MispminiError):
        assert isinstance(read_index(body, now=NOW), IndexFilters)
