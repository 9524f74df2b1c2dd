"""Which body each action takes and which parameters it names in its path, for our OpenAPI document (API §8, §9)."""

from collections.abc import Mapping

from mispmini.wire.openapi_schemas import SCHEMAS, Schema, ref

BODY_OF: Mapping[str, str] = {
    "events/add": "Event",
    "events/edit": "EventChange",
    "events/index": "Index",
    "events/restSearch": "Search",
    "events/delete": "Ids",
    "events/freeTextImport": "FreeText",
    "events/contact": "Message",
    "events/addTag": "Tagging",
    "events/removeTag": "Tagging",
    "attributes/add": "Attribute",
    "attributes/edit": "AttributeChange",
    "attributes/editField": "AttributeChange",
    "attributes/delete": "Removal",
    "attributes/addTag": "Tagging",
    "attributes/removeTag": "Tagging",
    "attributes/restSearch": "Search",
    "objects/add": "Object",
    "objects/edit": "Object",
    "objects/editField": "Object",
    "objects/delete": "Removal",
    "objects/restSearch": "Search",
    "object_references/add": "ObjectReference",
    "object_references/delete": "Removal",
    "event_reports/add": "EventReport",
    "event_reports/edit": "EventReport",
    "event_reports/delete": "Removal",
    "shadow_attributes/add": "Attribute",
    "shadow_attributes/edit": "AttributeChange",
    "sightings/add": "Sighting",
    "sightings/restSearch": "Search",
    "tags/add": "Tag",
    "tags/edit": "Tag",
    "tags/attachTagToObject": "Attach",
    "tags/removeTagFromObject": "Attach",
    "sharing_groups/add": "SharingGroup",
    "sharing_groups/edit": "SharingGroup",
    "sharing_groups/addOrg": "SharingGroupMember",
    "sharing_groups/removeOrg": "SharingGroupMember",
    "sharing_groups/addServer": "SharingGroupMember",
    "sharing_groups/removeServer": "SharingGroupMember",
    "admin/organisations/add": "Organisation",
    "admin/organisations/edit": "Organisation",
    "admin/users/add": "User",
    "admin/users/edit": "User",
    "admin/roles/add": "Role",
    "admin/roles/edit": "Role",
    "auth_keys/add": "AuthKey",
    "auth_keys/edit": "AuthKey",
    "servers/add": "Server",
    "servers/edit": "Server",
    "servers/serverSettingsEdit": "Setting",
    "user_settings/setSetting": "UserSetting",
    "event_blocklists/add": "Blocklist",
    "org_blocklists/add": "Blocklist",
}
NAMED_IN: Mapping[str, tuple[str, ...]] = {
    "events/view": ("deleted", "extended", "excludeLocalTags", "includeAttachments", "noEventReports", "noSightings"),
    "events/index": ("limit", "page", "sort", "direction", "eventinfo", "value", "tag", "org", "published", "minimal"),
    "events/add": ("metadata",),
    "events/edit": ("metadata",),
    "events/addTag": ("local",),
    "attributes/add": ("breakOnDuplicate",),
    "attributes/addTag": ("local",),
    "objects/add": ("breakOnDuplicate",),
    "attributes/index": ("limit", "page"),
    "event_reports/index": ("event_id", "context", "value"),
    "organisations/index": ("scope", "searchall"),
    "sharing_groups/index": ("limit", "page", "value", "searchorg"),
    "tags/index": ("searchall", "name", "filter", "search", "favouritesOnly", "exclude_statistics"),
    "admin/users/index": ("value", "searchorg"),
}


def body_schema(action: str) -> Schema | None:
    """The schema of an action's body; None where we describe none."""
    name = BODY_OF.get(action)
    return None if name is None else ref(name)


def fields_of(action: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields that an action's body must hold, and those that it may hold."""
    schema = SCHEMAS.get(BODY_OF.get(action, ""), {})
    properties, required = schema.get("properties"), schema.get("required")
    names = tuple(properties) if isinstance(properties, dict) else ()
    must = tuple(required) if isinstance(required, list) else ()
    return must, tuple(name for name in names if name not in must)


def field_names(action: str) -> tuple[str, ...]:
    """The fields of an action's body, those that must be there first and marked with an asterisk."""
    must, may = fields_of(action)
    return (*(f"{name}*" for name in must), *may)
