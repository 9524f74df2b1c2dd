"""What goes out: an event with all its parts, as rows that store fills and wire writes.

Field order of the NamedTuples is the column order of the select that fills them (store/graphs.py).
Ids are integers, times epoch seconds, seen times epoch microseconds, None stands for "none".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mispmini.domain.analyst_data import AnalystSheet
from mispmini.domain.decaying import DecayScore
from mispmini.domain.galaxies import GalaxyUse
from mispmini.domain.opinions import ProposalRow, SightingRow
from mispmini.domain.warninglists import Hit


class OrganisationRow(NamedTuple):
    """An organisation as it stands inside an event."""

    id: int
    name: str
    uuid: str
    local: bool


class TagRow(NamedTuple):
    """A tag as attached to an event, attribute or report. `deleted` is a tombstone, for partners alone (RULES §8)."""

    id: int
    name: str
    colour: str
    exportable: bool
    user_id: int | None
    hide_tag: bool
    numerical_value: int | None
    is_galaxy: bool
    is_custom_galaxy: bool
    local_only: bool
    local: bool
    relationship_type: str | None
    deleted: bool


class AttributeRow(NamedTuple):
    """An attribute; `value2` is None unless the type is composite."""

    type: str
    category: str
    id: int
    event_id: int
    object_id: int | None
    object_relation: str | None
    value1: str
    value2: str | None
    to_ids: bool
    uuid: str
    timestamp: int
    distribution: int
    sharing_group_id: int | None
    comment: str
    deleted: bool
    disable_correlation: bool
    first_seen: int | None
    last_seen: int | None
    extra: str | None

    @property
    def value(self) -> str:
        """The whole value, composites joined by a bar."""
        return self.value1 if self.value2 is None else f"{self.value1}|{self.value2}"


class ObjectRow(NamedTuple):
    """A MISP object without its attributes."""

    id: int
    name: str
    meta_category: str
    description: str
    template_uuid: str
    template_version: int
    event_id: int
    uuid: str
    timestamp: int
    distribution: int
    sharing_group_id: int | None
    comment: str
    deleted: bool
    first_seen: int | None
    last_seen: int | None
    extra: str | None


class ReferenceRow(NamedTuple):
    """A reference of an object; `referenced_type` is 0 for an attribute, 1 for an object."""

    id: int
    uuid: str
    timestamp: int
    object_id: int
    event_id: int
    source_uuid: str
    referenced_uuid: str
    referenced_id: int
    referenced_type: int
    relationship_type: str
    comment: str
    deleted: bool


class ReportRow(NamedTuple):
    """An event report."""

    id: int
    uuid: str
    event_id: int
    name: str
    content: str
    distribution: int
    sharing_group_id: int | None
    timestamp: int
    deleted: bool


class EventRow(NamedTuple):
    """An event's own columns."""

    id: int
    uuid: str
    org_id: int
    orgc_id: int
    user_id: int | None
    date: str
    info: str
    timestamp: int
    published: bool
    publish_timestamp: int
    sighting_timestamp: int
    threat_level_id: int
    analysis: int
    distribution: int
    sharing_group_id: int | None
    attribute_count: int
    locked: bool
    disable_correlation: bool
    extends_uuid: str
    protected: bool | None
    received_from: int | None
    extra: str | None
    published_as: int | None

    @property
    def changed_since_publish(self) -> bool:
        """Whether it was published and then changed, so that it waits to be published again."""
        return not self.published and self.published_as not in (None, self.timestamp)


class RelatedEventRow(NamedTuple):
    """An event that shares a value with the one viewed."""

    id: int
    date: str
    threat_level_id: int
    info: str
    published: bool
    uuid: str
    analysis: int
    timestamp: int
    distribution: int
    org_id: int
    orgc_id: int


@dataclass(frozen=True, slots=True)
class SharingGroupMember:
    """An organisation of a group."""

    id: int
    organisation: OrganisationRow
    extend: bool


@dataclass(frozen=True, slots=True)
class SharingGroupServer:
    """A server of a group; `server_id` None is this instance."""

    id: int
    server_id: int | None
    url: str
    name: str
    all_orgs: bool


@dataclass(frozen=True, slots=True)
class SharingGroup:
    """A sharing group with members and servers (MODEL §7.9); `created`, `modified` are epoch seconds.

    `told` is false of what is left of it for who is not in it: its uuid, in place of the name too.
    """

    id: int
    uuid: str
    name: str
    releasability: str
    description: str
    organisation_uuid: str
    org_id: int
    sync_user_id: int | None
    active: bool
    local: bool
    roaming: bool
    created: int
    modified: int
    organisation: OrganisationRow
    orgs: tuple[SharingGroupMember, ...]
    servers: tuple[SharingGroupServer, ...]
    told: bool = True

    def for_strangers(self) -> "SharingGroup":
        """What those who are not in it are shown."""
        nobody = OrganisationRow(0, "", "", False)
        return SharingGroup(
            self.id, self.uuid, self.uuid, "", "", "", 0, None, True, False, False, 0, 0, nobody, (), (), told=False
        )


