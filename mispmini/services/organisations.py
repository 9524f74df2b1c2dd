"""Organisations: written by admins, captured from what partners send; the uuid is the identity (MODEL §7.11)."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import NamedTuple

from mispmini.domain import clock, ids, sentences
from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.errors import Forbidden, Invalid, NotFound, SaveFailed
from mispmini.domain.graphs import OrganisationRow
from mispmini.domain.people import OrganisationForm
from mispmini.domain.permissions import Permission
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.viewer import Viewer
from mispmini.services import audit, identity
from mispmini.store import organisations as store
from mispmini.store.database import writing
from mispmini.store.organisations import Scope as Scope
from mispmini.store.settings import load_settings, save_setting
from mispmini.store.trash import purge_event, trashed_of

NO_FUNCTION = "You do not have permission to use this functionality."
NAME_TAKEN = "An organisation with this name already exists."
UUID_TAKEN = "An organisation with this UUID already exists."
NO_NAME = "Please enter a name for the organisation."
LONG_NAME = "A name has at most 255 characters."
IS_HOST = "It is the organisation that this instance belongs to."
UNKNOWN = "Invalid organisation"
_MODEL = "Organisation"
_LONGEST_NAME = 255


class Removed(NamedTuple):
    """An organisation that was deleted; `stays_known` when a link to it keeps it among those from elsewhere."""

    record: OrganisationRecord
    stays_known: bool


def list_organisations(viewer: Viewer, scope: Scope = Scope.LOCAL, *, search: str = "") -> list[OrganisationRecord]:
    """Organisations by id with their number of users; who added them is told to site admins alone (API §9.8)."""
    found = store.list_organisations(scope, search)
    return [replace(record, created_by_email=_author(viewer, record)) for record in found]


def view_organisation(viewer: Viewer, ref: str) -> OrganisationRecord:
    """An organisation by id or uuid with its number of users. Raises NotFound."""
    record = _existing(ref)
    return replace(record, created_by_email=_author(viewer, record))


def lists_all(viewer: Viewer) -> bool:
    """Whether the list of all organisations is not kept from the viewer; who makes groups needs it (MODEL §5.3)."""
    return viewer.can(Permission.SHARING_GROUP) or viewer.is_site_admin or not load_settings().hide_organisation_index


def those_met(viewer: Viewer, records: list[OrganisationRecord]) -> list[OrganisationRecord]:
    """Of these the ones that the viewer may know of: its own, and who created an event it sees, while the list of all
    is kept from it (MODEL §6.3)."""
    if lists_all(viewer):
        return records
    met = store.events_created_by(viewer, [record.id for record in records])
    return [record for record in records if record.id == viewer.org_id or met.get(record.id)]


def refuse_index(viewer: Viewer) -> None:
    """The list of all organisations may be kept from users. Raises Forbidden."""
    if not lists_all(viewer):
        raise Forbidden(NO_FUNCTION)


def refuse_unmet(viewer: Viewer, record: OrganisationRecord) -> None:
    """While the list is kept from users they see their own, and who created an event they see. Raises NotFound."""
    if not those_met(viewer, [record]):
        raise NotFound(UNKNOWN)


def host_organisation_id() -> int | None:
    """The organisation that this instance belongs to."""
    return load_settings().host_org_id


def host_name() -> str:
    """The name of the organisation that runs this instance; empty before it is set up."""
    host = host_organisation_id()
    found = store.find_any_organisation(host) if host is not None else None
    return "" if found is None else found.name


def find_id(ref: str) -> int:
    """The id of an organisation by id or uuid; -1, which none has, for what is none."""
    found = store.find_any_organisation(ref)
    return -1 if found is None else found.id


def find_name(org_id: int) -> str:
    """The name of an organisation; empty for none."""
    found = store.find_any_organisation(org_id)
    return "" if found is None else found.name


def count_created_events(viewer: Viewer, records: list[OrganisationRecord]) -> Mapping[int, int]:
    """How many events that the viewer sees each of these organisations created, by its id."""
    return store.events_created_by(viewer, [record.id for record in records])


def add_organisation(viewer: Viewer, form: OrganisationForm) -> OrganisationRecord:
    """Add an organisation, local unless said otherwise. Raises Forbidden, SaveFailed."""
    _require_site_admin(viewer)
    with writing():
        errors = _flaws(form, org_id=None)
        if errors:
            raise SaveFailed("add", _MODEL, errors)
        return _added(viewer, form)


def add_host_organisation(viewer: Viewer, form: OrganisationForm) -> OrganisationRecord:
    """Add the organisation of a fresh instance, inside a writing(). Raises Invalid."""
    if errors := _flaws(form, org_id=None):
        raise Invalid(errors)
    return _added(viewer, replace(form, local=True))


def edit_organisation(viewer: Viewer, ref: str, form: OrganisationForm, *, forced: bool = False) -> OrganisationRecord:
    """Change what the form gives; `forced` for a uuid that partners know. Raises Forbidden, NotFound, SaveFailed."""
    _require_site_admin(viewer)
    with writing():
        before = _existing(ref)
        if errors := _flaws(form, org_id=before.id):
            raise SaveFailed("edit", _MODEL, errors, subject_id=before.id)
        given = _given(form)
        with identity.kept(viewer, "edit", _MODEL, before.id, forced=forced):
            store.update_organisation(before.id, {**given, "modified": clock.later_than(before.date_modified)})
        after = _plain(_existing(str(before.id)))
        audit.record(viewer, "edit", _MODEL, before.id, after.name, _difference(before, given))
        return after


def delete_organisation(viewer: Viewer, ref: str) -> Removed:
    """Remove an organisation that nothing refers to but what lies in the trash, which goes with it.

    One that is only a partner's stays known, no longer local: its link needs it. If the instance belonged to it, that
    passes to the admin's organisation. Raises Forbidden, NotFound, SaveFailed.
    """
    _require_site_admin(viewer)
    with writing():
        record = _existing(ref)
        if record.id == host_organisation_id():
            _pass_instance_on(viewer, record)
        for event_id in trashed_of(record.id):
            purge_event(event_id)
        uses = store.uses_of(record.id)
        stays_known = record.local and uses == (store.PARTNER,)
        if uses and not stays_known:
            raise SaveFailed("delete", _MODEL, f"It is still in use by {', '.join(uses)}.", subject_id=record.id)
        if stays_known:
            store.update_organisation(record.id, {"local": False, "modified": clock.later_than(record.date_modified)})
        else:
            store.delete_organisation(record.id)
        audit.record(viewer, "delete", _MODEL, record.id, record.name, {"uuid": record.uuid})
        return Removed(record, stays_known)


def _pass_instance_on(viewer: Viewer, record: OrganisationRecord) -> None:
    if viewer.org_id == record.id:
        raise SaveFailed("delete", _MODEL, IS_HOST, subject_id=record.id)
    save_setting("host_org_id", viewer.org_id, user_id=viewer.user_id)


def capture_organisation(viewer: Viewer | None, draft: OrganisationDraft) -> OrganisationRow:
    """The organisation that a partner names, added as one from elsewhere when it is unknown; inside a writing().

    Found by uuid, and without one by name. Its fields are never changed; two uuids never become one organisation
    because of their names: the newcomer's name gets a suffix (MODEL §7.11, TRUST §2.2 rows 5 and 6).
    """
    known = _named(draft.name) if draft.uuid is None else store.find_any_organisation(draft.uuid)
    if known is not None:
        return known
    uuid = draft.uuid or ids.new_uuid()
    name = _free_name(draft.name.strip()[:_LONGEST_NAME] or uuid)
    now = clock.now()
    author = None if viewer is None else viewer.user_id
    org_id = store.insert_organisation(
        {"uuid": uuid, "name": name, "local": False, "created_by": author, "created": now, "modified": now}
    )
    return OrganisationRow(org_id, name, uuid, local=False)


def _added(viewer: Viewer, form: OrganisationForm) -> OrganisationRecord:
    now = clock.now()
    values = {"local": True, "uuid": ids.new_uuid(), "created_by": viewer.user_id, "created": now, "modified": now}
    org_id = store.insert_organisation({**values, **_given(form)})
    record = _plain(_existing(str(org_id)))
    audit.record(viewer, "add", _MODEL, org_id, record.name, {"uuid": record.uuid, "local": record.local})
    return record


def _given(form: OrganisationForm) -> dict[str, object]:
    given = {name: value for name, value in asdict(form).items() if value is not None}
    if "name" in given:
        given["name"] = given["name"].strip()
    if "uuid" in given:
        given["uuid"] = given["uuid"].lower()
    return given


def _flaws(form: OrganisationForm, *, org_id: int | None) -> dict[str, list[str]]:
    """What is wrong, by field; `org_id` None for a new one."""
    checks = {"name": _name_flaw(form.name, org_id), "uuid": _uuid_flaw(form.uuid, org_id)}
    return {name: [sentence] for name, sentence in checks.items() if sentence}


def _name_flaw(name: str | None, org_id: int | None) -> str | None:
    if name is None:
        return NO_NAME if org_id is None else None
    if not name.strip():
        return NO_NAME
    if len(name.strip()) > _LONGEST_NAME:
        return LONG_NAME
    others = [known for known in store.find_any_organisations_named(name) if known.id != org_id]
    return NAME_TAKEN if others else None


def _uuid_flaw(uuid: str | None, org_id: int | None) -> str | None:
    if uuid is None:
        return None
    if ids.canonical_uuid(uuid) is None:
        return sentences.UUID
    known = store.find_any_organisation(uuid)
    return f"{UUID_TAKEN[:-1]}: {known.name}." if known is not None and known.id != org_id else None


def _named(name: str) -> OrganisationRow | None:
    return next(iter(store.find_any_organisations_named(name)), None)


def _free_name(name: str) -> str:
    free = name
    while store.find_any_organisations_named(free):
        free = f"{name[: _LONGEST_NAME - 5]}_{secrets.randbelow(9000) + 1000}"
    return free


def _existing(ref: str) -> OrganisationRecord:
    record = store.find_organisation(ref)
    if record is None:
        raise NotFound(UNKNOWN)
    return record


def _plain(record: OrganisationRecord) -> OrganisationRecord:
    return replace(record, user_count=None, created_by_email=None)


def _author(viewer: Viewer, record: OrganisationRecord) -> str | None:
    return (record.created_by_email or "Unknown") if viewer.is_site_admin else None


def _difference(before: OrganisationRecord, given: Mapping[str, object]) -> dict[str, object]:
    old = asdict(before)
    return {name: [old[name], new] for name, new in given.items() if old[name] != new}


def _require_site_admin(viewer: Viewer) -> None:
    if not viewer.is_site_admin:
        raise Forbidden(NO_FUNCTION)
