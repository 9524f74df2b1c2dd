"""What a JSON GET of a write path answers: a description, which partners use as a probe (PROTOCOL §1.7, §3.9)."""

from mispmini.wire.replies import Reply, api_description


def _describe(url: str, description: str, mandatory: list[str], optional: list[str]) -> Reply:
    return api_description(url, description, mandatory=mandatory, optional=optional)


EVENTS_ADD = _describe(
    "/events/add",
    "POST a MISP Event JSON to this API to create an Event. Contained objects can also be included (such as"
    " attributes, objects, tags, etc).",
    ["info"],
    ["threat_level_id", "analysis", "distribution", "sharing_group_id", "uuid", "published", "timestamp", "date",
     "Attribute", "Object", "Shadow_Attribute", "EventTag"],
)  # fmt: skip
EVENTS_EDIT = _describe(
    "/events/edit",
    "POST a MISP Event JSON to this API to edit an Event. What the body leaves out is kept.",
    [],
    ["info", "threat_level_id", "analysis", "distribution", "sharing_group_id", "published", "timestamp", "date",
     "Attribute", "Object", "EventTag"],
)  # fmt: skip
EVENTS_CONTACT = _describe("/events/contact", "POST a message to whoever reported the Event.", ["message"], [])
EVENTS_DELETE = _describe("/events/delete", "POST to this API to delete an Event and block its uuid.", [], [])
ATTRIBUTES_ADD = _describe(
    "/attributes/add",
    "POST an Attribute, or a list of them, to this API to add them to the Event named in the path.",
    ["value", "type"],
    ["category", "to_ids", "uuid", "distribution", "sharing_group_id", "timestamp", "comment", "data", "first_seen",
     "last_seen"],
)  # fmt: skip
ATTRIBUTES_EDIT = _describe(
    "/attributes/edit",
    "POST an Attribute to this API to change it. What the body leaves out is kept.",
    [],
    ["value", "type", "category", "to_ids", "distribution", "sharing_group_id", "timestamp", "comment"],
)
ATTRIBUTES_DELETE = _describe(
    "/attributes/delete", "POST to this API to delete an Attribute, for good with hard.", [], ["hard"]
)
REPORTS_ADD = _describe(
    "/event_reports/add",
    "POST an Event Report to this API to add it to the Event named in the path.",
    ["name"],
    ["content", "distribution", "sharing_group_id", "uuid"],
)
TAGS_EDIT = _describe(
    "/tags/edit",
    "POST what changes of a Tag to this API.",
    [],
    ["name", "colour", "exportable", "local_only", "hide_tag", "org_id", "user_id", "numerical_value"],
)
TAGS_ADD = _describe(
    "/tags/add", "POST a Tag to this API to add it.", ["name"], ["colour", "exportable", "local_only", "hide_tag"]
)
