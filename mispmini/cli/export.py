"""`export feed`: our own published events as a MISP feed in a folder (FEATURES: own feed)."""

from pathlib import Path

import click

from mispmini.cli.frame import Console, on_folder
from mispmini.cli.texts import _
from mispmini.domain.errors import MispminiError
from mispmini.domain.viewer import Viewer
from mispmini.services import expressions
from mispmini.services.feed_output import Audience, Reader
from mispmini.sync.feeds.folder import write_feed


@click.group()
def export() -> None:
    """Write what is here for others to read."""


@export.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--for",
    "audience",
    type=click.Choice([item.value for item in Audience]),
    default=Audience.PUBLIC.value,
    show_default=True,
    help="public: for all communities with TLP:CLEAR. partners: what anybody with a key here would get.",
)
@on_folder
def feed(console: Console, folder: Path, audience: str) -> None:
    """Write manifest.json, hashes.csv and one file for each published event of this server's organisations."""
    expressions.refuse_unmatched()
    try:
        count = write_feed(folder, Reader(Viewer.everything(), Audience(audience)))
    except OSError as error:
        raise MispminiError(
            _("%(folder)s cannot be written: %(reason)s.", folder=folder, reason=error.strerror)
        ) from None
    console.tell(
        {"folder": str(folder), "events": count}, _("Wrote %(count)d events to %(folder)s.", count=count, folder=folder)
    )
