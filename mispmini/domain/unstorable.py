"""What a partner cannot store, and an event's copy without it (RULES §11). Pure.

It is a set of words: types of attributes at which the partner stopped, and WIDE for characters beyond U+FFFF in info,
comments, and names of tags and reports. In values it stores those.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from mispmini.domain.graphs import AttributeRow, EventGraph, ObjectRow, ReferenceRow, TagRow

WIDE = "U+10000"
_CHARACTERS = re.compile("[\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"
_NAMED = 5
_Commented = TypeVar("_Commented", AttributeRow, ObjectRow, ReferenceRow)


class Text(NamedTuple):
    """A text of an element that not every partner can store: whose, in which field of the wire."""

    uuid: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """A copy that a partner can store; `left` names what was replaced in it or left out, "" for nothing."""

    copy: EventGraph
    left: str = ""


def wide_in(text: str) -> str:
    """The characters beyond U+FFFF."""
    return "" if text.isascii() else "".join(_CHARACTERS.findall(text))


def wide_texts(copy: EventGraph) -> list[Text]:
    """The texts of living elements with such characters, in the fields where not every partner stores them."""
    return [text for text in _texts(copy) if wide_in(text.text)]


def is_awkward(copy: EventGraph) -> bool:
    """Whether the copy holds such characters anywhere in those fields, in names of tags too."""
    return bool(wide_texts(copy)) or any(wide_in(tag.name) for tags in _tag_lists(copy) for tag in tags)


def fitted(copy: EventGraph, cannot: Collection[str]) -> Fitted:
    """The copy as a partner takes it that cannot store these; a protected event is never changed."""
    if not cannot or copy.event.protected:
        return Fitted(copy)
    left = [*_named("left out", [f"{a.type} {a.uuid}" for a in copy.attributes if a.type in cannot and not a.deleted])]
    copy = replace(copy, attributes=[a for a in copy.attributes if a.type not in cannot])
    if WIDE in cannot:
        tags = {tag.name: None for tags in _tag_lists(copy) for tag in tags if wide_in(tag.name) and not tag.deleted}
        left += _named("left out", [f"tag {name}" for name in tags])
        left += _named("U+FFFD in", [f"{text.field} of {text.uuid}" for text in wide_texts(copy)])
        copy = _narrowed(copy)
    return Fitted(copy, "; ".join(left))


def raised(copy: EventGraph, timestamp: int, also: Collection[str] = ()) -> EventGraph:
    """The copy as a newer version, whose awkward elements and those named (by uuid) are as new: a partner that has them
    passes over those that are not newer, and over the whole of an object that is not."""
    named = {text.uuid for text in wide_texts(copy)} | set(also)
    named |= {a.uuid for a in copy.attributes if any(wide_in(t.name) for t in copy.attribute_tags.get(a.id, ()))}
    holders = {a.object_id for a in copy.attributes if a.uuid in named}
    holders |= {object_id for object_id, held in copy.references.items() if any(r.uuid in named for r in held)}
    return replace(
        copy,
        event=copy.event._replace(timestamp=timestamp),
        attributes=[a._replace(timestamp=timestamp) if a.uuid in named else a for a in copy.attributes],
        objects=[o._replace(timestamp=timestamp) if o.uuid in named or o.id in holders else o for o in copy.objects],
        references={
            object_id: [r._replace(timestamp=timestamp) if r.uuid in named else r for r in held]
            for object_id, held in copy.references.items()
        },
        reports=[r._replace(timestamp=timestamp) if r.uuid in named else r for r in copy.reports],
    )


def stopped_at(copy: EventGraph, missing: Collection[str]) -> str | None:
    """The type at which a partner stopped storing what was sent, by what it lacks; None where it did not, or where
    nothing else was lost with it."""
    order = sent_order(copy)
    lost = [a for a in order if a.uuid in missing]
    types = {a.type for a in lost} - {a.type for a in order if a.uuid not in missing}
    if len({a.type for a in lost}) < 2 or not types:
        return None
    first = lost[0]
    behind = [a for a in order[order.index(first) :] if a.object_id == first.object_id]
    if first.type in types and all(a.uuid in missing for a in behind):
        return first.type
    return next(iter(types)) if len(types) == 1 else None


def sent_order(copy: EventGraph) -> list[AttributeRow]:
    """The living attributes as they are written: loose ones, then those of each living object."""
    living = [a for a in copy.attributes if not a.deleted]
    place = {o.id: at for at, o in enumerate(copy.objects) if not o.deleted}
    inside = [a for a in living if a.object_id in place]
    return [a for a in living if a.object_id is None] + sorted(inside, key=lambda a: place[a.object_id or 0])


def _texts(copy: EventGraph) -> Iterator[Text]:
    yield Text(copy.event.uuid, "info", copy.event.info)
    yield from (Text(a.uuid, "comment", a.comment) for a in copy.attributes if not (a.comment.isascii() or a.deleted))
    for item in copy.objects:
        if not item.deleted:
            yield Text(item.uuid, "comment", item.comment)
            yield Text(item.uuid, "description", item.description)
            held = copy.references.get(item.id, ())
            yield from (Text(r.uuid, "comment", r.comment) for r in held if not r.deleted)
    yield from (Text(r.uuid, "name", r.name) for r in copy.reports if not r.deleted)


def _tag_lists(copy: EventGraph) -> Iterator[Sequence[TagRow]]:
    yield copy.tags
    yield from copy.attribute_tags.values()


def _narrowed(copy: EventGraph) -> EventGraph:
    return replace(
        copy,
        event=copy.event._replace(info=_narrow(copy.event.info)),
        tags=_storable(copy.tags),
        attributes=[_quiet(a) for a in copy.attributes],
        attribute_tags={number: _storable(tags) for number, tags in copy.attribute_tags.items()},
        objects=[_quiet(o)._replace(description=_narrow(o.description)) for o in copy.objects],
        references={number: [_quiet(r) for r in held] for number, held in copy.references.items()},
        reports=[r._replace(name=_narrow(r.name)) for r in copy.reports],
    )


def _quiet(row: _Commented) -> _Commented:
    return row._replace(comment=_narrow(row.comment))


def _storable(tags: Sequence[TagRow]) -> list[TagRow]:
    return [tag for tag in tags if not wide_in(tag.name)]


def _narrow(text: str) -> str:
    return text if text.isascii() else _CHARACTERS.sub(_REPLACEMENT, text)


def _named(what: str, names: Sequence[str]) -> list[str]:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [f"{what}: {', '.join(names[:_NAMED])}{more}"] if names else []
