"""What installed packages bring, taken over as a job that a page can watch: galaxies and warninglists."""

from collections.abc import Callable
from enum import StrEnum

from mispmini.domain.viewer import Viewer
from mispmini.services import galaxies, warninglists
from mispmini.store.authentication import find_any_active_viewer
from mispmini.store.database import writing
from mispmini.store.jobs import JobKind, create_job, find_open_job


class Library(StrEnum):
    """What can be taken over; also a job's subject."""

    GALAXIES = "galaxies"
    WARNINGLISTS = "warninglists"


_UPDATES = {Library.GALAXIES: galaxies.update, Library.WARNINGLISTS: warninglists.update}
_ARE_MISSING = {Library.GALAXIES: galaxies.are_missing, Library.WARNINGLISTS: warninglists.are_missing}


def ask_for_update(viewer: Viewer, library: Library) -> int:
    """Ask a job to take it over; returns the job's id."""
    with writing():
        return create_job(JobKind.LIBRARY, library, viewer.user_id)


def ask_for_missing() -> None:
    """Ask for those of which a server has none although their package is here, as a fresh one."""
    with writing():
        for library, are_missing in _ARE_MISSING.items():
            if are_missing() and running_update(library) is None:
                create_job(JobKind.LIBRARY, library, None)


def running_update(library: Library) -> int | None:
    """The job that takes it over, while it waits or runs."""
    return find_open_job(JobKind.LIBRARY, library)


def run_update(library: Library, user_id: int | None, progress: Callable[[int, int], bool]) -> str:
    """Take it over in the name of who asked; says how much is new, in MISP's words."""
    asker = find_any_active_viewer(user_id, "") if user_id is not None else None
    count = _UPDATES[library](asker or Viewer.everything(), progress)
    return f"Successfully updated {count} {library}." if count else f"All {library} are up to date already."
