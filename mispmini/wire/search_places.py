"""Where the parameters of a restSearch stand: in a body, by name in the path, or by their place there (API §8.1)."""

from collections.abc import Iterable, Mapping

from mispmini.domain.errors import BadRequest
from mispmini.domain.filters import Scope
from mispmini.wire.door import unwrap

Params = Mapping[str, object]
_PLACEHOLDERS = frozenset({"", "null", "false", "0"})
# The first ones as MISP's automation page has them in its URLs, the others as its OpenAPI document lists them.
_POSITIONS = {
    Scope.EVENTS: (
        "returnFormat", "value", "type", "category", "org", "tags", "searchall", "from", "to", "last", "eventid",
        "withAttachments", "metadata", "uuid", "publish_timestamp", "timestamp", "published", "enforceWarninglist",
        "sgReferenceOnly", "requested_attributes", "includeContext", "headerless", "includeWarninglistHits", "to_ids",
        "deleted", "excludeLocalTags", "date", "object_relation", "threat_level_id",
    ),
    Scope.ATTRIBUTES: (
        "returnFormat", "value", "type", "category", "org", "tags", "from", "to", "last", "eventid", "withAttachments",
        "uuid", "publish_timestamp", "published", "timestamp", "attribute_timestamp", "enforceWarninglist", "to_ids",
        "deleted", "event_timestamp", "threat_level_id", "eventinfo", "sharinggroup", "decayingModel", "score",
        "first_seen", "last_seen", "includeEventUuid", "includeEventTags", "includeProposals", "requested_attributes",
        "includeContext", "headerless", "includeWarninglistHits",
    ),
    Scope.OBJECTS: (
        "returnFormat", "searchall", "timestamp", "object_name", "object_template_uuid", "object_template_version",
        "eventid", "eventinfo", "ignore", "from", "to", "date", "last",
    ),
}  # fmt: skip
PARAMETERS = frozenset(name for names in _POSITIONS.values() for name in names)


def parameters(body: object) -> Params:
    """The parameters of a body, bare or under `request`; an empty list is none. Raises BadRequest for anything else."""
    inner = unwrap(body, "request")
    if not inner:
        return {}
    if not isinstance(inner, dict):
        raise BadRequest("Expected an object of search parameters.")
    return inner


def by_position(pieces: Iterable[str], scope: Scope) -> Params:
    """Parameters by their place in the path; null, false and 0 hold a place without filling it."""
    return named_in_path(placed(_POSITIONS[scope], pieces))


def placed(names: Iterable[str], pieces: Iterable[str]) -> dict[str, str]:
    """Pieces of a path under the names of their places, without those that only hold one."""
    return {name: piece for name, piece in zip(names, pieces, strict=False) if piece.lower() not in _PLACEHOLDERS}


def named_in_path(given: Mapping[str, object]) -> Params:
    """Parameters of a path, where `;` stands for a colon inside a value."""
    return {name: _with_colons(value) for name, value in given.items()}


def _with_colons(value: object) -> object:
    if isinstance(value, str):
        return value.replace(";", ":")
    return [_with_colons(item) for item in value] if isinstance(value, list | tuple) else value


def with_alternatives(given: Params) -> Params:
    """`a||b` in a text is a list of both (PROTOCOL §1.1); within a list a text is as it is."""
    return {
        name: value.split("||") if isinstance(value, str) and "||" in value else value for name, value in given.items()
    }
