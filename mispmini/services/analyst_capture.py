"""What partners and scripts say about things is taken: notes, opinions, relationships (PROTOCOL §3.15, MODEL §7.10)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mispmini.domain import clock
from mispmini.domain.analyst_data import AnalystRow
from mispmini.domain.distribution import Distribution, after_pull, needs_group, widens
from mispmini.domain.drafts import AnalystDraft, AttributeDraft, EventDraft, ObjectDraft
from mispmini.domain.errors import Refused
from mispmini.domain.origin import Way
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.capture import Groups
from mispmini.services.organisations import capture_organisation
from mispmini.store import analyst_data as store
from mispmini.store.blocklists import org_is_blocked
from mispmini.store.events import event_standing
from mispmini.store.organisations import find_any_organisation
from mispmini.store.settings import load_settings

NO_GROUP = "Invalid Sharing Group or not authorised."


@dataclass(frozen=True, slots=True)
class Taken:
    """How many were stored, and how many were left alone."""

    imported: int = 0
    ignored: int = 0


def may_edit(viewer: Viewer, row: AnalystRow) -> bool:
    """Site admin, or the creator's organisation (MODEL §5.4)."""
    return viewer.is_site_admin or row.orgc_id == viewer.org_id


def take_of_event(viewer: Viewer, event_id: int, draft: EventDraft, groups: Groups) -> None:
    """Those of an event's draft about the event itself and its reports, inside the writing() that stored it."""
    event_uuid = event_standing(event_id).uuid if draft.analyst_data else ""
    own = [replace(i, object_uuid=event_uuid) if i.object_type == "Event" else i for i in draft.analyst_data]
    of_reports = (item for report in draft.reports for item in placed(report.analyst_data, report.uuid))
    take(viewer, [*own, *of_reports], groups)


def take_of_elements(
    viewer: Viewer, attributes: Iterable[AttributeDraft], objects: Iterable[ObjectDraft], groups: Groups
) -> None:
    """Those inside attributes and objects, inside the writing() that stored these."""
    nested = [item for attribute in attributes for item in placed(attribute.analyst_data, attribute.uuid)]
    for obj in objects:
        nested += placed(obj.analyst_data, obj.uuid)
        nested += (item for attribute in obj.attributes for item in placed(attribute.analyst_data, attribute.uuid))
    take(viewer, nested, groups)


def placed(drafts: Iterable[AnalystDraft], uuid: str | None) -> list[AnalystDraft]:
    """Those that do not say what they are about get the uuid of what they came inside of; without one they are lost."""
    known = (draft if draft.object_uuid else replace(draft, object_uuid=uuid or "") for draft in drafts)
    return [draft for draft in known if draft.object_uuid]


def take(viewer: Viewer, drafts: Sequence[AnalystDraft], groups: Groups) -> Taken:
    """Store what is new or newer, inside a writing(); what may not come in is left alone. A uuid counts once."""
    if not drafts or not viewer.can(Permission.ANALYST_DATA):
        return Taken(ignored=len(drafts))
    unique = {draft.uuid: draft for draft in reversed(drafts)}
    known, blocked = store.items_by_uuid(unique), store.blocked_items(unique)
    intake = ItemIntake(viewer, groups)
    # Parents stand before what is nested in them, and are stored first: their place is then known.
    firsts = [draft for draft in drafts if unique.get(draft.uuid) is draft and draft.uuid not in blocked]
    imported = sum(intake.take(draft, known.get(draft.uuid)) for draft in firsts)
    return Taken(imported, len(drafts) - imported)


