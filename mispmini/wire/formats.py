"""Which formats a restSearch has, by what it searches for, and which of them feed detection (API §8.5)."""

from collections.abc import Mapping

from mispmini.domain.errors import NotFound
from mispmini.wire.scalars import plain_text

DEFAULT = "json"
STIX = frozenset({"stix", "stix-json", "stix-xml", "stix2"})
RESTRICTIVE = frozenset({"text", "hashes", "hosts", "suricata", "snort", "rpz", "openioc", "kunai"})
NOT_DONE = {
    "opendata": "This server does not publish to open data portals; take csv or json and hand it to the portal.",
}
_OF_ATTRIBUTES = RESTRICTIVE | STIX | NOT_DONE.keys() | {
    "json", "xml", "csv", "cache", "count", "netfilter", "yara", "yara-json", "attack-sightings",
}  # fmt: skip
AVAILABLE: Mapping[str, frozenset[str]] = {
    "events": _OF_ATTRIBUTES | {"attack", "context", "context-markdown"},
    "attributes": _OF_ATTRIBUTES,
    "objects": frozenset({"json"}),
    "sightings": frozenset({"json", "xml", "csv"}),
    "galaxy_clusters": frozenset({"json"}),
}
_SYNONYMS = {"": DEFAULT, "download": DEFAULT}
_UNKNOWN = "Invalid output format."


def read_format(value: object, scope: str) -> str:
    """The format that a `returnFormat` asks for; `scope` is the controller's name. Raises NotFound."""
    asked = (plain_text(value) or "").strip().lower()
    name = _SYNONYMS.get(asked, asked)
    if name not in AVAILABLE[scope]:
        raise NotFound(_UNKNOWN)
    return name
