"""Free text becomes attributes of an event: what it holds, and saving what somebody chose of it (MODEL §7.17)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mispmini.domain.attribute_types import default_category
from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.freetext import Candidate, find_candidates
from mispmini.domain.freetext.candidates import types_saved_as
from mispmini.domain.graphs import EventRow
from mispmini.domain.viewer import Viewer
from mispmini.services import event_sheets
from mispmini.services.attributes import Added, add_attributes
from mispmini.services.warninglists import lists_with
from mispmini.store.database import reading
from mispmini.store.search.known import events_with_values

NOTHING_CHOSEN = "Nothing was chosen to be saved."


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate, in how many events the viewer reads its value is, and the warninglists it stands on."""

    candidate: Candidate
    known: int = 0
    warninglists: tuple[str, ...] = ()

    @property
    def to_ids(self) -> bool:
        """Whether it is for detection at first: a warning unticks it."""
        return self.candidate.to_ids and not self.warninglists


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one candidate shall become."""

    value: str
    type: str
    to_ids: bool
    category: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """Who may see what is saved; None is the instance's own default."""

    distribution: int | None = None
    sharing_group_id: int | None = None


def changeable_event(viewer: Viewer, event_ref: str) -> EventRow:
    """The event that shall get attributes. Raises NotFound, Forbidden."""
    event = event_sheets.head_of(viewer, event_ref).event
    event_sheets.must_change_elements(viewer, event.id)
    return event


def preview(viewer: Viewer, text: str) -> list[Found]:
    """What a text holds, in order of first appearance."""
    candidates = find_candidates(text)
    with reading():
        known = events_with_values(viewer, {part for one in candidates for part in _looked_up(one)})
        return [
            Found(one, max(known.get(part, 0) for part in _looked_up(one)), lists_with(one.default_type, one.value))
            for one in candidates
        ]


def _looked_up(one: Candidate) -> tuple[str, ...]:
    """What is looked for: of a composite its telling half."""
    first, _, second = one.value.partition("|")
    return (second,) if one.default_type.startswith("filename|") else (first,)


def save(viewer: Viewer, event_ref: str, chosen: Sequence[Chosen], level: Level) -> Added:
    """Add what was chosen; what is there already or does not fit is named by its place.

    Raises NotFound, Forbidden, SaveFailed where nothing was chosen or nothing fits.
    """
    drafts = [draft for one in chosen for draft in _drafts(one, level)]
    if not drafts:
        raise SaveFailed("add", "Attribute", NOTHING_CHOSEN)
    return add_attributes(viewer, event_ref, drafts)


def saved_values(chosen: Sequence[Chosen]) -> Mapping[int, str]:
    """The value at each place of what `save` was given."""
    return dict(enumerate(one.value for one in chosen for _ in types_saved_as(one.type)))


def _drafts(chosen: Chosen, level: Level) -> list[AttributeDraft]:
    return [
        AttributeDraft(
            type=name,
            value=chosen.value,
            category=chosen.category or default_category(name),
            to_ids=chosen.to_ids,
            comment=chosen.comment or None,
            distribution=level.distribution,
            sharing_group_id=level.sharing_group_id,
        )
        for name in types_saved_as(chosen.type)
    ]
