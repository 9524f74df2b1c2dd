"""The wire keys we know: what is read, what we derive ourselves, and what later parts will read (RULES §7)."""

from collections.abc import Mapping

from mispmini.wire.scalars import Record

_LATER = frozenset({"Sighting", "ShadowAttribute", "CryptographicKey", "Note", "Opinion", "Relationship"})
_DERIVED = frozenset({
    "id", "event_id", "org_id", "orgc_id", "user_id", "Galaxy", "GalaxyCluster", "RelationshipInbound",
    "warnings", "decay_score", "Feed", "Server",
})  # fmt: skip
_ELEMENT = frozenset({
    "uuid", "timestamp", "distribution", "sharing_group_id", "SharingGroup", "comment", "deleted",
    "first_seen", "last_seen",
})  # fmt: skip

EVENT_KEYS = _LATER | _DERIVED | frozenset({
    "uuid", "info", "date", "threat_level_id", "analysis", "distribution", "sharing_group_id", "SharingGroup",
    "published", "timestamp", "Orgc", "orgc", "locked", "disable_correlation", "extends_uuid", "protected",
    "Tag", "EventTag", "Attribute", "Object", "EventReport",
    "Org", "org", "RelatedEvent", "ThreatLevel", "attribute_count", "publish_timestamp", "sighting_timestamp",
    "proposal_email_lock", "event_creator_email", "User", "extensionEvents", "Event",
})  # fmt: skip
ATTRIBUTE_KEYS = _LATER | _DERIVED | _ELEMENT | frozenset({
    "type", "category", "value", "value1", "value2", "to_ids", "disable_correlation", "object_id", "object_relation",
    "data", "encrypt", "batch_import", "Tag", "AttributeTag", "Event", "Object", "event_uuid", "RelatedAttribute",
})  # fmt: skip
OBJECT_KEYS = _LATER | _DERIVED | _ELEMENT | frozenset({
    "name", "meta-category", "description", "template_uuid", "template_version", "Attribute", "ObjectReference",
    "Event", "Object",
})  # fmt: skip


def unknown_keys(record: Record, known: frozenset[str], *, from_partner: bool) -> Mapping[str, object] | None:
    """What a partner says that we do not understand, to be kept and sent on; a local author's is not taken."""
    if not from_partner or record.keys() <= known:
        return None
    return {key: value for key, value in record.items() if key not in known}
