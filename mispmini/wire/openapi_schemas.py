"""What bodies look like, as JSON schemas for our OpenAPI document; numbers and flags as loose as they are read."""

from collections.abc import Mapping
from types import MappingProxyType

Schema = Mapping[str, object]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+$"}]}
FLAG: Schema = {"anyOf": [{"type": "boolean"}, {"enum": [0, 1, "0", "1"]}]}
TERMS: Schema = {
    "description": "One value or a list; !x leaves x out, %x% is a pattern; AND, OR and NOT hold lists.",
    "anyOf": [
        TEXT,
        {"type": "integer"},
        {"type": "array", "items": TEXT},
        {
            "type": "object",
            "properties": {name: {"type": "array", "items": TEXT} for name in ("AND", "OR", "NOT")},
            "additionalProperties": False,
        },
    ],
}
SPAN: Schema = {
    "description": "A moment, an age such as 7d, or two of them as a list.",
    "anyOf": [TEXT, {"type": "integer"}, {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}],
}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


def _record(
    *, required: str = "", texts: str = "", numbers: str = "", flags: str = "", **others: Schema
) -> dict[str, object]:
    """An object: names in one text each, by kind; `required` repeats some of them. Unknown names are taken."""
    properties: dict[str, Schema] = dict.fromkeys(texts.split(), TEXT)
    properties |= dict.fromkeys(numbers.split(), NUMBER) | dict.fromkeys(flags.split(), FLAG) | others
    schema: dict[str, object] = {"type": "object", "properties": properties}
    return {**schema, "required": required.split()} if required else schema


_ELEMENT = "uuid comment first_seen last_seen"
_LEVEL = "distribution sharing_group_id"
_COMMON_FILTERS = dict.fromkeys(
    (
        "value", "type", "category", "org", "tags", "event_tags", "eventid", "uuid", "eventinfo", "threat_level_id",
        "object_relation", "object_name", "object_template_uuid", "object_template_version", "comment", "sharinggroup",
        "sharing_group_id", "distribution", "searchall", "to_ids", "published", "deleted", "org.sector", "org.local",
        "org.nationality", "galaxy.synonyms", "eventsExtendingUuid", "requested_attributes",
    ), TERMS
)  # fmt: skip
_SEARCH_FLAGS = dict.fromkeys(
    (
        "metadata", "withAttachments", "sgReferenceOnly", "enforceWarninglist", "includeWarninglistHits", "extended",
        "extensionList", "includeEventUuid", "includeEventTags", "includeAllTags", "includeContext",
        "includeProposals", "includeSightings", "includeCorrelations", "includeDecayScore", "excludeDecayed",
        "includeFullModel", "includeAnalystData", "excludeGalaxy", "noEventReports", "noShadowAttributes",
        "excludeLocalTags", "includeFeedCorrelations", "includeServerCorrelations", "includeGranularCorrelations",
        "includeRelatedTags", "flatten", "headerless", "list",
    ), FLAG
)  # fmt: skip
_TIME_FILTERS = dict.fromkeys(
    (
        "timestamp", "publish_timestamp", "event_timestamp", "attribute_timestamp", "last", "first_seen", "last_seen",
        "from", "to", "date",
    ), SPAN
)  # fmt: skip

SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {
        "Error": _record(required="name message url", texts="name message url"),
        "SaveFailed": _record(required="name message url errors", texts="name message url", errors={}, saved=FLAG),
        "Event": _record(
            required="info",
            texts="info uuid date extends_uuid",
            numbers=f"threat_level_id analysis timestamp {_LEVEL}",
            flags="published disable_correlation",
            Attribute=_list_of("Attribute"),
            Object=_list_of("Object"),
            Tag=_list_of("Tag"),
            EventReport=_list_of("EventReport"),
        ),
        "EventChange": _record(
            texts="info uuid date extends_uuid",
            numbers=f"threat_level_id analysis timestamp {_LEVEL}",
            flags="published disable_correlation",
            Attribute=_list_of("Attribute"),
            Object=_list_of("Object"),
            Tag=_list_of("Tag"),
        ),
        "Attribute": _record(
            required="type value",
            texts=f"type value category object_relation data {_ELEMENT}",
            numbers=f"timestamp {_LEVEL}",
            flags="to_ids disable_correlation deleted",
            Tag=_list_of("Tag"),
        ),
        "AttributeChange": _record(
            texts=f"type value category data {_ELEMENT}",
            numbers=f"timestamp {_LEVEL}",
            flags="to_ids disable_correlation deleted",
        ),
        "Object": _record(
            required="name",
            texts=f"name meta-category description template_uuid {_ELEMENT}",
            numbers=f"template_version timestamp {_LEVEL}",
            flags="deleted",
            Attribute=_list_of("Attribute"),
            ObjectReference=_list_of("ObjectReference"),
        ),
        "ObjectReference": _record(
            required="referenced_uuid relationship_type",
            texts="object_uuid referenced_uuid relationship_type comment uuid",
        ),
        "EventReport": _record(required="name", texts="name content uuid", numbers=_LEVEL),
        "Tag": _record(
            required="name", texts="name colour", numbers="org_id user_id", flags="exportable hide_tag local local_only"
        ),
        "Attach": _record(required="uuid tag", texts="uuid", tag=TERMS, local=FLAG),
        "Tagging": _record(required="tag", tag=TERMS, local=FLAG),
        "Removal": _record(flags="hard"),
        "Message": _record(required="message", texts="message"),
        "Sighting": _record(
            texts="id uuid value source", numbers="type timestamp", values={"type": "array", "items": TEXT}
        ),
        "SharingGroup": _record(
            required="name", texts="name releasability description uuid", flags="active roaming local"
        ),
        "SharingGroupMember": _record(texts="uuid", numbers="sg_id", flags="extend all_orgs", org_id={}, server_id={}),
        "Organisation": _record(
            required="name",
            texts="name uuid description type nationality sector contacts landingpage",
            flags="local",
            restricted_to_domain={"anyOf": [TEXT, {"type": "array", "items": TEXT}]},
        ),
        "User": _record(
            required="email",
            texts="email password org_id",
            numbers="role_id server_id",
            flags="disabled change_pw autoalert",
        ),
        "Role": _record(
            required="name", texts="name", numbers="permission", flags="perm_tagger perm_sighting perm_auth"
        ),
        "AuthKey": _record(
            texts="comment expiration",
            flags="read_only",
            allowed_ips={"anyOf": [TEXT, {"type": "array", "items": TEXT}, {"type": "null"}]},
        ),
        "Server": _record(
            required="name url authkey remote_org_id",
            texts="name url authkey",
            flags="push pull push_sightings self_signed internal",
            remote_org_id=NUMBER,
        ),
        "Setting": {"type": "object", "properties": {"value": {}}, "required": ["value"]},
        "UserSetting": _record(required="setting", texts="setting", value={}, user_id={}),
        "Blocklist": _record(
            required="uuids",
            texts="comment event_info event_orgc",
            uuids={"anyOf": [TEXT, {"type": "array", "items": TEXT}]},
        ),
        "Ids": {"type": "object", "properties": {"id": {"anyOf": [NUMBER, {"type": "array", "items": NUMBER}]}}},
        "Search": {
            "type": "object",
            "properties": {
                "returnFormat": TEXT,
                "page": NUMBER,
                "limit": NUMBER,
                "order": TEXT,
                **_COMMON_FILTERS,
                **_TIME_FILTERS,
                **_SEARCH_FLAGS,
            },
        },
        "Index": _record(
            texts="eventinfo value attribute sort direction",
            numbers="limit page",
            flags="minimal published",
            org=TERMS,
            tag=TERMS,
            eventid=TERMS,
            datefrom=TEXT,
            dateuntil=TEXT,
            timestamp=SPAN,
        ),
        "FreeText": _record(required="value", texts="value", adhereToWarninglists={}, returnMetaAttributes=FLAG),
        "Any": {},
    }
)
