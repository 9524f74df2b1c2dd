"""The bodies of sharingGroups/add, edit, addOrg and addServer, and the fields of their form (API §9.7)."""

from collections.abc import Iterator

from mispmini.domain import sentences
from mispmini.domain.errors import Invalid
from mispmini.domain.group_forms import GroupForm, GroupServerForm, MemberForm
from mispmini.wire.door import unwrap
from mispmini.wire.scalars import Fields, Record, as_record, flag, plain_text
from mispmini.wire.sharing_group_in import read_organisation


def read_group_form(body: object) -> GroupForm:
    """A group from JSON, bare, under `request`, or `SharingGroup` with its lists inside or beside it. Raises Invalid.

    An empty list of organisations counts as none given: PyMISP sends it along unasked.
    """
    record = as_record(unwrap(body, "request"))
    if record is None:
        raise Invalid({"SharingGroup": [sentences.RECORD]})
    inner = {**record, **(as_record(record.get("SharingGroup")) or {})}
    return _form(
        inner,
        orgs=tuple(_members(inner.get("SharingGroupOrg"))) or None,
        servers=tuple(_servers(inner["SharingGroupServer"])) if "SharingGroupServer" in inner else None,
    )


def read_page_form(fields: Record) -> GroupForm:
    """A group from the fields of the page: everything is said there, what is not ticked is off. Raises Invalid."""
    orgs = tuple(MemberForm(org, extend=org in _texts(fields.get("extend"))) for org in _texts(fields.get("orgs")))
    servers = tuple(
        GroupServerForm(server, all_orgs=server in _texts(fields.get("all_orgs")))
        for server in _texts(fields.get("servers"))
    )
    ticked = {"active": "0", "roaming": "0", "releasability": "", "description": "", **fields}
    return _form(ticked, orgs=orgs, servers=servers)


def read_member(fields: Record) -> MemberForm:
    """The organisation that addOrg and removeOrg name. Raises Invalid."""
    org = plain_text(fields.get("org_id")) or plain_text(fields.get("org_uuid")) or ""
    return MemberForm(org, extend=flag(fields.get("extend")) or False)


def read_group_server(fields: Record) -> GroupServerForm:
    """The server that addServer and removeServer name."""
    return GroupServerForm(plain_text(fields.get("server_id")) or "", all_orgs=flag(fields.get("all_orgs")) or False)


def read_group_ref(fields: Record) -> str:
    """The group that addOrg and its kin name, by id or uuid."""
    return next((text for name in ("sg_id", "uuid", "sg_uuid") if (text := plain_text(fields.get(name)))), "")


def _form(
    record: Record, *, orgs: tuple[MemberForm, ...] | None, servers: tuple[GroupServerForm, ...] | None
) -> GroupForm:
    fields = Fields(record)
    form = GroupForm(
        name=fields.text("name"),
        releasability=fields.text("releasability"),
        description=fields.text("description"),
        uuid=fields.uuid("uuid"),
        active=fields.flag("active"),
        local=fields.flag("local"),
        roaming=fields.flag("roaming"),
        owner=read_organisation(record.get("Organisation")),
        orgs=orgs,
        servers=servers,
    )
    fields.check()
    return form


def _members(value: object) -> Iterator[MemberForm]:
    for item in _records(value):
        inner = as_record(item.get("Organisation")) or {}
        org = next(
            (text for text in (inner.get("uuid"), item.get("uuid"), item.get("org_id"), inner.get("id")) if text), ""
        )
        yield MemberForm(
            plain_text(org) or "",
            extend=flag(item.get("extend")) or False,
            known_as=plain_text(inner.get("name")) or "",
        )


def _servers(value: object) -> Iterator[GroupServerForm]:
    for item in _records(value):
        inner = as_record(item.get("Server")) or {}
        number = plain_text(item.get("server_id")) or plain_text(inner.get("id"))
        yield GroupServerForm(
            number or plain_text(inner.get("url")) or "", all_orgs=flag(item.get("all_orgs")) or False
        )


def _records(value: object) -> list[Record]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
