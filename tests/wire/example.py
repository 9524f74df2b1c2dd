"""One event that has something of everything, for the tests that write JSON."""

from mispmini.domain.graphs import (
    AttributeRow,
    EventGraph,
    EventRow,
    ObjectRow,
    OrganisationRow,
    ReferenceRow,
    RelatedEventRow,
    ReportRow,
    SharingGroup,
    SharingGroupMember,
    SharingGroupServer,
    TagRow,
)

NORTH = OrganisationRow(1, "CERT North", "aaaaaaaa-0000-4000-8000-000000000001", True)
SOUTH = OrganisationRow(2, "CERT “South”", "aaaaaaaa-0000-4000-8000-000000000002", False)
GREEN = TagRow(5, "tlp:green", "#33cc00", True, None, False, None, False, False, False, False, None, False)
LOCAL = TagRow(6, "todo", "#112233", True, 3, True, 20, False, False, True, True, "about", False)
GONE = TagRow(7, "tlp:red", "#cc0033", True, None, False, None, False, False, False, False, None, True)
EVENT = EventRow(
    id=41,
    uuid="eeeeeeee-0000-4000-8000-000000000041",
    org_id=1,
    orgc_id=2,
    user_id=3,
    date="2026-03-04",
    info='phishing "Größe" / line\nbreak',
    timestamp=1772600000,
    published=True,
    publish_timestamp=1772600100,
    sighting_timestamp=0,
    threat_level_id=2,
    analysis=1,
    distribution=4,
    sharing_group_id=9,
    attribute_count=3,
    locked=False,
    disable_correlation=False,
    extends_uuid="",
    protected=None,
    received_from=None,
    extra='{"future_column":{"a":[1,"ü"]},"Note":"known by now"}',
    published_as=1772600000,
)
LOOSE = AttributeRow(
    type="filename|md5",
    category="Payload delivery",
    id=101,
    event_id=41,
    object_id=None,
    object_relation=None,
    value1="läßt.exe",
    value2="0123456789abcdef0123456789abcdef",
    to_ids=True,
    uuid="aaaaaaaa-1111-4000-8000-000000000101",
    timestamp=1772600001,
    distribution=5,
    sharing_group_id=None,
    comment="seen\tonce",
    deleted=False,
    disable_correlation=False,
    first_seen=1772500000123456,
    last_seen=None,
    extra='{"edge":true}',
)
SAMPLE = LOOSE._replace(
    type="attachment",
    id=102,
    value1="note.txt",
    value2=None,
    to_ids=False,
    uuid="aaaaaaaa-1111-4000-8000-000000000102",
    distribution=4,
    sharing_group_id=9,
    comment="",
    deleted=True,
    first_seen=None,
    extra=None,
)
INSIDE = SAMPLE._replace(
    type="domain",
    category="Network activity",
    id=103,
    object_id=77,
    object_relation="domain",
    value1="example.org",
    to_ids=True,
    uuid="aaaaaaaa-1111-4000-8000-000000000103",
    distribution=5,
    sharing_group_id=None,
    deleted=False,
)
OBJECT = ObjectRow(
    id=77,
    name="domain-ip",
    meta_category="network",
    description="A pair.",
    template_uuid="cccccccc-0000-4000-8000-000000000077",
    template_version=9,
    event_id=41,
    uuid="bbbbbbbb-2222-4000-8000-000000000077",
    timestamp=1772600002,
    distribution=5,
    sharing_group_id=None,
    comment="",
    deleted=False,
    first_seen=None,
    last_seen=1772500000000000,
    extra=None,
)
TO_ATTRIBUTE = ReferenceRow(
    id=8,
    uuid="dddddddd-3333-4000-8000-000000000008",
    timestamp=1772600003,
    object_id=77,
    event_id=41,
    source_uuid=OBJECT.uuid,
    referenced_uuid=LOOSE.uuid,
    referenced_id=101,
    referenced_type=0,
    relationship_type="related-to",
    comment="",
    deleted=False,
)
TO_ITSELF = TO_ATTRIBUTE._replace(id=9, referenced_uuid=OBJECT.uuid, referenced_id=77, referenced_type=1)
TO_NOTHING = TO_ITSELF._replace(id=10, referenced_uuid="bbbbbbbb-2222-4000-8000-00000000dead", deleted=True)
REPORT = ReportRow(4, "ffffffff-4444-4000-8000-000000000004", 41, "Résumé", "# Title", 5, None, 1772600004, False)
RELATED = RelatedEventRow(
    12, "2026-01-01", 4, "older", True, "eeeeeeee-0000-4000-8000-000000000012", 0, 1770000000, 3, 1, 2
)
GROUP = SharingGroup(
    id=9,
    uuid="99999999-5555-4000-8000-000000000009",
    name="Banks",
    releasability="banks only",
    description="",
    organisation_uuid=NORTH.uuid,
    org_id=1,
    sync_user_id=None,
    active=True,
    local=True,
    roaming=False,
    created=1770000000,
    modified=1770000060,
    organisation=NORTH,
    orgs=(SharingGroupMember(1, NORTH, True), SharingGroupMember(2, SOUTH, False)),
    servers=(SharingGroupServer(1, None, "https://us.example", "https://us.example", False),),
)


def everything() -> EventGraph:
    """The whole event as its viewer gets it."""
    return EventGraph(
        event=EVENT,
        org=NORTH,
        orgc=SOUTH,
        creator_email="ana@north.example",
        tags=[GREEN, LOCAL, GONE],
        attributes=[LOOSE, SAMPLE, INSIDE],
        attribute_tags={101: [GREEN], 103: [GONE]},
        objects=[OBJECT],
        references={77: [TO_ATTRIBUTE, TO_ITSELF, TO_NOTHING]},
        reports=[REPORT],
        sharing_groups={9: GROUP},
        related=[RELATED],
        organisations={1: NORTH, 2: SOUTH},
        attachments={102: b"hello"},
    )


def nothing_but_itself() -> EventGraph:
    """An event of distribution 3 without any part."""
    return EventGraph(EVENT._replace(distribution=3, sharing_group_id=None, extra=None), NORTH, SOUTH, None)
