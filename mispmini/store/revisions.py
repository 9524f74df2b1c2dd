"""Triggers that number what an event's answer is made of, so that a kept one is never shown when it is old (SPEED §3).

An event's `rev` grows with every change of the event and its elements; the counter `shared` with every change of what
several events show: tags, organisations, groups, warninglists. `published_as` follows what is published. A trigger
forgets no path that writes. SQLite's own syntax: another database gets its own here.
"""

from collections.abc import Iterator

_ALL = ("INSERT", "UPDATE", "DELETE")
_ELEMENTS: dict[str, tuple[str, ...]] = {
    "attribute": ("UPDATE", "DELETE"),
    "object": ("UPDATE", "DELETE"),
    "event_report": _ALL,
    "object_reference": _ALL,
    "attribute_tag": _ALL,
    "sighting": _ALL,
    "proposal": _ALL,
}
_SHARED: dict[str, tuple[str, ...]] = {
    "tag": ("UPDATE", "DELETE"),
    "organisation": ("UPDATE", "DELETE"),
    "sharing_group": ("UPDATE", "DELETE"),
    "sharing_group_org": _ALL,
    "sharing_group_server": _ALL,
    "warninglist": _ALL,
}
_RAISE_SHARED = "UPDATE counter SET value = value + 1 WHERE name = 'shared'"


def triggers() -> Iterator[str]:
    """The statements that make them. What inserts attributes and objects counts the event anew, which raises it too."""
    for table, verbs in _ELEMENTS.items():
        yield from _of_element(table, verbs)
    for table, verbs in _SHARED.items():
        for verb in verbs:
            yield _trigger(table, verb, _RAISE_SHARED)


def report_tag_triggers() -> Iterator[str]:
    """The same for tags of reports."""
    return _of_element("event_report_tag", _ALL)


def _of_element(table: str, verbs: tuple[str, ...]) -> Iterator[str]:
    for verb in verbs:
        side = "OLD" if verb == "DELETE" else "NEW"
        yield _trigger(table, verb, f"UPDATE event SET rev = rev + 1 WHERE id = {side}.event_id")


def item_triggers() -> Iterator[str]:
    """The same for notes, opinions and relationships, which may be said of nothing here and may point elsewhere."""
    for verb in _ALL:
        for side in ("OLD", "NEW") if verb == "UPDATE" else ("OLD",) if verb == "DELETE" else ("NEW",):
            what = f"UPDATE event SET rev = rev + 1 WHERE id IN ({side}.event_id, {side}.related_event_id)"
            yield _trigger("analyst_item", verb, what, suffix=f"_{side.lower()}")


def publishing_triggers() -> Iterator[str]:
    """`published_as` is the timestamp of the version that was last published: seconds tell no order within one."""
    note = "WHEN NEW.published BEGIN UPDATE event SET published_as = timestamp WHERE id = NEW.id; END"
    yield f"CREATE TRIGGER note_new_published AFTER INSERT ON event {note}"
    yield f"CREATE TRIGGER note_published AFTER UPDATE OF published, timestamp ON event {note}"


def _trigger(table: str, verb: str, what: str, suffix: str = "") -> str:
    return f"CREATE TRIGGER revise_{table}_{verb.lower()}{suffix} AFTER {verb} ON {table} BEGIN {what}; END"