@dataclass(slots=True)
class ItemIntake:
    """Turns the items of one request into rows, inside a writing()."""

    viewer: Viewer
    groups: Groups
    _orgs: dict[str, int] = field(default_factory=dict)

    @property
    def _trusts_names(self) -> bool:
        """Only who syncs speaks for other organisations (API §10.2 row 13)."""
        return self.groups.origin.is_link or self.viewer.can(Permission.SYNC)

    def take(self, draft: AnalystDraft, stored: AnalystRow | None) -> bool:
        """Store one if the rules let; whether it was."""
        if self._is_unwanted(draft) or not (stored is None or self._may_update(draft, stored)):
            return False
        try:
            self.add(draft) if stored is None else self.change(draft, stored)
        except Refused:
            return False
        return True

    def add(self, draft: AnalystDraft) -> int:
        """Store a new one; its id. Raises Refused for a group that an author may not use."""
        origin, now = self.groups.origin, clock.now()
        place = store.place_read_by(self.viewer, draft.object_uuid)
        values = {
            **self._content(draft),
            **self._level(draft, self._default_level()),
            "kind": draft.kind,
            "uuid": draft.uuid,
            "object_uuid": draft.object_uuid,
            "object_type": draft.object_type,
            "authors": draft.authors or self.viewer.email,
            "org": origin.owner_org_id,
            "orgc": self._creator(draft),
            "created": draft.created or now,
            "modified": draft.modified or now,
            "locked": origin.is_link,
            "received_from": origin.link_org_id,
            "event": place.event_id,
            "attribute_id": place.attribute_id,
            "object_id": place.object_id,
            "report_id": place.report_id,
        }
        number = store.insert_item(values)
        store.settle_below(draft.uuid)
        return number

    def change(self, draft: AnalystDraft, stored: AnalystRow, *, modified: int | None = None) -> None:
        """Store a newer version; what it is about, whose it is and its kind never change. Raises Refused."""
        store.update_item(
            stored.id,
            {
                **self._content(draft),
                **self._changed_level(draft, stored),
                "authors": draft.authors or stored.authors,
                "modified": modified or draft.modified or clock.later_than(stored.modified),
            },
        )

    def _changed_level(self, draft: AnalystDraft, stored: AnalystRow) -> dict[str, object]:
        """What changes of level and group; a link that does not own it never lets it reach more (RULES §4)."""
        same_group = draft.sharing_group is None and draft.sharing_group_id in (None, stored.sharing_group_id)
        if draft.distribution is None or (draft.distribution == stored.distribution and same_group):
            return {}
        level = self._level(draft, stored.distribution)
        if not self._owns(stored) and widens(int(str(level["distribution"])), stored.distribution):
            return {}
        return level

    def _content(self, draft: AnalystDraft) -> dict[str, object]:
        return {
            "text": draft.text or "",
            "language": draft.language,
            "opinion": draft.opinion,
            "relationship_type": draft.relationship_type,
            "related_uuid": draft.related_uuid,
            "related_type": draft.related_type,
            "related_event": store.event_holding(draft.related_uuid) if draft.related_uuid else None,
        }

    def _default_level(self) -> int:
        """What a partner sends without a level is for its owner alone."""
        if self.groups.origin.is_link:
            return int(Distribution.ORGANISATION)
        return load_settings().default_event_distribution

    def _level(self, draft: AnalystDraft, default: int) -> dict[str, object]:
        """Level and group; a link's group that is not accepted leaves it to the owner alone (RULES §1)."""
        origin = self.groups.origin
        level = default if draft.distribution is None else draft.distribution
        if origin.way is Way.PULL:
            trusted = origin.internal and load_settings().host_org_id == origin.owner_org_id
            level = after_pull(level, trusted=trusted)
        if not needs_group(level):
            return {"distribution": level, "sharing_group": None}
        group_id = self.groups.of(level, draft.sharing_group, draft.sharing_group_id)
        if group_id is None and not origin.is_link:
            raise Refused(NO_GROUP)
        if group_id is None:
            return {"distribution": int(Distribution.ORGANISATION), "sharing_group": None}
        return {"distribution": level, "sharing_group": group_id}

    def _creator(self, draft: AnalystDraft) -> int:
        if draft.orgc is None or not self._trusts_names:
            return self.viewer.org_id or self.groups.origin.owner_org_id
        uuid = draft.orgc.uuid or ""
        if uuid not in self._orgs:
            known = find_any_organisation(uuid)
            self._orgs[uuid] = (known or capture_organisation(self.viewer, draft.orgc)).id
        return self._orgs[uuid]

    def _is_unwanted(self, draft: AnalystDraft) -> bool:
        uuid = draft.orgc.uuid if draft.orgc is not None and self._trusts_names else self.viewer.org_uuid
        return bool(uuid) and load_settings().org_blocklist and org_is_blocked(uuid or "")

    def _may_update(self, draft: AnalystDraft, stored: AnalystRow) -> bool:
        """Newer, of the same kind, and theirs to change: a link changes only what came from elsewhere (RULES §4)."""
        if draft.kind != stored.kind or draft.modified is None or draft.modified <= stored.modified:
            return False
        if not self.groups.origin.is_link:
            return may_edit(self.viewer, stored)
        if not stored.locked or (clock.is_ahead(draft.modified) and not self._owns(stored)):
            return False
        return self._owns(stored) or load_settings().update_policy == "any"

    def _owns(self, stored: AnalystRow) -> bool:
        origin = self.groups.origin
        return not origin.is_link or origin.link_org_id in (stored.received_from, stored.orgc_id)
