"""Arbitrary JSON for hypothesis: of every shape, and of the shapes that come close to an event."""

from hypothesis import strategies as st

_KEYS = st.sampled_from([
    "Event", "Attribute", "Object", "EventReport", "ObjectReference", "Tag", "EventTag", "AttributeTag", "Orgc", "orgc",
    "SharingGroup", "SharingGroupOrg", "SharingGroupServer", "Organisation", "Server", "server_id", "url", "extend",
    "uuid", "info", "date", "threat_level_id", "analysis", "distribution", "sharing_group_id", "published", "timestamp",
    "type", "category", "value", "value1", "value2", "to_ids", "first_seen", "last_seen", "data", "comment", "deleted",
    "name", "colour", "relationship_type", "referenced_uuid", "template_version", "extends_uuid", "protected",
    "request", "response", "batch_import", "future",
])  # fmt: skip
_TEXTS = st.sampled_from([
    "", "0", "1", "-1", "1e9", "2147483648", "1099511627776", "4", "5", "9" * 19, "nope", "2026-01-01", "2026-13-01",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "Mon, 01 Jan 2026 00:00:00 +0000", "@99999999999999999",
    "eeeeeeee-0000-4000-8000-000000000041", "EEEEEEEE-0000-4000-8000-000000000041", "{eeeeeeee}", "ongoing", "aGk=",
    "a|b", "x\ny", "!x", "7d", "%", "\U0001f600",
])  # fmt: skip
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS
    | st.text(max_size=8)
)
json_values = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=4), inner, max_size=8),
    max_leaves=25,
)
near_events = st.dictionaries(_KEYS, json_values, max_size=10)
