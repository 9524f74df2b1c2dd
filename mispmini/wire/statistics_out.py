"""Counts in the shapes that clients of users/statistics read (API §9.8)."""

from collections.abc import Iterable, Mapping

from mispmini.wire.replies import Reply

_NOT_KEPT = ("thread_count", "thread_count_month", "post_count", "post_count_month")
_ORDER = (
    "event_count", "event_count_month", "attribute_count", "attribute_count_month", "attributes_per_event",
    "correlation_count", "proposal_count", "user_count", "user_count_pgp", "org_count", "local_org_count",
    "contributing_org_count", "average_user_per_org", *_NOT_KEPT,
)  # fmt: skip


def data_reply(counts: Mapping[str, int]) -> Reply:
    """users/statistics: numbers as texts; what is not kept is "0"."""
    return {"stats": {name: str(counts.get(name, 0)) for name in _ORDER}}


def organisations_reply(
    rows: Iterable[tuple[int, str, str, bool, str, str, str, int, int, int]],
) -> Reply:
    """users/statistics/orgs: by the organisation's name."""
    return {
        name: {
            "id": str(number),
            "uuid": uuid,
            "local": local,
            "nationality": nationality,
            "sector": sector,
            "type": kind,
            "userCount": str(users),
            "eventCount": str(events),
            "attributeCount": str(attributes),
        }
        for number, uuid, name, local, nationality, sector, kind, users, events, attributes in rows
    }


def users_reply(counts: Mapping[str, int]) -> Reply:
    """users/statistics/users."""
    return {name: {"data": {"total": counts[name]}} for name in ("user", "org_local", "org_external")}


def tags_reply(counts: Mapping[str, int]) -> Reply:
    """users/statistics/tags: flat, and as a tree by namespace."""
    flat: Reply = {name: {"name": name, "size": size} for name, size in counts.items()}
    spaces: dict[str, list[object]] = {}
    for name, size in counts.items():
        space = name.partition(":")[0] if ":" in name else "custom"
        spaces.setdefault(space, []).append({"name": name, "size": size})
    return {
        "flatData": flat,
        "treemap": {
            "name": "tags",
            "children": [{"name": space, "children": below} for space, below in spaces.items()],
        },
    }


def matrix_reply(counts: Mapping[str, int]) -> Reply:
    """users/statistics/galaxyMatrix: how often each technique is tagged; its place is the galaxy's to say."""
    return {"scores": dict(counts), "maxScore": max(counts.values(), default=0)}


def histogram_reply(rows: Iterable[tuple[str, str, int]]) -> list[Reply]:
    """users/statistics/attributehistogram: for each organisation its attributes by type."""
    found: dict[str, dict[str, int]] = {}
    for organisation, kind, count in rows:
        found.setdefault(organisation, {})[kind] = count
    return [{"organisation": name, "total": sum(kinds.values()), "data": kinds} for name, kinds in found.items()]


def sightings_reply(rows: Iterable[tuple[str, int, int]]) -> Reply:
    """users/statistics/sightings: values by how often they were seen, and in which events."""
    counts: dict[str, int] = {}
    events: dict[str, list[str]] = {}
    for value, event_id, count in rows:
        counts[value] = counts.get(value, 0) + count
        events.setdefault(value, []).append(str(event_id))
    return {"toplist": [{"value": value, "count": count} for value, count in counts.items()], "eventids": events}
