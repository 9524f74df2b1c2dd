"""A house with the cast as viewers, on a SQLite file of its own for each module; tests use fresh uuids and values."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.graphs import OrganisationRow
from mispmini.domain.people import OrganisationForm
from mispmini.domain.viewer import Viewer
from mispmini.services.organisations import add_organisation
from mispmini.store import vocabulary
from mispmini.store.organisations import find_any_organisation
from tests.services import founding

BETA = OrganisationDraft("be7a0000-0000-4000-8000-00000000000b", "CSIRT Beta")
GAMA = OrganisationDraft("9a3a0000-0000-4000-8000-00000000000c", "CSIRT Gama")


@dataclass(frozen=True)
class Household:
    """Alice creates, Bob is of another organisation, Charlie and Sam of a third (Sam syncs for it), Dora sees all."""

    alice: Viewer
    bob: Viewer
    charlie: Viewer
    dora: Viewer
    sam: Viewer
    alfa: OrganisationRow
    beta: OrganisationRow
    gama: OrganisationRow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    """The house, furnished once a module."""
    vocabulary.forget()
    with founding.founded_house(tmp_path_factory.mktemp("house")) as home:
        forms = [OrganisationForm(name=draft.name, uuid=draft.uuid) for draft in (BETA, GAMA)]
        beta, gama = (add_organisation(home.dora, form) for form in forms)
        alfa_row, beta_row, gama_row = (find_any_organisation(org.id) for org in (home.alfa, beta, gama))
        assert alfa_row is not None
        assert beta_row is not None
        assert gama_row is not None
        yield Household(
            alice=home.hire(founding.PUBLISHER),
            bob=home.hire(founding.PUBLISHER, beta),
            charlie=home.hire(founding.USER, gama),
            dora=home.dora,
            sam=home.hire(founding.SYNC_USER, gama),
            alfa=alfa_row,
            beta=beta_row,
            gama=gama_row,
        )
