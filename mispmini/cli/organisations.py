"""`org`: organisations."""

from functools import partial

import click

from mispmini.cli.frame import Console, Record, on_folder
from mispmini.cli.texts import _
from mispmini.domain.errors import NotFound
from mispmini.domain.people import OrganisationForm
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.viewer import Viewer
from mispmini.services import organisation_lists, organisations
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
    console.tell(
        _record(added),
        _("Added %(name)s with the id %(id)d and the uuid %(uuid)s.", name=added.name, id=added.id, uuid=added.uuid),
    )


@org.command("list")
@on_folder
def list_all(console: Console) -> None:
    """List all organisations."""
    found = organisations.list_organisations(Viewer.everything(), Scope.ALL)
    console.tell_all([_record(organisation) for organisation in found])


@org.command()
@click.argument("source")
@click.argument("target")
@click.option("--force", is_flag=True, help="Also if partners know SOURCE as ours: what that breaks was read.")
@click.option("--dry-run", is_flag=True, help="Tell what would move, and change nothing.")
@on_folder
def merge(console: Console, source: str, target: str, force: bool, dry_run: bool) -> None:
    """Make SOURCE part of TARGET and remove it; both by id, uuid or name."""
    merging = partial(organisation_lists.merge_organisations, forced=force)
    verb = organisation_lists.preview_merge if dry_run else merging
    merged = verb(Viewer.everything(), organisation_called(source).uuid, organisation_called(target).uuid)
    counts = merged.counts._asdict()
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    lead = _("Would move to %(name)s: %(told)s.") if dry_run else _("Moved to %(name)s: %(told)s.")
    console.tell({**_record(merged.target), "moved": counts}, lead % {"name": merged.target.name, "told": told})


def organisation_called(ref: str) -> OrganisationRecord:
    """The organisation with this id, uuid or name. Raises NotFound."""
    found = organisations.list_organisations(Viewer.everything(), Scope.ALL)
    for organisation in found:
        if ref.casefold() in (str(organisation.id), organisation.uuid, organisation.name.casefold()):
            return organisation
    raise NotFound(_("There is no organisation %(ref)s. `org list` shows what there is.", ref=ref))


def _record(organisation: OrganisationRecord) -> Record:
    return {
        "id": organisation.id,
        "uuid": organisation.uuid,
        "name": organisation.name,
        "local": organisation.local,
        "users": organisation.user_count or 0,
    }
