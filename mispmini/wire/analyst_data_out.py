"""Notes, opinions and relationships as JSON text: alone, inside other things, and for a partner (MODEL §7.11)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted

from mispmini.domain.analyst_data import KINDS, AnalystKind, AnalystRow, AnalystSheet, RelatedRow
from mispmini.domain.clock import datetime_text
from mispmini.domain.distribution import needs_group
from mispmini.domain.graphs import SharingGroup
from mispmini.wire.account_replies import organisation_columns
from mispmini.wire.fragments import BOOL, compact, number_or_null, sharing_group_json, text_or_null

DEEPEST = 16
_ELEMENTS = ("Attribute", "Object", "EventReport")
_BRIEF_ORGC = ("id", "name", "uuid", "type", "sector", "nationality", "local")
_BRIEF_ORG = ("id", "name", "uuid", "type", "description", "sector", "nationality", "local")
_NUMBERS = {kind.value: number for number, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class ItemTexts:
    """Writes the items of one sheet; `groups` are the sharing groups that they name."""

    sheet: AnalystSheet
    groups: Mapping[int, SharingGroup]

    def item(self, row: AnalystRow) -> str:
        """`{"Note":{…}}` with what is said about it."""
        return f'{{"{row.kind}":{self._nested(row, 0)}}}'

    def listed(self, row: AnalystRow) -> str:
        """The same alone, as a partner fetches it (PROTOCOL §4.8)."""
        return f'{{"{row.kind}":{self._alone(row)}}}'

    def pushed(self, row: AnalystRow) -> str:
        """The body of pushAnalystData: without our id, locked, alone (PROTOCOL §3.15)."""
        return f'{{"{row.kind}":{{{self._columns(row._replace(locked=True))}}}}}'

    def about(self, uuid: str, depth: int = 0) -> str:
        """What stands inside an event, an element or another item: `,"Note":[…]` and so on, or nothing (MODEL §7.2)."""
        if depth >= DEEPEST:
            return ""
        by_kind = {kind: [row for row in self.sheet.about.get(uuid, ()) if row.kind == kind] for kind in KINDS}
        texts = [
            f',"{kind}":[{",".join(self._nested(row, depth + 1) for row in rows)}]'
            for kind, rows in by_kind.items()
            if rows
        ]
        if inbound := self.sheet.inbound.get(uuid):
            texts.append(f',"RelationshipInbound":[{",".join(map(self._alone, inbound))}]')
        return "".join(texts)

    def _nested(self, row: AnalystRow, depth: int) -> str:
        """MISP: whether it went deep enough is told but for what is about an element of an event."""
        is_cut = depth >= DEEPEST and row.uuid in self.sheet.about
        told = "" if depth and row.object_type in _ELEMENTS else f',"_max_depth_reached":{BOOL[is_cut]}'
        columns = self._columns(row, is_brief=bool(depth) and row.object_type == "Event")
        return f'{{"id":"{row.id}",{columns}{told}{self.about(row.uuid, depth)}}}'

    def _alone(self, row: AnalystRow) -> str:
        return f'{{"id":"{row.id}",{self._columns(row)}}}'

    def _columns(self, row: AnalystRow, *, is_brief: bool = False) -> str:
        """All but the id, which partners do not get; organisations in brief inside the event that it is about."""
        org, orgc = (organisation_columns(self.sheet.organisations[number]) for number in (row.org_id, row.orgc_id))
        if is_brief:
            org, orgc = ({name: one[name] for name in names} for one, names in ((org, _BRIEF_ORG), (orgc, _BRIEF_ORGC)))
        group = self.groups.get(row.sharing_group_id or 0) if needs_group(row.distribution) else None
        shared = "" if group is None else f',"SharingGroup":{sharing_group_json(group)}'
        return (
            f'"uuid":"{row.uuid}","object_uuid":"{row.object_uuid}","object_type":"{row.object_type}",'
            f'"authors":{quoted(row.authors)},"org_uuid":"{org["uuid"]}","orgc_uuid":"{orgc["uuid"]}",'
            f'"created":"{datetime_text(row.created)}","modified":"{datetime_text(row.modified)}",'
            f'"distribution":"{row.distribution}","sharing_group_id":{number_or_null(row.sharing_group_id)},'
            f'"locked":{BOOL[row.locked]},{self._own_columns(row)},"note_type":{_NUMBERS[row.kind]},'
            f'"note_type_name":"{row.kind}"{shared},"Orgc":{compact(orgc)},"Org":{compact(org)},'
            f'"_canEdit":{BOOL[self.sheet.may_edit(row)]}'
        )

    def _own_columns(self, row: AnalystRow) -> str:
        if row.kind == AnalystKind.NOTE:
            return f'"note":{quoted(row.text)},"language":{text_or_null(row.language)}'
        if row.kind == AnalystKind.OPINION:
            return f'"opinion":"{row.opinion}","comment":{quoted(row.text)}'
        target = self.sheet.related.get(row.related_uuid or "")
        return (
            f'"relationship_type":{text_or_null(row.relationship_type)},"related_object_uuid":"{row.related_uuid}",'
            f'"related_object_type":"{row.related_type}","related_object":{_related(target)}'
        )


def minimal_index(found: Iterable[tuple[str, str, int]], *, every_kind: bool = False) -> object:
    """`{"Note":{uuid:"Y-m-d H:i:s"}}`, an empty list where nothing is; with `every_kind` each kind is named."""
    listed: dict[str, dict[str, str]] = {}
    for kind, uuid, modified in found:
        listed.setdefault(kind, {})[uuid] = datetime_text(modified)
    if every_kind:
        return {kind.value: listed.get(kind) or [] for kind in KINDS}
    return listed or []


def _related(found: RelatedRow | None) -> str:
    """What it points to; nothing of what the viewer does not see."""
    if found is None:
        return "[]"
    label = "info" if found.type == "Event" else "name" if found.type in ("Object", "EventReport") else "value"
    event = "" if found.type == "Event" else f'"event_id":"{found.event_id}",'
    return f'{{"{found.type}":{{"id":"{found.id}",{event}"uuid":"{found.uuid}","{label}":{quoted(found.label)}}}}}'
