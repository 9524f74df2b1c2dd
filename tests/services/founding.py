"""A founded instance on a real SQLite file, and accounts of every role in two organisations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from mispmini.domain.people import OrganisationForm, UserDraft
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.viewer import KeyInUse, Viewer
from mispmini.services.accounts import add_user
from mispmini.services.organisations import add_organisation
from mispmini.services.setting_up import FirstRun, set_up
from mispmini.store import authentication, database
from tests.prepared import open_fresh_database

ADMIN, ORG_ADMIN, USER, PUBLISHER, SYNC_USER, READ_ONLY = range(1, 7)
_numbers = count(1)


class House:
    """Dora's instance: her organisation, another one, and whoever is hired."""

    def __init__(self, path: Path) -> None:
        self.path = path
        founded = set_up(FirstRun(org_name="CSIRT Alfa", email="dora@alfa.example", wants_key=True))
        self.raw_key = founded.authkey or ""
        self.alfa: OrganisationRecord = founded.organisation
        self.dora = viewer_of(founded.user_id)
        self.bravo = add_organisation(self.dora, OrganisationForm(name="CSIRT Bravo"))

    def hire(self, role_id: int, org: OrganisationRecord | None = None) -> Viewer:
        """A new account of a role, in Dora's organisation unless another is given."""
        email = f"hired{next(_numbers)}@house.example"
        draft = UserDraft(email=email, role_id=role_id, org=str((org or self.alfa).id))
        return viewer_of(add_user(self.dora, draft).user.id)


def viewer_of(user_id: int, key: KeyInUse | None = None) -> Viewer:
    """An account as it asks, with a key or from a session."""
    viewer = authentication.find_any_active_viewer(user_id, "127.0.0.1")
    assert viewer is not None
    return replace(viewer, key=key)


def ref(viewer: Viewer) -> str:
    """What an account is called by."""
    return str(viewer.user_id)


@contextmanager
def founded_house(folder: Path) -> Iterator[House]:
    """An instance until the block ends."""
    path = folder / "mispmini.db"
    open_fresh_database(path)
    try:
        yield House(path)
    finally:
        database.close_database()
