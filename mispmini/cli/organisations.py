"""`org`: organisations."""

import click

from mispmini.cli.frame import Console, Record, on_folder
from mispmini.domain.errors import NotFound
from mispmini.domain.people import OrganisationForm
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.viewer import Viewer
from mispmini.services import organisations
from mispmini.store.organisations import Scope


@click.group()
def org() -> None:
    """Organisations: yours and your partners'."""


@org.command()
@click.option("--name", required=True)
@click.option("--uuid", help="The uuid the organisation already has elsewhere; a new one if left out.")
@click.option("--local", is_flag=True, help="It has users here who work on events.")
@on_folder
def add(console: Console, name: str, uuid: str | None, local: bool) -> None:
    """Add an organisation."""
    form = OrganisationForm(name=name, uuid=uuid, local=local)
    added = organisations.add_organisation(Viewer.everything(), form)
    console.tell(_record(added), f"Added {added.name} with the id {added.id} and the uuid {added.uuid}.")


@org.command("list")
@on_folder
def list_all(console: Console) -> None:
    """List all organisations."""
    found = organisations.list_organisations(Viewer.everything(), Scope.ALL)
    console.tell_all([_record(organisation) for organisation in found])


def organisation_called(ref: str) -> OrganisationRecord:
    """The organisation with this id, uuid or name. Raises NotFound."""
    found = organisations.list_organisations(Viewer.everything(), Scope.ALL)
    for organisation in found:
        if ref.casefold() in (str(organisation.id), organisation.uuid, organisation.name.casefold()):
            return organisation
    raise NotFound(f"There is no organisation {ref}. `org list` shows what there is.")


def _record(organisation: OrganisationRecord) -> Record:
    return {
        "id": organisation.id,
        "uuid": organisation.uuid,
        "name": organisation.name,
        "local": organisation.local,
        "users": organisation.user_count or 0,
    }
