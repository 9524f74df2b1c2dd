"""Equal values in different events, found at query time: no table of pairs (MODEL §7.16, SPEED §2.6, RULES §10.12).

Visibility comes first, the cap after. Whether a value is common is asked when it is looked up, up to a bound, so
that nothing has to be kept in step with what is added and deleted.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple, TypeGuard

from mispmini.domain.attribute_types import FIRST_VALUE_ONLY, NON_CORRELATING
from mispmini.domain.graphs import RelatedEventRow
from mispmini.domain.viewer import Viewer
from mispmini.domain.warninglists import Matcher
from mispmini.store import vocabulary
from mispmini.store.attributes import value_hash
from mispmini.store.correlation_exclusions import load_excluded
from mispmini.store.search.matching import all_of, none_of, one_of
from mispmini.store.search.scope import AND_THEN, Reach
from mispmini.store.settings import load_settings
from mispmini.store.sql import Predicate, Row, in_batches, marks, rows, streamed_rows
from mispmini.store.warninglists import matcher

MOST_COUNTED = 1_000
_COMMON = 100
_IN_HAND_AT_ONCE = 20_000
_ROWS_A_FETCH = 1_000
_RELATED = ", ".join(f"event.{name}" for name in RelatedEventRow._fields)
_CONTENT = "attribute.type_id, attribute.value1, attribute.value2"


class Matches(NamedTuple):
    """In how many other events an attribute's value is, `total` up to MOST_COUNTED, and ids of the newest of them."""

    total: int
    newest: tuple[int, ...]


class _Own(NamedTuple):
    """Where a value in hand is."""

    event_id: int
    attribute_id: int


_Values = Mapping[str, Sequence[_Own]]


def related_events(viewer: Viewer, event_id: int, limit: int) -> list[RelatedEventRow]:
    """Visible events that share a value with a visible attribute of this one, newest first.

    A value that is in more than `limit` other events brings the newest ones alone.
    """
    return related_events_of(viewer, [event_id], limit).get(event_id, [])


def related_events_of(viewer: Viewer, event_ids: Sequence[int], limit: int) -> dict[int, list[RelatedEventRow]]:
    """The same for several events; those without any are left out."""
    related: dict[int, set[int]] = {}
    for own, others in _meetings(Reach.of(viewer), one_of("attribute.event_id", event_ids), limit):
        related.setdefault(own.event_id, set()).update(others)
    events = _related_rows(sorted(set().union(*related.values())))
    return {number: [events[other] for other in sorted(others, reverse=True)] for number, others in related.items()}


def shared_values(viewer: Viewer, event_id: int, limit: int) -> dict[int, list[str]]:
    """For each visible event that shares values with this one these values, folded; capped as related_events."""
    reach = Reach.of(viewer)
    correlating = _correlating(reach)
    own = _values_in_hand(_attributes_in_hand(all_of([Predicate("attribute.event_id = ?", (event_id,)), correlating])))
    shared: dict[int, list[str]] = {}
    for part, events in _events_by_value(own, correlating, limit):
        for other in [number for number in events if number != event_id][:limit]:
            shared.setdefault(other, []).append(part)
    return shared


def event_rows(event_ids: Sequence[int]) -> dict[int, RelatedEventRow]:
    """Heads of events whose visibility was judged, by id."""
    return _related_rows(event_ids)


def matches_of(viewer: Viewer, attribute_ids: Sequence[int], limit: int) -> dict[int, Matches]:
    """For a page of attributes: in how many other events the value of each is, with at most `limit` of the newest.

    Attributes without a match are left out; so are those that the viewer may not see.
    """
    matched: dict[int, set[int]] = {}
    for own, others in _meetings(Reach.of(viewer), one_of("attribute.id", attribute_ids), MOST_COUNTED):
        matched.setdefault(own.attribute_id, set()).update(others)
    return {
        number: Matches(min(len(others), MOST_COUNTED), tuple(sorted(others, reverse=True)[:limit]))
        for number, others in matched.items()
    }


def related_attribute_ids(viewer: Viewer, attribute_ids: Sequence[int], limit: int) -> dict[int, list[int]]:
    """For each of these attributes ids of those in other events that have its value, at most `limit`, newest first.

    Attributes without any are left out; so are those that the viewer may not see.
    """
    correlating = _correlating(Reach.of(viewer))
    values = _values_in_hand(_attributes_in_hand(all_of([one_of("attribute.id", attribute_ids), correlating])))
    related: dict[int, dict[int, None]] = {}
    for part, found in _same_valued(values, correlating, limit):
        for place in values[part]:
            others = [number for event_id, number in found if event_id != place.event_id][:limit]
            related.setdefault(place.attribute_id, {}).update(dict.fromkeys(others))
    return {number: list(others) for number, others in related.items() if others}


