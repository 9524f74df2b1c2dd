"""Tags on their own: what a form says of one, and how a new one becomes a record (MODEL §7.5)."""

import re
from dataclasses import dataclass
from hashlib import md5

from mispmini.domain.drafts import TagDraft
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.records import TagRecord

MAX_TAG_BYTES = 255
_GALAXY = re.compile(r'misp-galaxy:[^="]+="(?P<value>.+)"\Z')
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


@dataclass(frozen=True, slots=True)
class TagForm:
    """A tag to be added or changed; None stands for "not given". An id of 0 takes a restriction away."""

    name: str | None = None
    colour: str | None = None
    exportable: bool | None = None
    hide_tag: bool | None = None
    local_only: bool | None = None
    org_id: int | None = None
    user_id: int | None = None
    numerical_value: int | None = None
    forgets_number: bool = False


def colour_of(name: str) -> str:
    """The colour MISP gives a tag that brings none."""
    return f"#{md5(name.encode(), usedforsecurity=False).hexdigest()[:6]}"


def is_colour(text: str | None) -> bool:
    """Whether this is a colour as `#rrggbb`."""
    return bool(text and _COLOUR.match(text))


def tag_record(draft: TagDraft) -> TagRecord:
    """A tag that is not here yet, as it will be stored; its id is still 0."""
    return named(
        TagRecord(
            id=0,
            name="",
            colour=draft.colour if draft.colour and is_colour(draft.colour) else colour_of(draft.name),
            exportable=draft.exportable is not False,
            org_id=None,
            user_id=None,
            hide_tag=False,
            numerical_value=None,
            is_galaxy=False,
            is_custom_galaxy=False,
            local_only=draft.local_only,
        ),
        draft.name,
    )


def named(record: TagRecord, name: str) -> TagRecord:
    """The same tag under a name, with what the name says of galaxies."""
    galaxy = _GALAXY.match(name)
    custom = galaxy is not None and canonical_uuid(galaxy["value"]) is not None
    return record._replace(name=name, is_galaxy=galaxy is not None, is_custom_galaxy=custom)


def changed(record: TagRecord, form: TagForm) -> TagRecord:
    """A tag with what the form gives; the rest is kept."""
    return named(record, record.name if form.name is None else form.name)._replace(
        colour=form.colour if form.colour and is_colour(form.colour) else record.colour,
        exportable=record.exportable if form.exportable is None else form.exportable,
        hide_tag=record.hide_tag if form.hide_tag is None else form.hide_tag,
        local_only=record.local_only if form.local_only is None else form.local_only,
        org_id=record.org_id if form.org_id is None else form.org_id or None,
        user_id=record.user_id if form.user_id is None else form.user_id or None,
        numerical_value=_number(record, form),
    )


def _number(record: TagRecord, form: TagForm) -> int | None:
    kept = None if form.forgets_number else record.numerical_value
    return kept if form.numerical_value is None else form.numerical_value
