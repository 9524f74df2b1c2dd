"""Taxonomies: which are in use, with their tags, and which an event needs before it is published (RULES §10.4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mispmini.domain import taxonomies
from mispmini.domain.errors import NotFound, SaveFailed
from mispmini.domain.records import TagRecord
from mispmini.domain.taxonomies import Entry, Taxonomy, TaxonomyRecord
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.store import taxonomies as store
from mispmini.store.database import writing
from mispmini.store.tags import fold, hide_tags

UNKNOWN = "Invalid taxonomy"
NOT_ENABLED = "The taxonomy is not enabled."


@dataclass(frozen=True, slots=True)
class Listed:
    """A taxonomy in the list: how many tags it defines, and how many of them are offered here."""

    taxonomy: TaxonomyRecord
    exclusive: bool
    total: int
    current: int


@dataclass(frozen=True, slots=True)
class Viewed:
    """A taxonomy with its tags, each with the one that is here."""

    listed: Listed
    entries: tuple[tuple[Entry, TagRecord | None], ...]


def list_taxonomies(search: str = "", *, enabled: bool | None = None) -> list[Listed]:
    """All of them by namespace, or those whose namespace or description holds a text, or that are enabled or not."""
    wanted, counts = search.casefold(), store.count_tags_by_namespace()
    return [
        _listed(taxonomy, counts)
        for taxonomy in store.list_taxonomies()
        if wanted in f"{taxonomy.namespace} {taxonomy.description}".casefold()
        and (enabled is None or taxonomy.enabled is enabled)
    ]


def view_taxonomy(ref: str) -> Viewed:
    """One by id or namespace, with its tags. Raises NotFound."""
    taxonomy = _existing(ref)
    entries = _entries(taxonomy)
    known = store.tags_of(entries)
    return Viewed(
        _listed(taxonomy, store.count_tags_by_namespace()),
        tuple((entry, known.get(fold(entry.tag))) for entry in entries),
    )


def export_taxonomy(ref: str) -> dict[str, Any]:
    """One by id or namespace as the field's file of it. Raises NotFound."""
    return {"exclusive": False, **(taxonomies.machine_tags(_existing(ref).namespace) or {})}


def enable(viewer: Viewer, ref: str) -> TaxonomyRecord:
    """Offer a taxonomy and its tags, which are made. Raises NotFound."""

    def change(taxonomy: TaxonomyRecord) -> None:
        store.set_switch(taxonomy.id, "enabled", on=True)
        store.make_tags(_entries(taxonomy))

    return _changed(viewer, ref, "enable", change)


def disable(viewer: Viewer, ref: str) -> TaxonomyRecord:
    """Offer a taxonomy no more; what is tagged stays tagged. Raises NotFound."""
    return _changed(viewer, ref, "disable", lambda taxonomy: store.set_switch(taxonomy.id, "enabled", on=False))


def set_required(viewer: Viewer, ref: str, *, required: bool | None = None) -> TaxonomyRecord:
    """Ask, or ask no more, of every event for a tag of it before it is published; None turns it round."""

    def change(taxonomy: TaxonomyRecord) -> None:
        store.set_switch(taxonomy.id, "required", on=not taxonomy.required if required is None else required)

    return _changed(viewer, ref, "edit", change)


def make_tags(viewer: Viewer, ref: str, names: Sequence[str] = ()) -> TaxonomyRecord:
    """Make a taxonomy's tags, or those of these names, and offer them. Raises NotFound, SaveFailed."""

    def change(taxonomy: TaxonomyRecord) -> None:
        if not taxonomy.enabled:
            raise SaveFailed("add", "Tag", NOT_ENABLED)
        store.make_tags(_named(taxonomy, names))

    return _changed(viewer, ref, "edit", change)


def hide_its_tags(viewer: Viewer, ref: str, names: Sequence[str] = (), *, hidden: bool = True) -> TaxonomyRecord:
    """Take a taxonomy's tags, or those of these names, out of what is offered, or back into it. Raises NotFound."""

    def change(taxonomy: TaxonomyRecord) -> None:
        known = store.tags_of(_named(taxonomy, names))
        hide_tags([tag.id for tag in known.values()], hidden=hidden)

    return _changed(viewer, ref, "edit", change)


def update(viewer: Viewer) -> int:
    """Take over what the installed package brings; how many taxonomies are new or newer."""
    with writing():
        added = store.add_missing()
        renewed = [outline.namespace for outline in taxonomies.outlines() if store.renew(outline)]
        for namespace in renewed:
            taxonomy = _existing(namespace)
            if taxonomy.enabled:
                store.make_tags(_entries(taxonomy))
        changed = sorted({*added, *renewed})
        record(viewer, "update", "Taxonomy", None, ", ".join(changed))
        return len(changed)


def _changed(viewer: Viewer, ref: str, action: str, change: Callable[[TaxonomyRecord], None]) -> TaxonomyRecord:
    with writing():
        taxonomy = _existing(ref)
        change(taxonomy)
        record(viewer, action, "Taxonomy", taxonomy.id, taxonomy.namespace)
        return _existing(ref)


def _existing(ref: str) -> TaxonomyRecord:
    taxonomy = store.find_taxonomy(ref)
    if taxonomy is None:
        raise NotFound(UNKNOWN)
    return taxonomy


def _definition(taxonomy: TaxonomyRecord) -> Taxonomy | None:
    return taxonomies.find_taxonomy(taxonomy.namespace)


def _entries(taxonomy: TaxonomyRecord) -> tuple[Entry, ...]:
    """Its tags; none for one that the installed package does not bring any more."""
    definition = _definition(taxonomy)
    return definition.entries if definition else ()


def _named(taxonomy: TaxonomyRecord, names: Sequence[str]) -> list[Entry]:
    wanted = {fold(name) for name in names}
    return [entry for entry in _entries(taxonomy) if not wanted or fold(entry.tag) in wanted]


def _listed(taxonomy: TaxonomyRecord, counts: dict[str, int]) -> Listed:
    extent = taxonomies.extent_of(taxonomy.namespace)
    current = min(extent.tags, counts.get(taxonomy.namespace.casefold(), 0))
    return Listed(taxonomy, extent.exclusive, extent.tags, current)
