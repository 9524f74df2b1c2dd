"""What the pages of events are given."""

from dataclasses import dataclass
from typing import Literal

from mispmini.web.pages.shared import Choice, Form, LedgerRow, Paging, TagBadge


@dataclass(frozen=True)
class EventRow:
    """One event in a list."""

    id: int
    info: str
    organisation: str  # the creator's
    attribute_count: int
    tags: tuple[TagBadge, ...]  # TLP first
    audience: str  # short: "This community"
    date: str  # YYYY-MM-DD, the event's own
    changed: int | None
    published: bool
    changed_since_publish: bool


@dataclass(frozen=True)
class EventsPage:
    """events/index.html, filtered by GET: q, tag, org, published, tab."""

    tab: Literal["all", "ours", "received", "drafts"]
    form: Form  # q, tag, org, published ("", "1", "0")
    rows: tuple[EventRow, ...]
    paging: Paging
    filtered: bool  # something narrows the list: an empty one then says so


@dataclass(frozen=True)
class AttributeRow:
    """One attribute of an event, alone or in an object."""

    id: int
    uuid: str
    relation: str  # name within its object; "" outside of one
    value: str
    type: str
    category: str
    to_ids: bool
    comment: str
    audience: str  # short; "" when it inherits
    tags: tuple[TagBadge, ...]
    changed: int | None
    deleted: bool  # softly: shown on demand, and restored
    may_edit: bool
    may_delete: bool
    may_tag: bool


@dataclass(frozen=True)
class ReferenceRow:
    """A reference from an object to an attribute or object of the same event."""

    relationship: str  # "related-to"
    target: str  # its value or name
    anchor: str  # id of its element on this page, "" when it is not on it


@dataclass(frozen=True)
class ObjectGroup:
    """One object with its attributes."""

    id: int
    uuid: str
    name: str
    comment: str
    audience: str  # short; "" when it inherits
    attributes: tuple[AttributeRow, ...]
    references: tuple[ReferenceRow, ...]
    deleted: bool
    may_edit: bool


@dataclass(frozen=True)
class EventPage:
    """events/view.html"""

    id: int
    uuid: str
    info: str
    owner_org: str
    owner_org_id: int
    creator_org: str
    creator_org_id: int
    date: str  # YYYY-MM-DD
    threat_level: str  # translated
    analysis: str  # translated
    tlp: TagBadge | None
    audience: str  # a sentence: who can see this
    published: bool
    published_at: int | None
    changed: int | None
    changed_since_publish: bool
    extends_uuid: str  # "" for none
    attribute_count: int  # visible ones, those in objects included
    tags: tuple[TagBadge, ...]
    objects: tuple[ObjectGroup, ...]
    attributes: tuple[AttributeRow, ...]  # those outside of objects
    paging: Paging  # over objects and attributes together
    attribute_form: Form  # type, category, value, comment, to_ids, distribution, sharing_group_id, batch_import
    choices: "AttributeChoices"
    deleted_shown: bool  # softly deleted attributes are among the rows
    deliveries: tuple[LedgerRow, ...]  # newest per server and direction
    may_see_deliveries: bool
    may_edit: bool
    may_tag: bool
    may_tag_locally: bool
    may_publish: bool
    may_unpublish: bool
    may_delete: bool
    edit_hint: str  # why it may not be edited, or what to know before; "" for nothing


@dataclass(frozen=True)
class AttributeChoices:
    """What the form of an attribute offers."""

    types: tuple[Choice, ...]
    categories: tuple[Choice, ...]  # the first, "", stands for the type's own
    to_ids: tuple[Choice, ...]  # the first, "", stands for the type's own
    distributions: tuple[Choice, ...]  # "inherit" first
    groups: tuple[Choice, ...]  # sharing groups; empty: the form offers none


@dataclass(frozen=True)
class AttributeFormPage:
    """attributes/edit.html: the fields of EventPage.attribute_form without batch_import."""

    id: int
    event_id: int
    event_info: str
    form: Form
    choices: AttributeChoices


@dataclass(frozen=True)
class EventFormPage:
    """events/edit.html: date, distribution, sharing_group_id, threat_level_id, analysis, info, extends_uuid."""

    id: int | None  # None to add one
    form: Form
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]  # sharing groups; empty: the form offers none
    threat_levels: tuple[Choice, ...]
    analyses: tuple[Choice, ...]


@dataclass(frozen=True)
class Recipient:
    """One server in the publish page: would the event go there, and as what."""

    server_name: str
    goes: bool
    sentence: str  # "Arrives as: this community only" or the reason why not, translated


@dataclass(frozen=True)
class PublishPage:
    """events/publish.html"""

    id: int
    info: str
    audience: str  # a sentence: who can see this
    here: tuple[str, ...]  # organisations on this server that see it, by name
    recipients: tuple[Recipient, ...]
    warnings: tuple[str, ...]  # "It has no TLP tag."; publishing stays possible
    refusal: str  # why it may not be published; "" when it may


@dataclass(frozen=True)
class DeletePage:
    """events/delete.html"""

    id: int
    info: str
    attribute_count: int
    holders: tuple[str, ...]  # servers that have a copy and keep it
