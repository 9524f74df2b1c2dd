"""Two organisations made one, and a partner's list of organisations taken in (FEATURES row 15, RULES §10.8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mispmini.domain import ids
from mispmini.domain.errors import Forbidden, SaveFailed
from mispmini.domain.people import OrganisationForm
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.viewer import Viewer
from mispmini.services import audit, identity
from mispmini.services.organisations import (
    IS_HOST,
    NO_FUNCTION,
    add_organisation,
    host_organisation_id,
    view_organisation,
)
from mispmini.store import merging
from mispmini.store import organisations as store
from mispmini.store.database import reading, writing
from mispmini.store.merging import MergeCounts as MergeCounts

SAME = "Please choose another organisation to merge into."
_MODEL = "Organisation"


@dataclass(frozen=True, slots=True)
class Merge:
    """`source` becomes part of `target`; `counts` is what moves."""

    source: OrganisationRecord
    target: OrganisationRecord
    counts: MergeCounts


class ImportState(StrEnum):
    """What became of a line."""

    ADDED = "added"
    KNOWN = "known"
    OTHER_NAME = "known_by_another_name"
    NAME_TAKEN = "name_taken"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Imported:
    """A line of a list and what became of it; `ours` names the organisation here that it met."""

    name: str
    uuid: str
    state: ImportState
    ours: str = ""


def preview_merge(viewer: Viewer, source_ref: str, target_ref: str) -> Merge:
    """What a merge would move, and nothing is changed. Raises Forbidden, NotFound, SaveFailed."""
    _require_site_admin(viewer)
    with reading():
        source, target = view_organisation(viewer, source_ref), view_organisation(viewer, target_ref)
        if source.id == target.id:
            raise SaveFailed("merge", _MODEL, {"target": [SAME]}, subject_id=source.id)
        if source.id == host_organisation_id():
            raise SaveFailed("merge", _MODEL, {"target": [IS_HOST]}, subject_id=source.id)
        return Merge(source, target, merging.count_references(source.id))


def merge_organisations(viewer: Viewer, source_ref: str, target_ref: str, *, forced: bool = False) -> Merge:
    """Let all that names the source name the target, and remove the source, in one transaction.

    `forced` for a source that partners know as ours. Raises Forbidden, NotFound, SaveFailed.
    """
    _require_site_admin(viewer)
    with writing():
        merge = preview_merge(viewer, source_ref, target_ref)
        with identity.kept(viewer, "merge", _MODEL, merge.source.id, forced=forced):
            merging.move_references(merge.source.id, merge.target.id)
        if merge.source.local and not merge.target.local:
            store.update_organisation(merge.target.id, {"local": True})
        store.delete_organisation(merge.source.id)
        told = {"merged": {"id": merge.source.id, "uuid": merge.source.uuid, "name": merge.source.name}}
        audit.record(viewer, "merge", _MODEL, merge.target.id, merge.target.name, {**told, **merge.counts._asdict()})
        return merge


def import_organisations(viewer: Viewer, lines: Sequence[tuple[str, str]], *, local: bool = False) -> list[Imported]:
    """Add the organisations of a list of names and uuids; what is here already is never changed. Raises Forbidden."""
    _require_site_admin(viewer)
    with writing():
        return [_imported(viewer, name.strip(), uuid.strip().lower(), local=local) for name, uuid in lines]


def _imported(viewer: Viewer, name: str, uuid: str, *, local: bool) -> Imported:
    known = store.find_any_organisation(uuid) if ids.canonical_uuid(uuid) else None
    if known is not None:
        same = store.fold(known.name) == store.fold(name)
        return Imported(name, uuid, ImportState.KNOWN if same else ImportState.OTHER_NAME, known.name)
    namesake = next(iter(store.find_any_organisations_named(name)), None)
    if namesake is not None and ids.canonical_uuid(uuid):
        return Imported(name, uuid, ImportState.NAME_TAKEN, namesake.uuid)
    if not ids.canonical_uuid(uuid):
        return Imported(name, uuid, ImportState.INVALID)
    try:
        add_organisation(viewer, OrganisationForm(name=name, uuid=uuid, local=local))
    except SaveFailed:
        return Imported(name, uuid, ImportState.INVALID)
    return Imported(name, uuid, ImportState.ADDED)


def _require_site_admin(viewer: Viewer) -> None:
    if not viewer.is_site_admin:
        raise Forbidden(NO_FUNCTION)
