"""What analysts say about things by their uuid: notes, opinions and relationships (MODEL §7.11, PROTOCOL §3.15)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from mispmini.domain.records import OrganisationRecord


class AnalystKind(StrEnum):
    """The three kinds, by their names on the wire."""

    NOTE = "Note"
    OPINION = "Opinion"
    RELATIONSHIP = "Relationship"


K = AnalystKind
KINDS = tuple(AnalystKind)
IN_EVENTS = ("Event", "Attribute", "Object", "EventReport")
OBJECT_TYPES = (*IN_EVENTS, *KINDS, "GalaxyCluster", "Galaxy", "Organisation", "SharingGroup")
MOST_OPINION = 100


class Place(NamedTuple):
    """Where something with a uuid stands here: its event, and the element of it; all None for what is not here."""

    event_id: int | None = None
    attribute_id: int | None = None
    object_id: int | None = None
    report_id: int | None = None


class AnalystRow(NamedTuple):
    """One of them. `text` is a note's text or an opinion's comment; the place is that of the outermost thing it is
    about; times are epoch seconds."""

    id: int
    kind: str
    uuid: str
    object_uuid: str
    object_type: str
    authors: str
    org_id: int
    orgc_id: int
    created: int
    modified: int
    distribution: int
    sharing_group_id: int | None
    locked: bool
    received_from: int | None
    text: str
    language: str | None
    opinion: int | None
    relationship_type: str | None
    related_uuid: str | None
    related_type: str | None
    event_id: int | None
    attribute_id: int | None
    object_id: int | None
    report_id: int | None


class RelatedRow(NamedTuple):
    """What a relationship points to, as far as the viewer sees it: `label` is an event's info or an element's value."""

    uuid: str
    type: str
    id: int
    event_id: int
    label: str


@dataclass(frozen=True, slots=True)
class AnalystSheet:
    """Items with all that is said about them in turn: by the uuid of what they are about, and what points to it.

    `group_ids` are the sharing groups that they name."""

    about: Mapping[str, tuple[AnalystRow, ...]] = field(default_factory=dict)
    inbound: Mapping[str, tuple[AnalystRow, ...]] = field(default_factory=dict)
    organisations: Mapping[int, OrganisationRecord] = field(default_factory=dict)
    related: Mapping[str, RelatedRow] = field(default_factory=dict)
    group_ids: frozenset[int] = frozenset()
    editable_by: int | None = None
    edits_all: bool = False

    def may_edit(self, row: AnalystRow) -> bool:
        """Whether whom the sheet was made for may change this one: of its own organisation (MODEL §5.4)."""
        return self.edits_all or row.orgc_id == self.editable_by
