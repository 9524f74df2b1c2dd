"""What came in, parsed: frozen drafts, None meaning "not given" (HOUSE §6.6; MODEL §7)."""

from collections.abc import Mapping
from dataclasses import dataclass

Extra = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OrganisationDraft:
    """An organisation named inside an event: uuid is its identity (RULES, TRUST §2.2 row 5)."""

    uuid: str | None
    name: str


@dataclass(frozen=True, slots=True)
class SharingGroupOrgDraft:
    """A member organisation of a received group."""

    organisation: OrganisationDraft
    extend: bool


@dataclass(frozen=True, slots=True)
class SharingGroupServerDraft:
    """A server of a received group, known by its url."""

    url: str
    all_orgs: bool
    is_announcer: bool = False


@dataclass(frozen=True, slots=True)
class SharingGroupDraft:
    """A sharing group embedded in what a partner sent (MODEL §7.9)."""

    uuid: str
    name: str
    releasability: str
    description: str
    organisation_uuid: str | None
    organisation: OrganisationDraft | None
    active: bool
    roaming: bool
    created: str | None
    modified: str | None
    orgs: tuple[SharingGroupOrgDraft, ...]
    servers: tuple[SharingGroupServerDraft, ...]


@dataclass(frozen=True, slots=True)
class TagDraft:
    """A tag on an event or attribute; `deleted` asks for its removal (RULES §8)."""

    name: str
    colour: str | None = None
    exportable: bool | None = None
    local: bool = False
    relationship_type: str | None = None
    deleted: bool = False
    local_only: bool = False


@dataclass(frozen=True, slots=True)
class SightingDraft:
    """A sighting that a partner sends. `names_org` tells a nobody's sighting from one that does not say whose it is."""

    uuid: str
    attribute_uuid: str
    date_sighting: int
    event_uuid: str | None = None
    type: int = 0
    source: str = ""
    organisation: OrganisationDraft | None = None
    names_org: bool = False


@dataclass(frozen=True, slots=True)
class AnalystDraft:
    """A note, opinion or relationship about `object_uuid`; times are epoch seconds. `text` is a note's text or an
    opinion's comment. A creator that is named by its uuid alone has an empty name."""

    kind: str
    uuid: str
    object_uuid: str = ""
    object_type: str = ""
    authors: str | None = None
    orgc: OrganisationDraft | None = None
    created: int | None = None
    modified: int | None = None
    distribution: int | None = None
    sharing_group_id: int | None = None
    sharing_group: SharingGroupDraft | None = None
    text: str | None = None
    language: str | None = None
    opinion: int | None = None
    relationship_type: str | None = None
    related_uuid: str | None = None
    related_type: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeDraft:
    """An attribute; seen times in epoch microseconds, timestamp in seconds, data the raw bytes."""

    type: str | None = None
    value: str | None = None
    category: str | None = None
    uuid: str | None = None
    to_ids: bool | None = None
    comment: str | None = None
    distribution: int | None = None
    sharing_group_id: int | None = None
    sharing_group: SharingGroupDraft | None = None
    timestamp: int | None = None
    deleted: bool | None = None
    disable_correlation: bool | None = None
    first_seen: int | None = None
    last_seen: int | None = None
    object_relation: str | None = None
    tags: tuple[TagDraft, ...] = ()
    data: bytes | None = None
    extra: Extra | None = None
    sightings: tuple[SightingDraft, ...] = ()
    analyst_data: tuple[AnalystDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposalDraft:
    """A proposal that a partner sends: the attribute as it should be; `old_uuid` is the attribute to be changed,
    `number` the proposal's id there."""

    attribute: AttributeDraft
    uuid: str
    event_uuid: str | None
    old_uuid: str | None
    organisation: OrganisationDraft | None
    timestamp: int
    deleted: bool = False
    proposal_to_delete: bool = False
    number: int | None = None


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as somebody sent it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class UploadDraft:
    """Files that become attributes, and what all of them get; `info` names the event if one is to be made."""

    files: tuple[UploadedFile, ...]
    category: str | None = None
    comment: str | None = None
    to_ids: bool | None = None
    distribution: int | None = None
    threat_level_id: int | None = None
    info: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceDraft:
    """A relation from an object to an attribute or object of the same event."""

    referenced_uuid: str
    relationship_type: str
    uuid: str | None = None
    comment: str = ""
    timestamp: int | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ObjectDraft:
    """A MISP object with its attributes and references."""

    name: str | None = None
    meta_category: str | None = None
    description: str | None = None
    template_uuid: str | None = None
    template_version: int | None = None
    uuid: str | None = None
    timestamp: int | None = None
    distribution: int | None = None
    sharing_group_id: int | None = None
    sharing_group: SharingGroupDraft | None = None
    comment: str | None = None
    deleted: bool | None = None
    first_seen: int | None = None
    last_seen: int | None = None
    attributes: tuple[AttributeDraft, ...] = ()
    references: tuple[ReferenceDraft, ...] = ()
    extra: Extra | None = None
    analyst_data: tuple[AnalystDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """An event report: Markdown."""

    name: str
    content: str
    uuid: str | None = None
    distribution: int | None = None
    sharing_group_id: int | None = None
    sharing_group: SharingGroupDraft | None = None
    timestamp: int | None = None
    deleted: bool = False
    tags: tuple[TagDraft, ...] = ()
    analyst_data: tuple[AnalystDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """An element left out at the door, with the reason by field: lenient, but shown (API §10.1 row 10)."""

    kind: str
    uuid: str | None
    errors: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event; `date` is YYYY-MM-DD, `timestamp` epoch seconds. `signed` says that a signature came along with it."""

    info: str | None = None
    uuid: str | None = None
    date: str | None = None
    threat_level_id: int | None = None
    analysis: int | None = None
    distribution: int | None = None
    sharing_group_id: int | None = None
    sharing_group: SharingGroupDraft | None = None
    published: bool | None = None
    timestamp: int | None = None
    orgc: OrganisationDraft | None = None
    locked: bool | None = None
    disable_correlation: bool | None = None
    extends_uuid: str | None = None
    protected: bool = False
    signed: bool = False
    tags: tuple[TagDraft, ...] = ()
    attributes: tuple[AttributeDraft, ...] = ()
    objects: tuple[ObjectDraft, ...] = ()
    reports: tuple[ReportDraft, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    extra: Extra | None = None
    sightings: tuple[SightingDraft, ...] = ()
    analyst_data: tuple[AnalystDraft, ...] = ()

    @property
    def is_empty(self) -> bool:
        """No element at all: a published one is refused (PROTOCOL §3.6.1 row 11)."""
        return not (self.attributes or self.objects or self.reports or self.dropped)
