"""Sharing groups and organisations embedded in what comes in (MODEL §7.9)."""

from collections.abc import Iterator

from mispmini.domain import sentences
from mispmini.domain.drafts import OrganisationDraft, SharingGroupDraft, SharingGroupOrgDraft, SharingGroupServerDraft
from mispmini.domain.errors import Invalid
from mispmini.domain.ids import new_uuid
from mispmini.wire.scalars import Fields, Record, as_record, flag, listed, whole_number
from mispmini.wire.scalars import uuid as read_uuid


def embedded_group(fields: Fields, *, name: str = "SharingGroup") -> SharingGroupDraft | None:
    """The group inside an event or element; None if absent, empty or unreadable.

    One that cannot be read is one that cannot be captured: what names it stays with its owner (MODEL §7.9 row 7).
    """
    value = fields.record.get(name)
    try:
        return read_sharing_group(value) if value else None
    except Invalid:
        return None


def read_sharing_group(value: object) -> SharingGroupDraft:
    """A partner's group; raises Invalid unless it is an object with a uuid and readable fields."""
    record = as_record(value)
    if record is None:
        raise Invalid({"SharingGroup": [sentences.RECORD]})
    if read_uuid(record.get("uuid")) is None:
        raise Invalid({"uuid": [sentences.UUID]})
    return _group(record)


def read_new_sharing_group(body: object) -> SharingGroupDraft:
    """A group from the body of sharingGroups/add or edit, where the parts may stand beside it (API §9.7)."""
    record = as_record(body)
    if record is None:
        raise Invalid({"name": [sentences.NOT_EMPTY]})
    inner = {**record, **(as_record(record.get("SharingGroup")) or {})}
    inner.pop("SharingGroup", None)
    return _group({**inner, "uuid": inner.get("uuid") or new_uuid()})


def read_organisation(value: object) -> OrganisationDraft | None:
    """An organisation named inside something else; None if absent, Invalid if it cannot be one (TRUST §2.2 row 5)."""
    if isinstance(value, str) and value.strip():
        return OrganisationDraft(None, value.strip())
    if not value:
        return None
    record = as_record(value)
    if record is None:
        raise Invalid({"Orgc": [sentences.RECORD]})
    fields = Fields(record)
    organisation = OrganisationDraft(fields.uuid("uuid"), (fields.text("name") or "").strip())
    fields.check()
    return organisation if organisation.uuid or organisation.name else None


def _group(record: Record) -> SharingGroupDraft:
    fields = Fields(record)
    active = fields.flag("active")
    group = SharingGroupDraft(
        uuid=fields.uuid("uuid") or "",
        name=fields.text("name") or "",
        releasability=fields.text("releasability") or "",
        description=fields.text("description") or "",
        organisation_uuid=fields.uuid("organisation_uuid"),
        organisation=read_organisation(record.get("Organisation")),
        active=True if active is None else active,
        roaming=fields.flag("roaming") or False,
        created=fields.text("created"),
        modified=fields.text("modified"),
        orgs=tuple(_members(record)),
        servers=tuple(_servers(record)),
    )
    fields.check()
    return group


def _members(record: Record) -> Iterator[SharingGroupOrgDraft]:
    for member in _records(record.get("SharingGroupOrg")):
        organisation = read_organisation(member.get("Organisation"))
        if organisation is not None:
            yield SharingGroupOrgDraft(organisation, flag(member.get("extend")) or False)


def _servers(record: Record) -> Iterator[SharingGroupServerDraft]:
    """Every listed server, those without an address too: an empty list means something else than an unknown one."""
    for entry in _records(record.get("SharingGroupServer")):
        url = (as_record(entry.get("Server")) or {}).get("url")
        yield SharingGroupServerDraft(
            url=url if isinstance(url, str) else "",
            all_orgs=flag(entry.get("all_orgs")) or False,
            is_announcer=whole_number(entry.get("server_id")) == 0,
        )


def _records(value: object) -> Iterator[Record]:
    items = listed(value) if isinstance(value, list | dict) else []
    return (item for item in items if isinstance(item, dict))
