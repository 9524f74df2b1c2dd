"""Pieces of JSON text that several answers share: written by f-string, for speed (SPEED §2.5)."""

import base64
import json
from collections.abc import Callable, Sequence
from json.encoder import encode_basestring as quoted

from mispmini.domain import clock
from mispmini.domain.errors import Damaged
from mispmini.domain.graphs import OrganisationRow, ReportRow, SharingGroup, SharingGroupServer, TagRow

BOOL = ("false", "true")


def text_or_null(text: str | None) -> str:
    """A JSON string, or null."""
    return "null" if text is None else quoted(text)


def seen_or_null(microseconds: int | None) -> str:
    """A seen time in MISP's form, or null."""
    return "null" if microseconds is None else f'"{clock.seen_text(microseconds)}"'


def number_or_null(number: int | None) -> str:
    """An integer as MISP's string, or null."""
    return "null" if number is None else f'"{number}"'


def extra_json(extra: str | None, known: frozenset[str]) -> str:
    """A partner's unknown keys as `,"key":value…`; one that became known since is left out (RULES §7)."""
    if not extra:
        return ""
    try:
        kept = {key: value for key, value in json.loads(extra).items() if key not in known}
    except (ValueError, AttributeError, RecursionError):
        raise Damaged("What a partner sent beside this element's known keys is damaged in the database.") from None
    return f",{compact(kept)[1:-1]}" if kept else ""


def compact(value: object) -> str:
    """JSON without blanks, unicode and slashes as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def data_json(data: bytes | None) -> str:
    """`,"data":"…"` of what has a file, in base64."""
    return "" if data is None else f',"data":"{base64.b64encode(data).decode()}"'


def organisation_json(org: OrganisationRow) -> str:
    """Org and Orgc of an event."""
    return f'{{"id":"{org.id}","name":{quoted(org.name)},"uuid":"{org.uuid}","local":{BOOL[org.local]}}}'


def short_organisation_json(org: OrganisationRow | None) -> str:
    """An organisation in an index, a related event or a group."""
    if org is None:
        return '{"id":"0","name":"","uuid":""}'
    return f'{{"id":"{org.id}","name":{quoted(org.name)},"uuid":"{org.uuid}"}}'


def tag_definition_json(tag: TagRow, *, owner: str = "") -> str:
    """The tag's own columns, without braces; `owner` is a ready `"org_id":"…",` where the answer has one."""
    return (
        f'"id":"{tag.id}","name":{quoted(tag.name)},"colour":{quoted(tag.colour)},'
        f'"exportable":{BOOL[tag.exportable]},{owner}"user_id":"{tag.user_id or 0}","hide_tag":{BOOL[tag.hide_tag]},'
        f'"numerical_value":{number_or_null(tag.numerical_value)},"is_galaxy":{BOOL[tag.is_galaxy]},'
        f'"is_custom_galaxy":{BOOL[tag.is_custom_galaxy]},"local_only":{BOOL[tag.local_only]}'
    )


def tag_json(tag: TagRow, *, for_push: bool = False) -> str:
    """A tag on an event or attribute; a tombstone is name, colour and deleted (RULES §8)."""
    if tag.deleted:
        return f'{{"name":{quoted(tag.name)},"colour":{quoted(tag.colour)},"deleted":true}}'
    columns = tag_definition_json(tag, owner='"org_id":"0",' if for_push else "")
    return f'{{{columns},"local":{BOOL[tag.local]},"relationship_type":{text_or_null(tag.relationship_type)}}}'


def tags_json(tags: Sequence[TagRow], text_of: Callable[[TagRow], str] = tag_json) -> str:
    """`,"Tag":[…]`, or nothing: without tags MISP leaves the key out."""
    return f',"Tag":[{",".join(map(text_of, tags))}]' if tags else ""


def sharing_group_json(group: SharingGroup) -> str:
    """A whole group inside an event or element (MODEL §7.9), or what strangers are shown of it."""
    if not group.told:
        return f'{{"uuid":"{group.uuid}"}}'
    orgs = ",".join(
        f'{{"id":"{member.id}","sharing_group_id":"{group.id}","org_id":"{member.organisation.id}",'
        f'"extend":{BOOL[member.extend]},"Organisation":{short_organisation_json(member.organisation)}}}'
        for member in group.orgs
    )
    servers = ",".join(_group_server_json(group, server) for server in group.servers)
    return (
        f'{{"id":"{group.id}","name":{quoted(group.name)},"releasability":{quoted(group.releasability)},'
        f'"description":{quoted(group.description)},"uuid":"{group.uuid}",'
        f'"organisation_uuid":"{group.organisation_uuid}","org_id":"{group.org_id}",'
        f'"sync_user_id":"{group.sync_user_id or 0}","active":{BOOL[group.active]},'
        f'"created":"{clock.datetime_text(group.created)}","modified":"{clock.datetime_text(group.modified)}",'
        f'"local":{BOOL[group.local]},"roaming":{BOOL[group.roaming]},'
        f'"Organisation":{short_organisation_json(group.organisation)},'
        f'"SharingGroupOrg":[{orgs}],"SharingGroupServer":[{servers}]}}'
    )


def _group_server_json(group: SharingGroup, server: SharingGroupServer) -> str:
    """A server of a group; this instance has the id 0."""
    id_ = server.server_id or 0
    return (
        f'{{"id":"{server.id}","sharing_group_id":"{group.id}","server_id":"{id_}",'
        f'"all_orgs":{BOOL[server.all_orgs]},'
        f'"Server":{{"id":"{id_}","url":{quoted(server.url)},"name":{quoted(server.name)}}}}}'
    )


def report_json(report: ReportRow, beside: str = "") -> str:
    """A report; `beside` is a ready `,"SharingGroup":…`, `,"Tag":…` and the like, or nothing."""
    return (
        f'{{"id":"{report.id}","uuid":"{report.uuid}","event_id":"{report.event_id}","name":{quoted(report.name)},'
        f'"content":{quoted(report.content)},"distribution":"{report.distribution}",'
        f'"sharing_group_id":"{report.sharing_group_id or 0}","timestamp":"{report.timestamp}",'
        f'"deleted":{BOOL[report.deleted]}{beside}}}'
    )
