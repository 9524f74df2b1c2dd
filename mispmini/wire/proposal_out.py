"""Proposals as JSON text: listed, inside an event, and for a partner (MODEL §7.8, PROTOCOL §3.13)."""

from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring as quoted

from mispmini.domain.graphs import EventGraph, OrganisationRow
from mispmini.domain.opinions import ProposalRow
from mispmini.wire.fragments import BOOL, data_json, organisation_json, seen_or_null, text_or_null

Organisations = Mapping[int, OrganisationRow]
Files = Mapping[int, bytes]


def proposal_json(row: ProposalRow, organisations: Organisations, data: bytes | None = None) -> str:
    """`{"ShadowAttribute":{…}}` of index, view, add and edit; who proposed it is told by organisation alone."""
    org = organisations.get(row.org_id or 0)
    org_uuid = f',"org_uuid":"{org.uuid}"' if org else ""
    old_uuid = f',"old_uuid":"{row.old_uuid}"' if row.old_uuid else ""
    named = f',"Org":{{"name":{quoted(org.name)},"uuid":"{org.uuid}","id":"{org.id}"}}' if org else ""
    return (
        f'{{"ShadowAttribute":{{"id":"{row.id}","old_id":"{row.old_id or 0}","event_id":"{row.event_id}",'
        f'"type":{quoted(row.type)},"category":{quoted(row.category)},"uuid":"{row.uuid}",'
        f'"to_ids":{BOOL[row.to_ids]},"comment":{quoted(row.comment)},"org_id":"{row.org_id or 0}",'
        f'"timestamp":"{row.timestamp}",{_seen(row)},"deleted":{BOOL[row.deleted]},'
        f'"proposal_to_delete":{BOOL[row.proposal_to_delete]},"disable_correlation":{BOOL[row.disable_correlation]},'
        f'"value":{quoted(row.value)}{org_uuid}{old_uuid},"event_uuid":"{row.event_uuid}"{named}{data_json(data)}}}}}'
    )


def nested_proposals_json(rows: Iterable[ProposalRow], graph: EventGraph) -> str:
    """Proposals inside an event or an attribute, joined by commas, with those files that the graph holds."""
    return ",".join(_nested(row, graph.organisations, graph.proposal_files.get(row.id)) for row in rows)


def _nested(row: ProposalRow, organisations: Organisations, data: bytes | None) -> str:
    org = organisations.get(row.org_id or 0)
    named = f',"Org":{organisation_json(org)}' if org else ""
    return (
        f'{{"id":"{row.id}","type":{quoted(row.type)},"category":{quoted(row.category)},'
        f'"to_ids":{BOOL[row.to_ids]},"uuid":"{row.uuid}","event_uuid":"{row.event_uuid}",'
        f'"event_id":"{row.event_id}","old_id":"{row.old_id or 0}","comment":{quoted(row.comment)},'
        f'"org_id":"{row.org_id or 0}","proposal_to_delete":{BOOL[row.proposal_to_delete]},'
        f'"timestamp":"{row.timestamp}",{_seen(row)},"value":{quoted(row.value)}{data_json(data)}{named}}}'
    )


def pushed_proposals_json(rows: Iterable[ProposalRow], files: Files) -> str:
    """The body of pushProposals: a list, without our ids of the proposals, with their files by them."""
    return f"[{','.join(_pushed(row, files.get(row.id)) for row in rows)}]"


def _pushed(row: ProposalRow, data: bytes | None) -> str:
    """MISP: what has no file says so with an empty text."""
    return (
        f'{{"old_id":"{row.old_id or 0}","event_id":"{row.event_id}","type":{quoted(row.type)},'
        f'"category":{quoted(row.category)},"to_ids":{BOOL[row.to_ids]},"uuid":"{row.uuid}",'
        f'"org_id":"{row.org_id or 0}","email":{text_or_null(row.email)},"event_org_id":"{row.event_org_id}",'
        f'"comment":{quoted(row.comment)},"event_uuid":"{row.event_uuid}","deleted":{BOOL[row.deleted]},'
        f'"timestamp":"{row.timestamp}","proposal_to_delete":{BOOL[row.proposal_to_delete]},'
        f'"disable_correlation":{BOOL[row.disable_correlation]},{_seen(row)},"value":{quoted(row.value)}'
        f"{data_json(data or b'')}}}"
    )


def _seen(row: ProposalRow) -> str:
    return f'"first_seen":{seen_or_null(row.first_seen)},"last_seen":{seen_or_null(row.last_seen)}'