class ExtensionRow(NamedTuple):
    """An event that extends the one viewed."""

    id: int
    info: str
    orgc: OrganisationRow


class HolderRow(NamedTuple):
    """A feed or a partner that holds a value, and the uuids of the events that it stands in there.

    `provider` and `source_format` are a feed's.
    """

    id: int
    name: str
    url: str
    event_uuids: tuple[str, ...]
    provider: str = ""
    source_format: str = ""


@dataclass(slots=True)
class EventGraph:
    """An event with every part the viewer may see. Attributes of objects carry their `object_id`.

    `sightings` are by attribute; `proposals` are pending ones, `proposal_files` by proposal; `extensions` and, by
    attribute, `related_attributes` are set if the view was to hold them; `flat` lists what is in objects beside them;
    `analyst_data` is what is said about it and its elements, if anything is. `galaxies` are what
    tags on the event name, `attribute_galaxies` and `warnings` are by attribute, and so are `feeds` and `servers` that
    hold its value and `related_tags` of others with it, if they were asked for.
    """

    event: EventRow
    org: OrganisationRow
    orgc: OrganisationRow
    creator_email: str | None
    tags: Sequence[TagRow] = ()
    attributes: Sequence[AttributeRow] = ()
    attribute_tags: Mapping[int, Sequence[TagRow]] = field(default_factory=dict)
    objects: Sequence[ObjectRow] = ()
    references: Mapping[int, Sequence[ReferenceRow]] = field(default_factory=dict)
    reports: Sequence[ReportRow] = ()
    report_tags: Mapping[int, Sequence[TagRow]] = field(default_factory=dict)
    sharing_groups: Mapping[int, SharingGroup] = field(default_factory=dict)
    related: Sequence[RelatedEventRow] | None = None
    organisations: Mapping[int, OrganisationRow] = field(default_factory=dict)
    attachments: Mapping[int, bytes] = field(default_factory=dict)
    sightings: Mapping[int, Sequence[SightingRow]] = field(default_factory=dict)
    proposals: Sequence[ProposalRow] = ()
    proposal_files: Mapping[int, bytes] = field(default_factory=dict)
    extensions: Sequence[ExtensionRow] | None = None
    related_attributes: Mapping[int, Sequence[RelatedEventRow]] | None = None
    flat: bool = False
    galaxies: Sequence[GalaxyUse] = ()
    attribute_galaxies: Mapping[int, Sequence[GalaxyUse]] = field(default_factory=dict)
    warnings: Mapping[int, Sequence[Hit]] = field(default_factory=dict)
    feeds: Mapping[int, Sequence[HolderRow]] = field(default_factory=dict)
    servers: Mapping[int, Sequence[HolderRow]] = field(default_factory=dict)
    related_tags: Mapping[int, Sequence[TagRow]] = field(default_factory=dict)
    analyst_data: AnalystSheet | None = None

    def tags_shown(self) -> Iterator[Sequence[TagRow]]:
        """The event's tags and those of each attribute that it shows; `attribute_tags` may hold those of others."""
        yield self.tags
        for attribute in self.attributes:
            yield self.attribute_tags.get(attribute.id, ())


class RelatedAttribute(NamedTuple):
    """An attribute that has the value of another one, with its event."""

    attribute: AttributeRow
    event: EventRow


class FoundAttribute(NamedTuple):
    """An attribute with what stands around it; the tags of `event` are those that may be inherited.

    `files` (by attribute) and `related`, attributes of other events with its value, are there if they were asked for.
    """

    attribute: AttributeRow
    event: EventGraph
    obj: ObjectRow | None
    tags: Sequence[TagRow]
    files: Mapping[int, bytes]
    related: Sequence[RelatedAttribute] = ()
    warnings: Sequence[Hit] = ()
    decay: Sequence[DecayScore] = ()

    @property
    def data(self) -> bytes | None:
        """The bytes of its file, read when they are asked for."""
        return self.files.get(self.attribute.id)


class FoundObject(NamedTuple):
    """An object that a search found, with its attributes, their tags, and the event around it."""

    obj: ObjectRow
    event: EventGraph
    attributes: Sequence[AttributeRow]
    tags: Mapping[int, Sequence[TagRow]]
    files: Mapping[int, bytes]
    warnings: Mapping[int, Sequence[Hit]]
