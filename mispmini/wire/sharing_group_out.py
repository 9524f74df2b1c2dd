"""Sharing groups and reports as answers of their own (MODEL §7.9, API §9.5, §9.7)."""

import json
from collections.abc import Sequence
from typing import Any

from mispmini.domain.graphs import EventRow, OrganisationRow, ReportRow, SharingGroup, TagRow
from mispmini.domain.records import GroupName, OrganisationRecord
from mispmini.wire.account_replies import organisation_columns
from mispmini.wire.fragments import report_json, sharing_group_json, tags_json
from mispmini.wire.replies import Reply

_SHORT = ("id", "uuid", "name", "description", "releasability", "local", "active", "roaming")
_NO_GROUP: Reply = {"id": None, "name": None, "uuid": None}
_PARTS = ("Organisation", "SharingGroupOrg", "SharingGroupServer")


def sharing_group_view(group: SharingGroup, owner: OrganisationRecord, sync_org: OrganisationRow | None) -> Reply:
    """sharing_groups/view: the group's columns, its parts beside them."""
    whole = json.loads(sharing_group_json(group))
    columns = {key: value for key, value in whole.items() if key not in _PARTS}
    if sync_org is not None:
        columns |= {"sync_org_name": sync_org.name, "sync_org": _named(sync_org)}
    return {
        "SharingGroup": columns,
        "Organisation": {key: value for key, value in organisation_columns(owner).items() if key != "user_count"},
        "SharingGroupOrg": _members(group, whole),
        "SharingGroupServer": whole["SharingGroupServer"],
    }


def sharing_group_index_item(group: SharingGroup, *, editable: bool, deletable: bool) -> Reply:
    """A row of sharing_groups/index; what the viewer may do stands beside it."""
    whole = json.loads(sharing_group_json(group))
    columns = {key: whole[key] for key in _SHORT}
    return {
        "SharingGroup": {**columns, "org_count": str(len(group.orgs))},
        "Organisation": whole["Organisation"],
        "SharingGroupOrg": whole["SharingGroupOrg"],
        "SharingGroupServer": [_short_server(item) for item in whole["SharingGroupServer"]],
        "editable": editable,
        "deletable": deletable,
    }


def report_view(
    report: ReportRow,
    event: EventRow,
    org: OrganisationRow,
    orgc: OrganisationRow,
    group: GroupName | None,
    tags: Sequence[TagRow] = (),
) -> Reply:
    """eventReports/view and a row of its index: group and event stand beside the report."""
    return {
        "EventReport": json.loads(report_json(report, tags_json(tags))),
        "Event": {
            "id": str(event.id),
            "orgc_id": str(event.orgc_id),
            "org_id": str(event.org_id),
            "info": event.info,
            "user_id": str(event.user_id or 0),
            "date": event.date,
            "Org": {"id": str(org.id), "name": org.name},
            "Orgc": {"id": str(orgc.id), "name": orgc.name},
        },
        "SharingGroup": _group_named(group),
        "RelationshipInbound": [],
    }


def _group_named(group: GroupName | None) -> Reply:
    if group is None:
        return _NO_GROUP
    return {"uuid": group.uuid} if group.name is None else {"id": str(group.id), "name": group.name, "uuid": group.uuid}


def _short_server(item: dict[str, Any]) -> Reply:
    """A server in the index. MISP: an empty list stands for this instance; ours names it."""
    return {key: item[key] for key in ("all_orgs", "server_id", "sharing_group_id")} | {
        "Server": {key: item["Server"][key] for key in ("name", "id")}
    }


def _named(org: OrganisationRow) -> Reply:
    return {"id": str(org.id), "name": org.name, "uuid": org.uuid}


def _members(group: SharingGroup, whole: dict[str, list[Reply]]) -> list[Reply]:
    """The members; here their organisations also say whether they are local."""
    return [
        {**item, "Organisation": {**_named(member.organisation), "local": member.organisation.local}}
        for member, item in zip(group.orgs, whole["SharingGroupOrg"], strict=True)
    ]
