"""Paths as older clients spell them: exports that restSearch has taken over, parameters that stand by their place.

Source: MISP's own page on automation, and what clients send. A restSearch of one's own is not respelt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mispmini.wire.search_places import PARAMETERS, placed

_SPAN = ("from", "to", "last")
_WHOLE_EVENTS = ("eventid", "withAttachments", "tags", *_SPAN)
_RPZ = ("policy", "walled_garden", "ns", "email", "serial", "refresh", "retry", "expiry", "minimum_ttl", "ttl")
_HASHES = {
    "md5": "md5||filename|md5||malware-sample",
    "sha1": "sha1||filename|sha1",
    "sha256": "sha256||filename|sha256",
}
_ALL = "all"


@dataclass(frozen=True, slots=True)
class _Spelling:
    """What an old path asks of which action: parameters by their place, and those that its name implies."""

    controller: str
    places: tuple[str, ...]
    implied: Mapping[str, str] = field(default_factory=dict)
    action: str = "restsearch"


def _search(controller: str, return_format: str, *places: str, **implied: str) -> _Spelling:
    return _Spelling(controller, places, {"returnFormat": return_format, **implied})


# Where MISP's old exports stand: their first argument was once a key, and is a word like `download` since.
_EXPORTS: dict[tuple[str, ...], _Spelling] = {
    ("events", "xml"): _search("events", "xml", *_WHOLE_EVENTS),
    ("events", "stix"): _search("events", "stix", *_WHOLE_EVENTS),
    ("events", "csv"): _search(
        "attributes", "csv", "eventid", "ignore", "tags", "category", "type", "includeContext", *_SPAN, "headerless",
        "enforceWarninglist", published="1", to_ids="1",
    ),
    **{
        ("events", "nids", rules): _search("attributes", rules, "eventid", "frame", "tags", *_SPAN)
        for rules in ("suricata", "snort")
    },
    **{
        ("events", "hids", name): _search("attributes", "hashes", "tags", *_SPAN, type=types)
        for name, types in _HASHES.items()
    },
    ("attributes", "text"): _search(
        "attributes", "text", "type", "tags", "eventid", "allowNonIDS", *_SPAN, "enforceWarninglist",
        "allowNotPublished",
    ),
    ("attributes", "rpz"): _search("attributes", "rpz", "tags", "eventid", "from", "to", *_RPZ),
    ("attributes", "returnattributes"): _search("attributes", "json", "eventid", "type", "to_ids"),
}  # fmt: skip
_BY_PLACE: dict[tuple[str, ...], _Spelling] = {
    ("events", "downloadopeniocevent"): _search("events", "openioc", "eventid", ignore="1"),
    ("attributes", "downloadsample"): _Spelling(
        "attributes", ("hash", "allSamples", "eventID"), action="downloadsample"
    ),
    ("tags", "attachtagtoobject"): _Spelling("tags", ("uuid", "tag"), action="attachtagtoobject"),
    ("tags", "removetagfromobject"): _Spelling("tags", ("uuid", "tag"), action="removetagfromobject"),
}


_NAMES = PARAMETERS | {"local"} | {name for old in (_EXPORTS | _BY_PLACE).values() for name in old.places}


def respelt(controller: str, action: str, pieces: Sequence[str]) -> tuple[str, str, dict[str, str]] | None:
    """The controller and action that answer now, and the parameters that the old path holds; None if it is not old.

    Controllers and actions are in lower case and folded, as the route map has them; `pieces` are what follows. One
    with a colon has a place, too, if it does not begin with a parameter's name: `tlp:green` is a tag there.
    """
    name: tuple[str, ...] = (controller, action)
    arguments = [piece for piece in pieces if not _names_parameter(piece)]
    if found := _BY_PLACE.get(name):
        return _read(found, arguments)
    if action in {"nids", "hids"} and arguments:
        name, arguments = (*name, arguments[0].lower()), arguments[1:]
    return _read(_EXPORTS[name], arguments[1:]) if name in _EXPORTS else None


def _names_parameter(piece: str) -> bool:
    name, colon, _value = piece.partition(":")
    return bool(colon) and name.removesuffix("[]") in _NAMES


def _read(spelling: _Spelling, arguments: Sequence[str]) -> tuple[str, str, dict[str, str]]:
    given = placed(spelling.places, arguments)
    if given.get("type") == _ALL:
        del given["type"]
    return spelling.controller, spelling.action, {**given, **spelling.implied}
