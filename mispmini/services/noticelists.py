"""Noticelists: built in, each in use or not (API §9.6)."""

from mispmini.domain.errors import NotFound
from mispmini.domain.noticelists import KIND, NOTICELISTS, Noticelist, find_noticelist
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.store.database import writing
from mispmini.store.warninglists import knowledge_in_use, use_knowledge

UNKNOWN = "Invalid Noticelist."


def list_noticelists() -> list[tuple[Noticelist, bool]]:
    """All of them, each with whether it is in use."""
    in_use = knowledge_in_use(KIND)
    return [(one, one.name in in_use) for one in NOTICELISTS]


def view_noticelist(ref: str) -> tuple[Noticelist, bool]:
    """One by id or name, with whether it is in use. Raises NotFound."""
    found = find_noticelist(ref)
    if found is None:
        raise NotFound(UNKNOWN)
    return found, found.name in knowledge_in_use(KIND)


def set_enabled(viewer: Viewer, ref: str, *, enabled: bool | None) -> tuple[Noticelist, bool]:
    """Have one in use or not, None turns it round; and which it is now. Raises NotFound."""
    with writing():
        found, was = view_noticelist(ref)
        on = not was if enabled is None else enabled
        use_knowledge(KIND, found.name, on=on)
        record(viewer, "enable" if on else "disable", "Noticelist", found.id, found.name)
        return found, on
