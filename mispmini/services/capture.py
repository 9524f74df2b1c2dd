"""What comes by name or uuid becomes a row here: tags, and the group an element names (MODEL §7.5, §7.9)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mispmini.domain.distribution import needs_group
from mispmini.domain.drafts import SharingGroupDraft, TagDraft
from mispmini.domain.notices import GroupRefusal
from mispmini.domain.origin import Origin, Way
from mispmini.domain.permissions import Permission
from mispmini.domain.records import TagRecord
from mispmini.domain.tag_forms import MAX_TAG_BYTES as MAX_TAG_BYTES
from mispmini.domain.tag_forms import tag_record as tag_record
from mispmini.domain.viewer import Viewer
from mispmini.services.sharing_groups import capture_group, usable_group
from mispmini.store.tags import find_tags, fold, insert_tag


def capture_tags(viewer: Viewer, drafts: Iterable[TagDraft]) -> dict[str, TagRecord]:
    """The tags of these drafts by folded name, inside a writing().

    Unknown ones are made if the viewer is a tag editor; those kept for another organisation or user are left out.
    """
    wanted: dict[str, TagDraft] = {}
    for draft in drafts:
        if draft.name and len(draft.name.encode()) <= MAX_TAG_BYTES:
            wanted.setdefault(fold(draft.name), draft)
    tags = find_tags(list(wanted))
    if viewer.can(Permission.TAG_EDITOR):
        for folded, draft in wanted.items():
            if folded not in tags and not draft.deleted:
                record = tag_record(draft)
                tags[folded] = record._replace(id=insert_tag(record))
    return {folded: tag for folded, tag in tags.items() if may_attach(viewer, tag)}


def may_attach(viewer: Viewer, tag: TagRecord) -> bool:
    """Whether a tag kept for one organisation or user may be used by this viewer."""
    if viewer.is_site_admin:
        return True
    return tag.org_id in (None, viewer.org_id) and tag.user_id in (None, viewer.user_id)


@dataclass(slots=True)
class Groups:
    """The sharing groups that one request names, each captured once."""

    viewer: Viewer
    origin: Origin
    captured: dict[str, int | GroupRefusal] = field(default_factory=dict)

    def names_one(self, level: int | None) -> bool:
        """Whether an element of this level must have a group."""
        return level is not None and needs_group(level)

    def of(self, level: int | None, draft: SharingGroupDraft | None, group_id: int | None) -> int | None:
        """The local id of the group an element names; None if it names none, or one that may not be used.

        A number from a partner means nothing here (TRUST S5): a link's element must bring the whole group.
        """
        if not self.names_one(level):
            return None
        if draft is not None:
            if draft.uuid not in self.captured:
                self.captured[draft.uuid] = capture_group(self.viewer, self.origin, draft)
            captured = self.captured[draft.uuid]
            return None if isinstance(captured, GroupRefusal) else captured
        if group_id is None or self.origin.is_link:
            return None
        return usable_group(self.viewer, group_id)

    def of_event(self, level: int | None, draft: SharingGroupDraft | None, group_id: int | None) -> int | None:
        """The same for an event itself: it may name by its number a group that who sends it may use here. What is
        fetched numbers the groups of where it came from (PROTOCOL §3.6.1 row 6, TRUST S5)."""
        if draft is None and group_id is not None and self.origin.way is Way.PUSH and self.names_one(level):
            return usable_group(self.viewer, group_id)
        return self.of(level, draft, group_id)

    def refusal_of(self, draft: SharingGroupDraft | None) -> GroupRefusal:
        """Why the group of an element that stays with its organisation was not accepted."""
        captured = None if draft is None else self.captured.get(draft.uuid)
        return captured if isinstance(captured, GroupRefusal) else GroupRefusal.NO_GROUP
