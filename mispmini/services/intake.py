"""What one event's intake carries along: whose it is, the defaults, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mispmini.domain.drafts import Dropped, TagDraft
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.capture import Groups, capture_tags
from mispmini.services.preparing import Defaults
from mispmini.store.tags import Attached, Target, attach_tags, detach_tag, fold


@dataclass(slots=True)
class IntakeState:
    """`fresh` says that the event has just been made, so that nothing of it can be known."""

    viewer: Viewer
    event_id: int
    defaults: Defaults
    groups: Groups
    fresh: bool
    dropped: list[Dropped] = field(default_factory=list)
    changed: int = 0
    narrowed: int = 0  # elements that stay with the organisation alone, as their group was not accepted

    def drop(self, kind: str, uuid: str | None, errors: Mapping[str, tuple[str, ...]]) -> None:
        """Leave an element out, and say so."""
        self.dropped.append(Dropped(kind, uuid, errors))


def take_tags(intake: IntakeState, target: Target, tags: Sequence[tuple[int, TagDraft]]) -> None:
    """Attach tags to elements by their ids, and take off what is `deleted` where the viewer may tag (RULES §8)."""
    viewer, known = intake.viewer, capture_tags(intake.viewer, (tag for _, tag in tags)) if tags else {}
    links = [
        Attached(element_id, intake.event_id, known[fold(tag.name)].id, tag.local, tag.relationship_type)
        for element_id, tag in tags
        if not tag.deleted and fold(tag.name) in known
    ]
    attach_tags(target, links)
    for element_id, tag in tags:
        if tag.deleted and fold(tag.name) in known and viewer.can(Permission.TAGGER):
            detach_tag(target, element_id, known[fold(tag.name)].id, may_be_local=not viewer.is_partner)