def _same_valued(values: _Values, correlating: Predicate, cap: int) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Each value in hand with events and attributes that have it, newest first."""
    first_only = _first_only()
    for part, places in values.items():
        cursor = streamed_rows(
            f"SELECT value_hash.event_id, value_hash.attribute_id, {_CONTENT} FROM value_hash"
            f" {AND_THEN} attribute ON attribute.id = value_hash.attribute_id"
            f" {AND_THEN} event ON event.id = value_hash.event_id"
            f" WHERE value_hash.h = ? AND {correlating.text}"
            " ORDER BY value_hash.event_id DESC",
            (value_hash(part), *correlating.params),
        )
        same = ((event_id, number) for event_id, number, *content in cursor if part in _parts(content, first_only))
        yield part, list(islice(same, cap + len(places)))


def _meetings(reach: Reach, own: Predicate, cap: int) -> Iterator[tuple[_Own, list[int]]]:
    """Each place of a value in hand, with at least one other event that has the value and at most `cap`, newest
    first."""
    correlating = _correlating(reach)
    found = _attributes_in_hand(all_of([own, correlating]))
    while some := list(islice(found, _IN_HAND_AT_ONCE)):
        values = _values_in_hand(some)
        for part, events in _events_by_value(values, correlating, cap):
            for place in values[part]:
                if others := [event_id for event_id in events if event_id != place.event_id][:cap]:
                    yield place, others


def _correlating(reach: Reach) -> Predicate:
    """On `attribute` joined to `event`: in reach, and neither excluded by type nor by whoever wrote it."""
    silent = [number for name in NON_CORRELATING if (number := vocabulary.find_type(name)) is not None]
    allowed = Predicate("NOT attribute.disable_correlation AND NOT event.disable_correlation")
    return all_of([allowed, none_of(one_of("attribute.type_id", sorted(silent))), reach.events(), reach.attributes()])


def _attributes_in_hand(condition: Predicate) -> Iterator[Row]:
    return streamed_rows(
        f"SELECT attribute.event_id, attribute.id, {_CONTENT} FROM attribute"
        f" JOIN event ON event.id = attribute.event_id WHERE {condition.text}",
        condition.params,
        at_once=_ROWS_A_FETCH,
    )


def _values_in_hand(found: Iterable[Row]) -> _Values:
    values: dict[str, list[_Own]] = {}
    first_only, is_silent, excluded = _first_only(), _false_positives(), load_excluded()
    for event_id, attribute_id, *content in found:
        silent = {part.lower() for part in content[1:] if _says(part) and is_silent and is_silent(part)}
        for part in _parts(content, first_only) - silent:
            if part not in excluded:
                values.setdefault(part, []).append(_Own(event_id, attribute_id))
    return values


def _false_positives() -> Callable[[str], bool] | None:
    """Whether a value stands on a list of false positives, and so relates nothing (RULES §10.12); None without any."""
    known = Matcher() if load_settings().correlate_warned else matcher()
    return known.is_false_positive if known else None


def _first_only() -> frozenset[int | None]:
    return frozenset(vocabulary.find_type(name) for name in FIRST_VALUE_ONLY)


def _parts(content: Sequence[Any], first_only: Collection[int | None]) -> set[str]:
    """The folded value parts that correlate; of an address with a port, the address alone."""
    type_id, value1, value2 = content
    second = None if type_id in first_only else value2
    return {part.lower() for part in (value1, second) if _says(part)}


def _says(part: object) -> TypeGuard[str]:
    """Whether half a value is there, as the text that it should be."""
    return isinstance(part, str) and bool(part)


def _events_by_value(values: _Values, correlating: Predicate, cap: int) -> Iterator[tuple[str, list[int]]]:
    """The values in hand with ids of the events they are in, newest first.

    The usual ones are looked up together; a common one alone, so that reading can stop at the cap.
    """
    parts = {value_hash(part): part for part in values}
    lookup = partial(_occurrences, values=values, parts=parts, correlating=correlating, cap=cap)
    for batch in in_batches(list(parts)):
        common = _common(batch)
        yield from lookup([h for h in batch if h not in common])
        for h in common:
            yield from islice(lookup([h]), 1)


def _common(hashes: Sequence[int]) -> set[int]:
    given = ", ".join(["(?)"] * len(hashes))
    found = rows(
        f"SELECT column1 FROM (VALUES {given}) AS given"
        " WHERE (SELECT count(*) FROM (SELECT 1 FROM value_hash WHERE h = column1 LIMIT ?) AS counted) >= ?",
        (*hashes, _COMMON, _COMMON),
    )
    return {r[0] for r in found}


def _occurrences(
    hashes: Sequence[int], *, values: _Values, parts: Mapping[int, str], correlating: Predicate, cap: int
) -> Iterator[tuple[str, list[int]]]:
    """Reads occurrences from the database as they are taken, compared whole: a hash is no proof."""
    first_only = _first_only()
    cursor = streamed_rows(
        f"SELECT value_hash.h, value_hash.event_id, {_CONTENT} FROM value_hash"
        f" {AND_THEN} attribute ON attribute.id = value_hash.attribute_id"
        f" {AND_THEN} event ON event.id = value_hash.event_id"
        f" WHERE value_hash.h IN ({marks(hashes)}) AND {correlating.text}"
        " ORDER BY value_hash.h, value_hash.event_id DESC",
        (*hashes, *correlating.params),
    )
    for h, found in groupby(cursor, itemgetter(0)):
        part = parts[h]
        same = (event_id for _, event_id, *content in found if part in _parts(content, first_only))
        yield part, list(islice(_distinct(same), cap + len(values[part])))


def _distinct(sorted_ids: Iterable[int]) -> Iterator[int]:
    return (event_id for event_id, _ in groupby(sorted_ids))


def _related_rows(event_ids: Sequence[int]) -> dict[int, RelatedEventRow]:
    found: dict[int, RelatedEventRow] = {}
    for batch in in_batches(event_ids):
        for r in rows(f"SELECT {_RELATED} FROM event WHERE event.id IN ({marks(batch)})", batch):
            found[r[0]] = RelatedEventRow._make((*r[:4], bool(r[4]), *r[5:]))
    return found
